"""Namespaces, addresses and routes of a cluster, as values and lines for `ip`."""

import json
from pathlib import Path

import pytest

from steersman.cluster.network import cni, egress, plan


def planned(nodes: int = 2, *, out: bool = False) -> plan.NetworkPlan:
    names = [f"node{index + 1}" for index in range(nodes)]
    return plan.plan("abc", names, "10.244.0.0/16", "10.96.0.0/16", egress=out)


def test_each_node_has_an_address_and_a_block_of_pods() -> None:
    made = planned()
    assert [(node.address, node.pod_cidr, node.pod_gateway) for node in made.nodes] == [
        ("172.30.0.11", "10.244.0.0/24", "10.244.0.1"),
        ("172.30.0.12", "10.244.1.0/24", "10.244.1.1"),
    ]
    assert str(made.nodes[0].namespace) == "/run/steersman/abc/netns/node1"


def test_a_hundred_nodes_have_a_hundred_addresses() -> None:
    made = planned(100)
    assert len({node.address for node in made.nodes} | {node.pod_cidr for node in made.nodes}) == 200


def test_more_nodes_than_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        plan.plan("abc", ["a", "b"], "10.244.0.0/24", "10.96.0.0/16", egress=False)


def test_the_hub_joins_the_nodes() -> None:
    assert plan.hub_commands(planned()) == [
        "link set lo up",
        "link add br0 type bridge",
        "address add 172.30.0.1/24 dev br0",
        "link set br0 up",
        "link add node1 type veth peer name eth0 netns /run/steersman/abc/netns/node1",
        "link set node1 master br0 up",
        "link add node2 type veth peer name eth0 netns /run/steersman/abc/netns/node2",
        "link set node2 master br0 up",
    ]
    assert plan.hub_routes(planned()) == [
        "route add 10.244.0.0/24 via 172.30.0.11",
        "route add 10.244.1.0/24 via 172.30.0.12",
    ]


def test_a_node_knows_the_others_pods_and_sinks_service_addresses() -> None:
    made = planned()
    assert plan.node_commands(made, made.nodes[0]) == [
        "link set lo up",
        "address add 172.30.0.11/24 dev eth0",
        "link set eth0 up",
        "link add sink0 type bridge",
        "link set sink0 up",
        "route add 10.96.0.0/16 dev sink0 src 172.30.0.11",
        "route add 10.244.1.0/24 via 172.30.0.12",
    ]


def test_only_with_egress_a_node_has_a_way_out() -> None:
    made = planned(1, out=True)
    assert plan.node_commands(made, made.nodes[0])[-1] == "route add default via 172.30.0.1"
    assert not any("default" in line for line in plan.node_commands(planned(1), planned(1).nodes[0]))


def test_the_plug_ins_configuration_gives_out_the_nodes_addresses(tmp_path: Path) -> None:
    node = planned().nodes[1]
    whole = json.loads(cni.config(node, tmp_path / "state"))
    (bridge,) = whole["plugins"]
    assert (bridge["bridge"], bridge["hairpinMode"], bridge["ipMasq"]) == ("cni0", True, False)
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]


def test_a_configuration_that_is_right_is_left_alone(tmp_path: Path) -> None:
    node = planned().nodes[0]
    cni.write(node, tmp_path / "net.d", tmp_path / "state")
    (path,) = (tmp_path / "net.d").iterdir()
    before = path.stat()
    cni.write(node, tmp_path / "net.d", tmp_path / "state")
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    path.write_text("{}")
    cni.write(node, tmp_path / "net.d", tmp_path / "state")
    assert json.loads(path.read_text())["name"] == "steersman"


def test_pasta_forwards_nothing_inwards_and_hides_the_hosts_loopback() -> None:
    words = egress.arguments(Path("/run/x/hub"), Path("/run/x/pid"))
    assert [words[words.index(flag) + 1] for flag in ("-t", "-u", "-T", "-U")] == ["none"] * 4
    assert "--no-map-gw" in words
    assert words[-1] == "/run/x/hub"
