"""Real packets through the real rules: what the kernel does is what the unit tests' tracer says.

One network for all tests here (they change only the table); addresses as in `netlab`, and

    10.96.0.7  a Service    192.0.2.7  its external address    198.51.100.7  its balancer's
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node import netlab
from steersman.nft import objects
from steersman.nft.runner import Nft, NftError
from steersman.nft.transaction import between
from steersman.proxy import conntrack, model, rules
from unit.proxy.objects import BALANCER, CLUSTER_IP, ENDING, EXTERNAL_IP, NODE, NODE_PORT, endpoint, service, slice_of
from unit.proxy.tracer import Tracer

pytestmark = pytest.mark.asyncio(loop_scope="module")
A, B, CALLER, FAR = "10.244.0.2", "10.244.0.3", "10.244.0.4", "10.244.1.2"
HUB = "172.30.0.1"
OWN = (NODE, "10.244.0.1", "127.0.0.1")
TRIES = 14
"""Of a choice between two: one in 8192 sees the same one each time."""
HTTP = {"name": "http", "port": 80, "protocol": "TCP", "nodePort": NODE_PORT}
OUTSIDE: dict[str, Any] = {
    "ports": [HTTP],
    "type": "LoadBalancer",
    "externalIPs": [EXTERNAL_IP],
    "balancers": [BALANCER],
}
LOCAL = {**OUTSIDE, "externalTrafficPolicy": "Local"}
WAYS = [(CLUSTER_IP, 80), (NODE, NODE_PORT), (EXTERNAL_IP, 80), (BALANCER, 80)]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[netlab.Lab]:
    async with netlab.lab(tmp_path_factory.mktemp("lab")) as made:
        for node in (0, 0, 0, 1):
            await made.add_pod(node)
        assert [pod.address for pod, _ in made.pods] == [A, B, CALLER, FAR]
        outer = ["192.0.2.0/24", "198.51.100.0/24"]
        for network in (*outer, netlab.SERVICE_CIDR):
            await made.ip(made.plan.hub, "route", "add", network, "via", NODE)
        for network in outer:
            # The node needs some route before the rules are asked; nothing answers there.
            await made.ip(made.plan.nodes[0].namespace, "route", "add", network, "via", HUB)
        yield made


def namespace_of(lab: netlab.Lab, sender: str) -> Path:
    if sender == HUB:
        return lab.plan.hub
    if sender == NODE:
        return lab.plan.nodes[0].namespace
    return next(pod.namespace for pod, _ in lab.pods if pod.address == sender)


def table_of(
    lab: netlab.Lab, services: Sequence[Any], slices: Sequence[Any], host_ports: Sequence[rules.HostPort] = ()
) -> objects.Table:
    return rules.table(model.service_ports(services, slices, "node1"), lab.facts(), host_ports)


async def agree(lab: netlab.Lab, table: objects.Table, senders: Sequence[str], ways: Sequence[tuple[str, int]]) -> None:
    """What comes out of the kernel is what the tracer said, for all senders and addresses."""
    await lab.apply(table)
    for sender in senders:
        for address, port in ways:
            expected = Tracer(table, OWN).every(sender, address, port)
            found: set[str] = set()
            for _ in range(TRIES if len(expected) > 1 else 1):
                answer, seen = await lab.call(namespace_of(lab, sender), address, port)
                found.add(answer + (" masqueraded" if seen and seen != sender else ""))
            if sender in OWN:  # the node replaces its own address by its own
                expected, found = (({text.split(" ")[0] for text in texts}) for texts in (expected, found))
            assert found == expected, f"{sender} -> {address}:{port}"


CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], list[str]]] = {
    "all endpoints": (OUTSIDE, [endpoint(A), endpoint(FAR)], [CALLER, NODE, HUB]),
    "a pod that calls itself": (OUTSIDE, [endpoint(CALLER)], [CALLER]),
    "nobody": (OUTSIDE, [], [CALLER, NODE, HUB]),
    "nobody ready": (LOCAL, [endpoint(A, ready=False)], [CALLER, NODE, HUB]),
    "external traffic local": (LOCAL, [endpoint(A), endpoint(FAR)], [CALLER, NODE, HUB]),
    "external traffic local, none here": (LOCAL, [endpoint(FAR)], [CALLER, NODE, HUB]),
    "internal traffic local": ({**OUTSIDE, "internalTrafficPolicy": "Local"}, [endpoint(B), endpoint(FAR)], [CALLER]),
    "internal traffic local, none here": ({**OUTSIDE, "internalTrafficPolicy": "Local"}, [endpoint(FAR)], [CALLER]),
    "ending endpoints": (LOCAL, [endpoint(A, **ENDING), endpoint(FAR, ready=False)], [CALLER, HUB]),
    "source ranges": ({**OUTSIDE, "loadBalancerSourceRanges": [f"{HUB}/32"]}, [endpoint(A)], [CALLER, NODE, HUB]),
    "source ranges with the node": (
        {**OUTSIDE, "loadBalancerSourceRanges": ["172.30.0.0/24", "172.30.0.0/28", "203.0.113.0/24"]},
        [endpoint(A)],
        [CALLER, NODE, HUB],
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_packets_come_out_where_the_tracer_says(lab: netlab.Lab, case: str) -> None:
    spec, endpoints, senders = CASES[case]
    table = table_of(lab, [service(**spec)], [slice_of("web", endpoints)])
    await agree(lab, table, senders, WAYS)


async def test_ports_and_addresses_that_no_service_has(lab: netlab.Lab) -> None:
    table = table_of(lab, [service()], [slice_of("web", [endpoint(A)])])
    await agree(lab, table, [CALLER, NODE, HUB], [(CLUSTER_IP, 81), ("10.96.99.99", 80)])


async def test_host_ports_answer_on_the_nodes_address(lab: netlab.Lab) -> None:
    table = table_of(lab, [], [], [rules.HostPort("tcp", 8000, "", A, netlab.PORT)])
    await agree(lab, table, [A, B, NODE, HUB, FAR], [(NODE, 8000)])


async def test_a_client_keeps_its_endpoint(lab: netlab.Lab) -> None:
    made = service(sessionAffinity="ClientIP", **OUTSIDE)
    await lab.apply(table_of(lab, [made], [slice_of("web", [endpoint(A), endpoint(B)])]))
    for sender in (CALLER, HUB):
        answers = {
            (await lab.call(namespace_of(lab, sender), address, port))[0] for _ in range(5) for address, port in WAYS
        }
        assert len(answers) == 1
    other = service(**OUTSIDE, sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 9}})
    await lab.apply(table_of(lab, [other], [slice_of("web", [endpoint(A), endpoint(B)])]))
    assert len({(await lab.call(namespace_of(lab, CALLER), CLUSTER_IP, 80))[0] for _ in range(5)}) == 1


async def test_a_udp_client_that_keeps_its_port_finds_the_new_endpoint(lab: netlab.Lab) -> None:
    port = {"name": "http", "port": 53, "protocol": "UDP", "nodePort": 30053}

    def at(ip: str) -> tuple[Any, Any]:
        return service(ports=[port], type="NodePort"), slice_of("web", [endpoint(ip)], protocol="UDP")

    async def forget(ip: str) -> int:
        made, piece = at(ip)
        wanted = conntrack.answerers(model.service_ports([made], [piece], "node1"), lab.facts())
        return await conntrack.forget(lab.plan.nodes[0].namespace, wanted, lab.facts())

    for sender, address, number in ((CALLER, CLUSTER_IP, 53), (HUB, NODE, 30053)):
        made, piece = at(A)
        await lab.apply(table_of(lab, [made], [piece]))
        async with lab.udp(namespace_of(lab, sender), address, number) as sock:
            assert await lab.say(sock) == f"{A}:{netlab.PORT}"
            made, piece = at(B)
            await lab.apply(table_of(lab, [made], [piece]))
            assert await lab.say(sock) == f"{A}:{netlab.PORT}"
            assert await forget(B) == 1
            assert await lab.say(sock) == f"{B}:{netlab.PORT}"
            assert await forget(B) == 0


async def test_udp_without_an_endpoint_is_refused(lab: netlab.Lab) -> None:
    made = service(ports=[{"name": "http", "port": 53, "protocol": "UDP"}])
    await lab.apply(table_of(lab, [made], []))
    for sender in (CALLER, NODE):
        async with lab.udp(namespace_of(lab, sender), CLUSTER_IP, 53) as sock:
            assert await lab.say(sock) == "reject"


async def test_every_change_between_these_tables_is_taken(lab: netlab.Lab) -> None:
    """The kernel's own order rules, at the tables above, one after the other and back."""
    tables = [table_of(lab, [service(**spec)], [slice_of("web", es)]) for spec, es, _ in CASES.values()]
    for table in (*tables, *reversed(tables)):
        await lab.apply(table)


