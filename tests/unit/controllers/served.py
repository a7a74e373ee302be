"""A real API server in memory, a virtual clock, and single controllers on it in their own names."""

from typing import Any

from steersman.api.tree import Tree
from steersman.apiserver.config import Config
from steersman.apiserver.server import ApiServer
from steersman.client import errors
from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import InformerSet
from steersman.client.inprocess import InProcessTransport
from steersman.client.reconcile.manager import Context
from steersman.controllers import manager
from steersman.kit import http
from steersman.kit.entropy import SeededEntropy
from steersman.kit.tasks import TaskGroup
from steersman.kit.virtual import VirtualClock
from steersman.store.memory import MemoryStore

ADMIN = http.User("admin", ("system:masters", "system:authenticated"))


class Served:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.entropy = SeededEntropy(3)
        self.store = MemoryStore()
        self.server = ApiServer.build(store=self.store, clock=self.clock, entropy=self.entropy, config=Config())
        self.client = self.client_for(ADMIN)
        self.tasks = TaskGroup("served")
        self.informers = InformerSet(
            self.client_for(manager.user("system:kube-controller-manager")), self.clock, self.tasks
        )

    async def open(self) -> "Served":
        """Before any controller is made: informers begin to follow at once."""
        await self.server.start()
        return self

    def client_for(self, user: http.User) -> Client:
        return Client(InProcessTransport(self.server.handle, user), user_agent=user.name.rsplit(":", 1)[-1])

    def context(self, identity: str) -> Context:
        client = self.client_for(manager.user(identity))
        recorder = Recorder(client, self.clock, self.tasks, identity)
        return Context(client, self.informers, recorder, self.clock, self.entropy, self.tasks)

    async def start(self, *controllers: Any) -> None:
        for each in controllers:
            self.tasks.spawn(each.run(), f"start {each.name}")
        await self.clock.settle()

    async def close(self) -> None:
        await self.tasks.close()
        await self.server.close()
        await self.store.close()
        assert not self.tasks.faults

    async def maybe(self, resource: str, name: str, namespace: str = "") -> Tree | None:
        try:
            return await self.client.get(resource, name, namespace)
        except errors.NotFound:
            return None

    async def events(self, namespace: str = "default") -> list[tuple[str, str]]:
        found = await self.client.list("events", namespace)
        return [(each["reason"], each["message"]) for each in found.items]
