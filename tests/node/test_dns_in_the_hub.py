"""The DNS server on sockets in the hub, asked from pods through the Service's address and the real rules."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from node import netlab
from steersman.api.tree import Tree
from steersman.dns import server, wire
from steersman.kit import netns
from steersman.proxy import model, rules
from unit.dns.empty_view import NoView
from unit.proxy.objects import service, slice_of

HUB, DNS = "172.30.0.1", "10.96.0.10"
NAME = "web.default.svc.cluster.local"


SERVICES: Mapping[str, Tree] = {
    "web": {"spec": {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]}},
    "big": {"spec": {"clusterIP": "None"}},
}


class View(NoView):
    def service(self, namespace: str, name: str) -> Tree | None:
        return SERVICES.get(name)

    def slices(self, namespace: str, name: str) -> Sequence[Tree]:
        return [{"endpoints": [{"addresses": [f"10.244.0.{index}"]} for index in range(1, 101)]}]


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[netlab.Lab]:
    """A network with DNS as a cluster has it: the server in the hub, its Service's rules on the node."""
    async with netlab.lab(tmp_path) as made:
        dns = server.DnsServer(server.Resolver(View(), "cluster.local", server.NoUpstream()), made.clock)
        hub = str(made.plan.hub)
        udp = await netns.datagrams(hub, HUB, 53, made.clock)
        tcp = await netns.listen(hub, HUB, 53, made.clock)
        await dns.serve([udp], [tcp])
        ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
        hubs = [{"addresses": [HUB], "conditions": {"ready": True}}]
        pieces = [slice_of("web", hubs, 53, name=port["name"], protocol=port["protocol"]) for port in ports]
        found = model.service_ports([service(ip=DNS, ports=ports)], pieces, "node1")
        await made.apply(rules.table(found, made.facts()))
        yield made
        await dns.close()


def query(name: str, kind: int = wire.A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


async def by_udp(lab: netlab.Lab, namespace: Path, message: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    async with lab.udp(namespace, DNS, 53) as sock, lab.clock.timeout(2):
        await loop.sock_sendall(sock, message)
        return await loop.sock_recv(sock, 4096)


async def by_tcp(lab: netlab.Lab, namespace: Path, *messages: bytes) -> list[bytes]:
    reader, writer = await asyncio.open_connection(
        sock=await netns.connect(str(namespace), DNS, 53, lab.clock), limit=1 << 20
    )
    found = []
    async with lab.clock.timeout(2):
        for message in messages:
            writer.write(struct.pack(">H", len(message)) + message)
        for _ in messages:
            (length,) = struct.unpack(">H", await reader.readexactly(2))
            found.append(await reader.readexactly(length))
    writer.close()
    await writer.wait_closed()
    return found


async def test_pods_and_nodes_ask_by_udp(lab: netlab.Lab) -> None:
    pod = await lab.add_pod(0, listens=False)
    for namespace in (pod.namespace, lab.plan.nodes[0].namespace):
        _, found = wire.read_answers(await by_udp(lab, namespace, query(NAME)))
        assert [record.data for record in found] == ["10.96.0.7"]


async def test_an_answer_too_long_for_udp_is_whole_by_tcp_on_one_connection(lab: netlab.Lab) -> None:
    pod = await lab.add_pod(0, listens=False)
    big = query("big.default.svc.cluster.local")
    assert wire.is_cut(await by_udp(lab, pod.namespace, big))
    first, second = await by_tcp(lab, pod.namespace, big, query(NAME))
    assert len(wire.read_answers(first)[1]) == 100
    assert len(wire.read_answers(second)[1]) == 1


async def test_names_that_are_not_there_and_names_of_the_world_are_told_apart(lab: netlab.Lab) -> None:
    pod = await lab.add_pod(0, listens=False)
    codes = [
        wire.read_answers(await by_udp(lab, pod.namespace, query(name)))[0]
        for name in ("nobody.default.svc.cluster.local", "www.example")
    ]
    assert codes == [wire.NXDOMAIN, wire.REFUSED]
