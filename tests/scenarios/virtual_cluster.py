"""A whole control plane in memory, on virtual time: API server, controllers, scheduler.

Nodes are stand-ins: they keep a lease and a Ready condition as a kubelet does, run the pods they are given
at once, and delete those that are to go.
"""

from typing import Any

from steersman.api import times
from steersman.api.tree import Tree
from steersman.apiserver.config import Config as ServerConfig
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
from steersman.scheduler.scheduler import Scheduler
from steersman.store.memory import MemoryStore

ADMIN = http.User("admin", ("system:masters", "system:authenticated"))


class VirtualCluster:
    def __init__(self, seed: int = 1, store: MemoryStore | None = None) -> None:
        self.clock = VirtualClock()
        self.entropy = SeededEntropy(seed)
        self.tasks = TaskGroup("cluster")
        self.store = store or MemoryStore()
        self.server = ApiServer.build(store=self.store, clock=self.clock, entropy=self.entropy, config=ServerConfig())
        self.client = self.client_for(ADMIN)
        self.nodes: dict[str, StandIn] = {}

    def client_for(self, user: http.User) -> Client:
        return Client(InProcessTransport(self.server.handle, user), user_agent=user.name.rsplit(":", 1)[-1])

    async def start(self) -> None:
        await self.server.start()
        informers = InformerSet(
            self.client_for(http.User("system:kube-controller-manager", ("system:authenticated",))),
            self.clock,
            self.tasks,
        )
        await manager.run(
            self.client_for, informers, self.clock, self.entropy, manager.Config(ca="a certificate"), self.tasks
        )
        client = self.client_for(http.User("system:kube-scheduler", ("system:authenticated",)))
        recorder = Recorder(client, self.clock, self.tasks, "default-scheduler", series=True)
        context = Context(client, informers, recorder, self.clock, self.entropy, self.tasks)
        self.scheduler = Scheduler(context)
        self.tasks.spawn(self.scheduler.run(), "scheduler")
        await self.clock.settle()

    async def add_node(self, name: str, **labels: str) -> "StandIn":
        node = self.nodes[name] = StandIn(self, name)
        await node.register(labels)
        await self.clock.settle()
        return node

    async def close(self) -> None:
        await self.tasks.close()
        await self.server.close()
        await self.store.close()

    async def items(self, resource: str, namespace: str = "default") -> list[Tree]:
        return list((await self.client.list(resource, namespace)).items)

    async def events(self, namespace: str = "default") -> list[tuple[str, str, str]]:
        return [
            (each["involvedObject"]["kind"], each["reason"], each["message"])
            for each in await self.items("events", namespace)
        ]


class StandIn:
    """A node that does in one step what a kubelet takes seconds for."""

    def __init__(self, cluster: VirtualCluster, name: str) -> None:
        self.cluster = cluster
        self.name = name
        self.client = cluster.client_for(http.User(f"system:node:{name}", ("system:nodes", "system:authenticated")))
        self.tasks = TaskGroup(f"node {name}")
        self.addresses = 0

    async def register(self, labels: dict[str, str]) -> None:
        tree: dict[str, Any] = {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": {"name": self.name, "labels": {"kubernetes.io/hostname": self.name, **labels}},
            "status": {
                "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            },
        }
        await self.cluster.client.create("nodes", tree)
        await self.beat()
        self.tasks.spawn(self._heart(), "heart")
        self.informers = InformerSet(self.client, self.cluster.clock, self.tasks)
        self.pods = self.informers.informer("pods", fields=f"spec.nodeName={self.name}")
        self.pods.on_change(self._pod_changed)

    async def beat(self) -> None:
        now = times.seconds(self.cluster.clock.now())
        tree = await self.cluster.client.get("nodes", self.name)
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
        }
        await self.cluster.client.update_status("nodes", {**tree, "status": {**tree["status"], "conditions": [ready]}})
        lease = {
            "kind": "Lease",
            "apiVersion": "coordination.k8s.io/v1",
            "metadata": {"name": self.name, "namespace": "kube-node-lease"},
            "spec": {
                "holderIdentity": self.name,
                "leaseDurationSeconds": 40,
                "renewTime": times.micros(self.cluster.clock.now()),
            },
        }
        try:
            await self.cluster.client.create("leases.coordination.k8s.io", lease)
        except errors.AlreadyExists:
            await self.cluster.client.patch(
                "leases.coordination.k8s.io", self.name, {"spec": lease["spec"]}, "kube-node-lease"
            )

    async def _heart(self) -> None:
        while True:
            await self.cluster.clock.sleep(10)
            await self.beat()

    async def die(self) -> None:
        """Lose power: nothing is said any more."""
        await self.tasks.close()

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is None:
            return
        if new["metadata"].get("deletionTimestamp"):
            self.tasks.spawn(self._end(new), f"end {new['metadata']['name']}")
        elif (new.get("status") or {}).get("phase") == "Pending":
            self.tasks.spawn(self._start(new), f"start {new['metadata']['name']}")

    async def _start(self, pod: Tree) -> None:
        self.addresses += 1
        now = times.seconds(self.cluster.clock.now())
        meta = pod["metadata"]
        kinds = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        status = {
            "phase": "Running",
            "podIP": f"10.244.0.{self.addresses}",
            "podIPs": [{"ip": f"10.244.0.{self.addresses}"}],
            "startTime": now,
            "conditions": [{"type": each, "status": "True", "lastTransitionTime": now} for each in kinds],
        }
        try:
            await self.client.patch("pods", meta["name"], {"status": status}, meta["namespace"], subresource="status")
        except errors.NotFound:
            return

    async def _end(self, pod: Tree) -> None:
        meta = pod["metadata"]
        try:
            await self.client.delete("pods", meta["name"], meta["namespace"], grace=0, uid=meta["uid"])
        except errors.NotFound:
            return
