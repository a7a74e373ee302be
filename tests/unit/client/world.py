"""A tiny server, a virtual clock and a client: what most tests here begin with."""

from typing import Any

from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import InformerSet
from steersman.client.inprocess import InProcessTransport
from steersman.client.reconcile.manager import Context
from steersman.kit.entropy import SeededEntropy
from steersman.kit.http import User
from steersman.kit.tasks import TaskGroup
from steersman.kit.virtual import VirtualClock
from unit.client.tiny_server import TinyServer


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.server = TinyServer(self.clock)
        self.client = Client(InProcessTransport(self.server.handle, User("test")))
        self.tasks = TaskGroup("test")
        self.informers = InformerSet(self.client, self.clock, self.tasks)
        self.entropy = SeededEntropy(2)

    def context(self, name: str) -> Context:
        recorder = Recorder(self.client, self.clock, self.tasks, name)
        return Context(self.client, self.informers, recorder, self.clock, self.entropy, self.tasks)

    async def start(self, *controllers: Any) -> None:
        for each in controllers:
            self.tasks.spawn(each.run(), f"start {each.name}")
        await self.clock.settle()

    async def close(self) -> None:
        await self.tasks.close()

    def events(self) -> list[tuple[str, str]]:
        return [(each["reason"], each["message"]) for each in self.server.all("events")]

    async def set_status(self, resource: str, namespace: str, name: str, **status: Any) -> None:
        tree = self.server.get(resource, namespace, name)
        await self.client.update_status(resource, {**tree, "status": {**(tree.get("status") or {}), **status}})

    async def run_pod(self, pod: Any) -> None:
        """Do what a kubelet does: running and ready, now."""
        from steersman.api import times

        meta = pod["metadata"]
        now = times.seconds(self.clock.now())
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": now}
        await self.set_status("pods", meta["namespace"], meta["name"], phase="Running", conditions=[ready])

    async def run_pods(self) -> None:
        for pod in self.server.all("pods"):
            if (pod.get("status") or {}).get("phase") == "Pending":
                await self.run_pod(pod)
        await self.clock.settle()
