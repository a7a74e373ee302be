"""An ExternalName's answer carries what it leads to, because a pod's resolver follows no alias by itself."""

import socket
import struct
from collections.abc import Sequence

from steersman.api.tree import Tree
from steersman.dns import records, server, upstream, wire
from steersman.kit.clock import RealClock
from unit.dns.empty_view import NoView

ZONE = "cluster.local"


def external(target: str) -> Tree:
    return {"spec": {"type": "ExternalName", "externalName": target}}


SERVICES = {
    "web": {"spec": {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"]}},
    "inner": external("web.default.svc.cluster.local"),
    "twice": external("inner.default.svc.cluster.local."),
    "circle": external("circle.default.svc.cluster.local"),
    "broken": external("nobody.default.svc.cluster.local"),
    "outer": external("www.example"),
    "db": {"spec": {"clusterIP": "None"}},
}


class View(NoView):
    def service(self, namespace: str, name: str) -> Tree | None:
        return SERVICES.get(name)

    def slices(self, namespace: str, name: str) -> Sequence[Tree]:
        endpoints = [{"addresses": [f"10.244.0.{index}"]} for index in range(1, 4)]
        return [{"endpoints": endpoints, "ports": [{"name": "sql", "port": 5432}]}] if name == "db" else []


class World:
    """Upstream that knows one name behind an alias, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, query: bytes) -> bytes:
        found = wire.parse(query)
        self.asked.append(found.name)
        chain = [wire.Record("www.example", wire.CNAME, 60, "host.example")]
        chain.append(wire.Record("host.example", wire.A, 60, "192.0.2.9"))
        return wire.build(found, wire.Answer(answers=chain, authoritative=False), 65535)


def name(service: str) -> str:
    return f"{service}.default.svc.{ZONE}"


def query(asked: str, kind: int = wire.A) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in asked.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def data(service: str, kind: int = wire.A) -> list[object]:
    return [record.data for record in records.answer(View(), ZONE, name(service), kind).answers]


def test_inside_the_cluster_the_chain_is_followed_to_its_end() -> None:
    assert data("inner") == [name("web"), "10.96.0.7"]
    assert data("twice") == [name("inner"), name("web"), "10.96.0.7"]
    assert data("inner", wire.CNAME) == [name("web")]


def test_a_chain_that_leads_nowhere_or_round_ends() -> None:
    assert data("broken") == [name("nobody")]
    assert data("circle") == [name("circle")] * (records.ALIASES + 1)


async def test_outside_upstream_is_asked_for_the_rest() -> None:
    world = World()
    answer = await server.Resolver(View(), ZONE, world).answer(query(name("outer")))
    code, found = wire.read_answers(answer)
    assert code == wire.NOERROR
    assert [record.data for record in found] == ["www.example", "host.example", "192.0.2.9"]
    assert world.asked == ["www.example"]


async def test_without_a_way_out_the_alias_alone_is_the_answer() -> None:
    answer = await server.Resolver(View(), ZONE, server.NoUpstream()).answer(query(name("outer")))
    assert [record.data for record in wire.read_answers(answer)[1]] == ["www.example"]


async def test_an_upstream_that_lies_about_lengths_is_a_failure_not_a_fault() -> None:
    class Liar:
        async def ask(self, query: bytes) -> bytes:
            return query[:2] + struct.pack(">HHHHH", 0x8180, 0, 3, 0, 0) + b"\xc0"

    answer = await server.Resolver(View(), ZONE, Liar()).answer(query(name("outer")))
    assert answer[3] & 0xF == wire.SERVFAIL


async def test_an_answer_of_the_world_is_cut_to_what_the_asker_can_take() -> None:
    class Long:
        async def ask(self, query: bytes) -> bytes:
            many = [wire.Record("a.example", wire.A, 60, f"192.0.2.{index}") for index in range(200)]
            return wire.build(wire.parse(query), wire.Answer(answers=many), 65535)

    resolver = server.Resolver(View(), ZONE, Long())
    short = await resolver.answer(query("a.example"))
    assert wire.is_cut(short)
    assert len(short) <= 512
    assert len(wire.read_answers(await resolver.answer(query("a.example"), limit=65535))[1]) == 200


def test_the_targets_of_a_headless_service_share_the_weight() -> None:
    answers = records.answer(View(), ZONE, name("db"), wire.SRV).answers
    assert {record.data[1] for record in answers} == {33}


def test_the_zone_itself_has_an_authority() -> None:
    assert records.answer(View(), ZONE, ZONE, wire.SOA).answers[0].type == wire.SOA
    assert records.answer(View(), ZONE, ZONE, wire.NS).answers[0].data == "ns.dns.cluster.local"
    assert records.answer(View(), ZONE, ZONE, wire.A).answers == ()


async def test_what_upstream_cuts_over_udp_is_asked_again_by_tcp() -> None:
    class Long:
        async def ask(self, query: bytes) -> bytes:
            many = [wire.Record("a.example", wire.A, 60, f"192.0.2.{index}") for index in range(200)]
            return wire.build(wire.parse(query), wire.Answer(answers=many), 65535)

    loopback = "127.0.0.1"
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((loopback, 0))
    udp.setblocking(False)
    port = udp.getsockname()[1]
    tcp = socket.create_server((loopback, port))
    tcp.setblocking(False)
    served = server.DnsServer(server.Resolver(NoView(), ZONE, Long()), RealClock())
    await served.serve([udp], [tcp])
    try:
        answer = await upstream.HostUpstream([loopback], RealClock(), port).ask(query("a.example"))
    finally:
        await served.close()
    assert len(wire.read_answers(answer)[1]) == 200
