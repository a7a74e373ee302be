"""The kubelet on a real containerd: what only real containers, mounts and sockets can show."""

import asyncio
import os
import pathlib
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from node.conftest import IMAGE, Node
from steersman.client.client import Client
from steersman.client.inprocess import InProcessTransport
from steersman.kit import netns
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SystemEntropy
from steersman.kit.http import User
from steersman.kit.tasks import TaskGroup
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.kubelet import Kubelet
from unit.kubelet.world import Server

NAME = "node1"


class NodeConnector:
    def __init__(self, network: str, clock: RealClock) -> None:
        self._network = network
        self._clock = clock

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        made = await netns.connect(self._network, host, port, self._clock)
        return await asyncio.open_connection(sock=made)


class World:
    """A kubelet on the fixture's containerd, and a tiny API server."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.clock = node.clock
        self.server = Server(node.clock)
        self.client = Client(InProcessTransport(self.server.handle, User("test")))
        self.tasks: TaskGroup

    async def start(self) -> None:
        self.tasks = TaskGroup("kubelet")
        config = KubeletConfig(
            NAME,
            self.node.volumes,
            node_ips=["10.244.77.1"],
            cgroup=self.node.cgroup,
            cluster_dns=["10.96.0.10"],
            static_pods=self.node.folder / "manifests",
        )
        self.kubelet = Kubelet(
            config, self.client, self.node.runtime, self.clock, SystemEntropy(), self.tasks,
            connector=NodeConnector(self.node.place.network, self.clock),
        )  # fmt: skip
        self.tasks.spawn(self.kubelet.run(), "kubelet")

    async def stop(self) -> None:
        self.kubelet.manager.close()
        await self.tasks.close()

    async def pod(self, name: str, *command: str, **spec: Any) -> Any:
        whole: dict[str, Any] = {
            "name": "c",
            "image": IMAGE,
            "imagePullPolicy": "IfNotPresent",
            "command": list(command),
        }
        whole |= spec.pop("container", {})
        body = {"nodeName": NAME, "terminationGracePeriodSeconds": 1, "containers": [whole], **spec}
        return await self.client.create("pods", {"metadata": {"name": name, "namespace": "a"}, "spec": body})

    def status(self, name: str) -> Any:
        return self.server.get("pods", "a", name).get("status") or {}

    async def until(self, holds: Callable[[], Any], seconds: float = 15.0) -> None:
        try:
            async with self.clock.timeout(seconds):
                while not holds():
                    await self.clock.sleep(0.02)
        except TimeoutError:
            told = [(e["reason"], e["message"]) for e in self.server.all("events")]
            raise AssertionError(f"{self.server.all('pods')}; {told}") from None

    def phase(self, name: str) -> str:
        return str(self.status(name).get("phase"))

    async def sh(self, name: str, script: str) -> str:
        found = self.kubelet.pods.find("a", name)
        assert found is not None
        result = await self.node.runtime.exec_sync(found.containers["c"].id, ["sh", "-c", script], 10)
        return result.stdout.decode()

    def gone(self, name: str) -> bool:
        return ("pods", "a", name) not in self.server.objects


@pytest.fixture
async def world(node: Node) -> AsyncIterator[World]:
    made = World(node)
    (node.folder / "manifests").mkdir()
    await made.start()
    try:
        yield made
        for pod in made.server.all("pods"):
            await made.client.delete("pods", pod["metadata"]["name"], pod["metadata"]["namespace"], grace=1)
        await made.until(lambda: not made.server.all("pods"))
        assert not made.tasks.faults
    finally:
        await made.stop()


async def test_a_pod_with_volumes_runs_follows_its_objects_and_goes_without_trace(world: World) -> None:
    client = world.client
    await client.create("configmaps", {"metadata": {"name": "m", "namespace": "a"}, "data": {"k": "one"}})
    await client.create("secrets", {"metadata": {"name": "s", "namespace": "a"}, "data": {"k": "aGlkZGVu"}})
    volumes = [
        {"name": "m", "configMap": {"name": "m"}}, {"name": "s", "secret": {"secretName": "s"}},
        {"name": "e", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    ]  # fmt: skip
    mounts = [{"name": v["name"], "mountPath": f"/{v['name']}"} for v in volumes]
    mounts.append({"name": "e", "mountPath": "/sub", "subPath": "a/b"})
    env = [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
    await world.pod("p", "sleep", "3600", volumes=volumes, container={"volumeMounts": mounts, "env": env})
    await world.until(lambda: world.phase("p") == "Running")
    said = await world.sh(
        "p", "cat /m/k /s/k /t/token; touch /sub/x; ls /e/a/b; echo $IP; cat /etc/hosts /etc/resolv.conf"
    )
    assert said.startswith("onehiddentoken-1x\n")
    ip = world.status("p")["podIP"]
    assert f"{ip}\n" in said
    assert f"{ip}\tp\n" in said
    assert "nameserver 10.96.0.10" in said
    found = world.server.get("configmaps", "a", "m")
    await client.update("configmaps", {**found, "data": {"k": "two"}})
    await world.clock.sleep(0.3)
    assert await world.sh("p", "cat /m/k") == "two"
    await client.delete("pods", "p", "a", grace=1)
    await world.until(lambda: world.gone("p"))
    await world.until(lambda: not list((world.node.volumes / "pods").iterdir()))
    await world.until(
        lambda: not list(pathlib.Path("/sys/fs/cgroup").glob(f"*{world.node.cgroup}/kubepods/besteffort/pod*"))
    )


async def test_probes_reach_the_pod_from_the_node(world: World) -> None:
    serve = "mkdir -p /tmp/www && echo hi > /tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www"
    probe = {"httpGet": {"path": "/index.html", "port": 8080}, "periodSeconds": 1}
    await world.pod("web", "sh", "-c", serve, container={"readinessProbe": probe})
    wrong = {"httpGet": {"path": "/none", "port": 8080}, "periodSeconds": 1}
    await world.pod("wrong", "sh", "-c", serve, container={"readinessProbe": wrong})

    def ready(name: str) -> bool:
        return bool((world.status(name).get("containerStatuses") or [{}])[0].get("ready"))

    await world.until(lambda: ready("web"))
    await world.until(lambda: world.phase("wrong") == "Running")
    await world.until(
        lambda: (
            "Readiness probe failed: HTTP probe failed with statuscode: 404"
            in [e["message"] for e in world.server.all("events")]
        )
    )
    assert not ready("wrong")


async def test_ends_are_reported_with_code_and_last_words(world: World) -> None:
    await world.pod("fails", "sh", "-c", "echo sorry > /dev/termination-log; exit 3", restartPolicy="Never")
    await world.pod("absent", "/no/such", restartPolicy="Never")
    await world.until(lambda: world.phase("fails") == "Failed")
    await world.until(lambda: world.phase("absent") == "Failed")
    assert "terminated" in world.status("fails")["containerStatuses"][0]["state"], (
        world.status("fails"),
        await world.node.runtime.list_containers(),
    )
    ended = world.status("fails")["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (3, "Error", "sorry\n")
    ended = world.status("absent")["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (128, "StartError")
    assert ended["message"].endswith('exec: "/no/such": stat /no/such: no such file or directory')


async def test_a_killed_process_is_restarted_and_a_restarted_kubelet_adopts(world: World) -> None:
    await world.pod("p", "sh", "-c", "sleep 3600 & wait")
    await world.until(lambda: world.phase("p") == "Running")
    found = world.kubelet.pods.find("a", "p")
    assert found is not None
    os.kill((await world.node.runtime.container_status(found.containers["c"].id)).pid, signal.SIGKILL)

    def restarts() -> int:
        return int((world.status("p").get("containerStatuses") or [{}])[0].get("restartCount") or 0)

    await world.until(lambda: restarts() == 1 and world.status("p")["containerStatuses"][0]["ready"])
    before = world.status("p")["containerStatuses"]
    await world.stop()
    await world.start()
    await world.clock.sleep(2)
    assert world.status("p")["containerStatuses"] == before


async def test_a_static_pod_runs_from_its_file(world: World) -> None:
    file = world.node.folder / "manifests" / "s.yaml"
    file.write_text(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: s, namespace: a}}\nspec:\n  terminationGracePeriodSeconds: 1\n"
        f"  containers: [{{name: c, image: {IMAGE}, imagePullPolicy: IfNotPresent, command: [sleep, '3600']}}]\n"
    )
    await world.until(lambda: not world.gone(f"s-{NAME}") and world.phase(f"s-{NAME}") == "Running")
    file.unlink()
    await world.until(lambda: world.gone(f"s-{NAME}"))
