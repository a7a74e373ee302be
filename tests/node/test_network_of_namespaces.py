"""The network of a cluster on one machine: made, found again, and gone without a trace."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node import netlab
from steersman.cluster.network import plan, setup
from steersman.kit import command


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[netlab.Lab]:
    async with netlab.lab(tmp_path) as made:
        yield made


async def host_view() -> list[str]:
    """What the host's own namespace has: links, routes, rules, packet filter tables."""
    return [await command.run(words.split()) for words in ("ip -o link", "ip route", "ip rule", "nft list tables")]


async def test_the_host_has_the_same_before_during_and_after(tmp_path: Path) -> None:
    before = await host_view()
    async with netlab.lab(tmp_path):
        assert await host_view() == before
    assert await host_view() == before


async def test_a_network_that_is_whole_is_found_not_made(lab: netlab.Lab) -> None:
    links = await lab.ip(lab.plan.hub, "-o", "link")
    assert await setup.make(lab.plan) is False
    assert await lab.ip(lab.plan.hub, "-o", "link") == links


async def test_one_node_more_makes_it_anew(lab: netlab.Lab) -> None:
    bigger = plan.plan(
        lab.plan.cluster, ["node1", "node2", "node3"], netlab.POD_CIDR, netlab.SERVICE_CIDR, egress=False
    )
    assert await setup.make(bigger) is True
    assert "node3" in await lab.ip(lab.plan.hub, "-o", "link")
    assert await setup.make(bigger) is False


async def test_a_half_made_network_is_made_anew(lab: netlab.Lab) -> None:
    await command.run(["umount", str(lab.plan.nodes[1].namespace)])
    assert await setup.make(lab.plan) is True
    assert "172.30.0.12" in await lab.ip(lab.plan.nodes[1].namespace, "address")


async def test_removing_what_is_not_there_is_nothing() -> None:
    await setup.remove(f"never-{os.getpid()}")


async def test_pods_reach_pods_on_both_nodes_by_their_own_addresses(lab: netlab.Lab) -> None:
    near, far, caller = await lab.add_pod(0), await lab.add_pod(1), await lab.add_pod(0, listens=False)
    for target in (near, far):
        assert await lab.call(caller.namespace, target.address, netlab.PORT) == (
            f"{target.address}:{netlab.PORT}",
            caller.address,
        )
    assert far.address.startswith("10.244.1.")


async def test_nodes_and_hub_reach_pods(lab: netlab.Lab) -> None:
    far = await lab.add_pod(1)
    for namespace in (lab.plan.hub, *(node.namespace for node in lab.plan.nodes)):
        answer, _ = await lab.call(namespace, far.address, netlab.PORT)
        assert answer.startswith(far.address)


async def test_a_service_address_without_a_rule_goes_nowhere(lab: netlab.Lab) -> None:
    pod = await lab.add_pod(0, listens=False)
    for namespace in (pod.namespace, lab.plan.nodes[0].namespace):
        assert await lab.call(namespace, "10.96.0.1", 443) == ("drop", "")


async def test_without_egress_there_is_no_way_out(lab: netlab.Lab) -> None:
    pod = await lab.add_pod(0, listens=False)
    assert "default" not in await lab.ip(lab.plan.hub, "route")
    assert "default" not in await lab.ip(lab.plan.nodes[0].namespace, "route")
    # TEST-NET-3: nobody has it, and nothing of it leaves this machine.
    with pytest.raises(OSError) as caught:
        await lab.call(pod.namespace, "203.0.113.1", 80)
    assert caught.value.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH)


async def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(setup.NetworkError, match="nsenter"):
        await setup.run(["nsenter", "--net=/nowhere", "true"])
