"""From 127.0.0.1 of the host through a node's namespace to a pod, by sockets of ours and the real rules."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from node import netlab
from steersman.client.client import Client
from steersman.client.events import Recorder
from steersman.client.informers import InformerSet
from steersman.client.inprocess import InProcessTransport
from steersman.cluster import hostports
from steersman.kit.clock import RealClock
from steersman.kit.http import User
from steersman.kit.tasks import TaskGroup
from steersman.nft.runner import Nft
from steersman.proxy import sync
from unit.client.tiny_server import TinyServer
from unit.proxy.objects import endpoint, service, slice_of

LOOPBACK = "127.0.0.1"


class Host:
    """A node with a proxy and the host's ports, over a tiny API server."""

    def __init__(self, lab: netlab.Lab) -> None:
        self.lab = lab
        self.clock = RealClock()
        self.server = TinyServer(self.clock)
        self.client = Client(InProcessTransport(self.server.handle, User("test")))
        self.tasks = TaskGroup("test")
        shared = InformerSet(self.client, self.clock, self.tasks)
        node = lab.plan.nodes[0]
        recorder = Recorder(self.client, self.clock, self.tasks, "test")
        self.ports = hostports.HostPorts(node, self.client, shared, recorder, self.clock)
        self.proxy = sync.Proxy(lab.facts(), shared, Nft(node.namespace), self.clock, namespace=node.namespace)
        self.tasks.spawn(self.ports.run(), "host ports")
        self.tasks.spawn(self.proxy.run(), "proxy")

    async def until(self, port: int, answer: str, kind: int = socket.SOCK_STREAM) -> str:
        """Ask until somebody whose answer begins so is there."""
        async with self.clock.timeout(5):
            while True:
                with contextlib.suppress(OSError):
                    found = await (self.ask(port) if kind == socket.SOCK_STREAM else self.ask_udp(port))
                    if found.startswith(answer):
                        return found
                await self.clock.sleep(0.02)

    async def ask(self, port: int) -> str:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        with contextlib.closing(writer):
            return (await reader.read()).decode()

    async def ask_udp(self, port: int) -> str:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.connect((LOOPBACK, port))
            await loop.sock_sendall(sock, b"hello")
            try:
                async with self.clock.timeout(0.5):
                    return (await loop.sock_recv(sock, 100)).decode()
            except TimeoutError:
                return ""


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    async with netlab.lab(tmp_path) as lab:
        made = Host(lab)
        yield made
        await made.tasks.close()
        assert not made.tasks.faults


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as sock:
        return int(sock.getsockname()[1])


def exposed(type: str, port: int, node_port: int, **fields: Any) -> dict[str, Any]:
    return service(type=type, ports=[{"name": "http", "port": port, "nodePort": node_port, **fields}])


async def test_a_node_port_is_reached_from_the_host_and_closes_with_its_service(host: Host) -> None:
    pod, port = await host.lab.add_pod(1), free_port()
    await host.client.create("services", exposed("NodePort", 80, port))
    piece = slice_of("web", [endpoint(pod.address)])
    await host.client.create("endpointslices.discovery.k8s.io", piece)
    assert await host.until(port, pod.address) == f"{pod.address}:{netlab.PORT} 172.30.0.11"
    await host.client.delete("services", "web", "default")
    async with host.clock.timeout(2):
        with pytest.raises(ConnectionRefusedError):
            while True:
                await host.ask(port)
                await host.clock.sleep(0.02)


async def test_udp_finds_its_way_there_and_back(host: Host) -> None:
    pod, port = await host.lab.add_pod(0), free_port()
    await host.client.create("services", exposed("NodePort", 53, port, protocol="UDP"))
    await host.client.create(
        "endpointslices.discovery.k8s.io", slice_of("web", [endpoint(pod.address)], protocol="UDP")
    )
    assert (await host.until(port, pod.address, socket.SOCK_DGRAM)).startswith(f"{pod.address}:{netlab.PORT}")


async def test_a_balancer_has_the_hosts_address_and_its_own_port(host: Host) -> None:
    pod, port, node_port = await host.lab.add_pod(0), free_port(), free_port()
    made = exposed("LoadBalancer", port, node_port)
    await host.client.create("services", {**made, "spec": {**made["spec"], "externalTrafficPolicy": "Local"}})
    await host.client.create("endpointslices.discovery.k8s.io", slice_of("web", [endpoint(pod.address)]))
    await host.until(port, pod.address)
    status = host.server.get("services", "default", "web")["status"]
    assert status["loadBalancer"]["ingress"] == [{"ip": LOOPBACK, "ipMode": "Proxy"}]


async def test_a_port_that_somebody_has_is_told_and_the_others_work(host: Host) -> None:
    pod, free = await host.lab.add_pod(0), free_port()
    with socket.create_server((LOOPBACK, 0)) as taken:
        number = taken.getsockname()[1]
        ports = [{"name": "bad", "port": 81, "nodePort": number}, {"name": "http", "port": 80, "nodePort": free}]
        await host.client.create("services", service(type="NodePort", ports=ports))
        await host.client.create("endpointslices.discovery.k8s.io", slice_of("web", [endpoint(pod.address)]))
        await host.until(free, pod.address)
        async with host.clock.timeout(5):
            while not host.server.all("events"):
                await host.clock.sleep(0.01)
    (event,) = host.server.all("events")
    assert event["reason"] == "HostPortTaken"
    assert f"port {number} of 127.0.0.1 cannot be opened" in event["message"]


async def test_a_connection_nobody_takes_ends(host: Host) -> None:
    port = free_port()
    await host.client.create("services", exposed("NodePort", 80, port))
    assert await host.until(port, "") == ""
