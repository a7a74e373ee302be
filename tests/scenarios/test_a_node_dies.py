"""Silence, conditions, taints, eviction: what follows when a node loses power."""

from typing import Any

from scenarios.test_a_deployment_lives import deployment
from scenarios.virtual_cluster import VirtualCluster
from steersman.api.semantics import pods as podlib


async def nodes_of(cluster: VirtualCluster) -> dict[str, str]:
    return {
        str(pod["metadata"]["name"]): str(pod["spec"].get("nodeName"))
        for pod in await cluster.items("pods")
        if not podlib.is_deleting(pod)
    }


async def running(cluster: VirtualCluster) -> set[str]:
    return set((await nodes_of(cluster)).values())


async def started(cluster: VirtualCluster, nodes: int) -> None:
    for number in range(1, nodes + 1):
        await cluster.add_node(f"n{number}")
    await cluster.client.create("deployments.apps", deployment(2 * nodes))
    await cluster.clock.advance(3)


async def test_pods_move_when_their_tolerance_is_over(cluster: VirtualCluster) -> None:
    await started(cluster, 3)
    before = await nodes_of(cluster)
    assert set(before.values()) == {"n1", "n2", "n3"}
    await cluster.nodes["n2"].die()
    await cluster.clock.advance(70)
    node = await cluster.client.get("nodes", "n2")
    ready: Any = podlib.condition(node, "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert {(each["key"], each["effect"]) for each in node["spec"]["taints"]} == {
        ("node.kubernetes.io/unreachable", "NoSchedule"),
        ("node.kubernetes.io/unreachable", "NoExecute"),
    }
    assert await nodes_of(cluster) == before
    found = await cluster.client.get("deployments.apps", "d", "default")
    assert found["status"]["readyReplicas"] == 4
    await cluster.clock.advance(300)
    after = await nodes_of(cluster)
    assert len(after) == 6
    assert set(after.values()) == {"n1", "n3"}
    told = {(kind, reason) for kind, reason, _ in await cluster.events()}
    assert {("Node", "NodeNotReady"), ("Pod", "TaintManagerEviction"), ("Pod", "NodeNotReady")} <= told


async def test_a_node_that_comes_back_in_time_keeps_its_pods(cluster: VirtualCluster) -> None:
    await started(cluster, 2)
    before = await nodes_of(cluster)
    node = cluster.nodes["n1"]
    await node.die()
    await cluster.clock.advance(120)
    for _ in range(40):
        await node.beat()
        await cluster.clock.advance(10)
    assert await nodes_of(cluster) == before
    tree = await cluster.client.get("nodes", "n1")
    assert not tree["spec"].get("taints")


async def test_when_all_nodes_are_silent_nobody_is_evicted(cluster: VirtualCluster) -> None:
    await started(cluster, 2)
    before = await nodes_of(cluster)
    for node in cluster.nodes.values():
        await node.die()
    await cluster.clock.advance(900)
    assert await nodes_of(cluster) == before


async def test_pods_of_a_node_that_is_deleted_are_given_up(cluster: VirtualCluster) -> None:
    await started(cluster, 2)
    await cluster.nodes["n1"].die()
    await cluster.client.delete("nodes", "n1")
    await cluster.clock.advance(90)
    assert await running(cluster) == {"n2"}
    assert len(await nodes_of(cluster)) == 4
