"""One node in memory: a tiny API server, a simulated runtime, a virtual clock and a kubelet."""

import asyncio
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

from steersman.api import times
from steersman.client.client import Client
from steersman.client.inprocess import InProcessTransport
from steersman.cri import runtime as cri
from steersman.cri import simulated
from steersman.kit import http
from steersman.kit.entropy import SeededEntropy
from steersman.kit.http import User
from steersman.kit.tasks import TaskGroup
from steersman.kit.virtual import VirtualClock
from steersman.kubelet import kubelet, machine
from steersman.kubelet.config import KubeletConfig
from unit.client.tiny_server import TinyServer

MACHINE = machine.Machine(cpus=4, memory=8 << 30, disk=100 << 30, kernel="6.1", machine_id="m")
NODE = "node1"


class Server(TinyServer):
    """A tiny server that also gives tokens."""

    tokens = 0

    async def handle(self, request: http.Request) -> http.Answer:
        if request.path.endswith("/token"):
            self.tokens += 1
            expires = times.seconds(self.clock.now() + request.tree["spec"]["expirationSeconds"])  # type: ignore[index]
            status = {"token": f"token-{self.tokens}", "expirationTimestamp": expires}
            return self._ok({"kind": "TokenRequest", "status": status}, 201)
        return await super().handle(request)


class KubeletWorld:
    def __init__(self, folder: pathlib.Path | None = None, **options: Any) -> None:
        """With a folder, volumes and manifests are on disk."""
        self.clock = VirtualClock()
        self.server = Server(self.clock)
        self.client = Client(InProcessTransport(self.server.handle, User("test")))
        self.tasks = TaskGroup("test")
        self.runtime = simulated.SimulatedRuntime(self.clock, SeededEntropy(3), **options)
        self.config = KubeletConfig(
            node_name=NODE,
            root=folder or pathlib.Path("/nonexistent"),
            node_ips=("192.168.0.1",),
            simulated=folder is None,
            cluster_dns=("10.96.0.10",),
        )
        self.kubelet: kubelet.Kubelet
        self.running: asyncio.Task[None]

    async def start(self, *images: str, **config: Any) -> "KubeletWorld":
        self.config = dataclasses.replace(self.config, **config)
        for image in images or ("busybox",):
            await self.runtime.pull_image(image)
        await self.boot()
        return self

    async def boot(self) -> None:
        """Start a kubelet on what is there."""
        self.kubelet = kubelet.Kubelet(
            self.config,
            self.client,
            self.runtime,
            self.clock,
            SeededEntropy(4),
            self.tasks,
            machine=MACHINE,
            root=False,
        )
        self.running = self.tasks.spawn(self.kubelet.run(), "kubelet")
        await self.clock.settle()

    async def crash(self) -> None:
        """End the kubelet; containers run on."""
        self.kubelet.manager.close()
        await self.tasks.close()
        self.tasks = TaskGroup("test")

    async def close(self) -> None:
        self.kubelet.manager.close()
        await self.tasks.close()
        self.runtime.shut_down()

    async def create(self, kind: str, name: str, namespace: str = "a", **fields: Any) -> Any:
        return await self.client.create(kind, {"metadata": {"name": name, "namespace": namespace}, **fields})

    async def pod(self, name: str = "p", *, meta: Any = None, **spec: Any) -> Any:
        """Create a pod on this node and let the node see it."""
        spec.setdefault("containers", [container()])
        spec = {"nodeName": NODE, "terminationGracePeriodSeconds": 1, **spec}
        made = await self.client.create(
            "pods", {"metadata": {"name": name, "namespace": "a", **(meta or {})}, "spec": spec}
        )
        await self.clock.settle()
        return made

    async def delete(self, name: str = "p", grace: int | None = 1) -> None:
        await self.client.delete("pods", name, "a", grace=grace)
        await self.clock.settle()

    def has(self, name: str = "p") -> bool:
        return ("pods", "a", name) in self.server.objects

    def status(self, name: str = "p", namespace: str = "a") -> dict[str, Any]:
        found: dict[str, Any] = self.server.get("pods", namespace, name).get("status") or {}
        return found

    def container(self, name: str = "c", pod: str = "p") -> dict[str, Any]:
        """The status of one container."""
        shown = self.status(pod)
        for key in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
            for one in shown.get(key) or ():
                if one["name"] == name:
                    found: dict[str, Any] = one
                    return found
        raise KeyError(name)

    def condition(self, type: str, pod: str = "p") -> dict[str, Any]:
        found: dict[str, Any] = next(c for c in self.status(pod)["conditions"] if c["type"] == type)
        return found

    def events(self, kind: str = "Pod") -> list[tuple[str, str, str]]:
        found = [e for e in self.server.all("events") if e["involvedObject"]["kind"] == kind]
        found.sort(key=lambda e: int(e["metadata"]["resourceVersion"]))
        return [(e["type"], e["reason"], e["message"]) for e in found]

    def reasons(self) -> list[str]:
        return [reason for _, reason, _ in self.events()]

    async def containers(self) -> Sequence[cri.Container]:
        return await self.runtime.list_containers()

    def status_writes(self) -> int:
        return sum(
            method == "PUT" and path.endswith("/status") and "/pods/" in path for method, path in self.server.requests
        )


def container(name: str = "c", command: str = "sleep 3600", **fields: Any) -> dict[str, Any]:
    return {
        "name": name, "image": "busybox", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", command], **fields,
    }  # fmt: skip