async def test_a_refused_transaction_changes_nothing(lab: netlab.Lab) -> None:
    await lab.apply(table_of(lab, [service()], [slice_of("web", [endpoint(A)])]))
    nft = Nft(lab.plan.nodes[0].namespace)
    before = await nft.run(["list", "ruleset"])
    bad = objects.Table("steersman", chains={"c": objects.Chain(["no such words"])})
    with pytest.raises(NftError, match="syntax error"):
        await nft.apply(between(None, bad))
    assert await nft.run(["list", "ruleset"]) == before


async def test_two_nodes_route_to_each_others_pods(lab: netlab.Lab) -> None:
    """A pod of node 2 calls a Service whose endpoint is on node 1, by node 2's rules; and by either's node port."""
    made = service(**OUTSIDE)
    piece = slice_of("web", [endpoint(A)])
    for index in (0, 1):
        facts = lab.facts(index)
        await lab.apply(rules.table(model.service_ports([made], [piece], facts.name), facts), index)
    far = namespace_of(lab, FAR)
    assert await lab.call(far, CLUSTER_IP, 80) == (f"{A}:{netlab.PORT}", FAR)
    assert await lab.call(far, "172.30.0.12", NODE_PORT) == (f"{A}:{netlab.PORT}", "172.30.0.12")
    assert await lab.call(lab.plan.hub, "172.30.0.12", NODE_PORT) == (f"{A}:{netlab.PORT}", "172.30.0.12")
    assert (await lab.call(far, NODE, NODE_PORT))[0] == f"{A}:{netlab.PORT}"
