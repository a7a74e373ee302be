"""Preemption: who goes, who stays, and what is said of it."""

from typing import Any

from unit.client.world import World
from unit.scheduler.pods_and_nodes import node, pod
from unit.scheduler.test_why_a_pod_fits_nowhere import started


async def filled(world: World, *priorities: int, nodes: int = 1) -> None:
    for number in range(nodes):
        await world.client.create("nodes", node(f"n{number}", cpu="2"))
    await started(world)
    for number, priority in enumerate(priorities):
        await world.client.create("pods", pod(f"p{number}", cpu="1", priority=priority))
        await world.clock.settle()


def names(world: World) -> list[str]:
    return [each["metadata"]["name"] for each in world.server.all("pods") if not deleting(each)]


def deleting(tree: dict[str, Any]) -> bool:
    return bool(tree["metadata"].get("deletionTimestamp"))


async def test_the_least_important_goes_and_the_place_is_kept(world: World) -> None:
    await filled(world, 5, 1)
    await world.client.create("pods", pod("vip", cpu="1", priority=10))
    await world.clock.settle()
    tree = world.server.get("pods", "a", "vip")
    assert tree["status"]["nominatedNodeName"] == "n0"
    assert names(world) == ["p0", "vip"]
    victim = world.server.get("pods", "a", "p1")
    assert victim["status"]["conditions"][-1]["reason"] == "PreemptionByScheduler"
    # Somebody less important comes while the victim is still ending: the place is not his.
    await world.client.create("pods", pod("late", cpu="1", priority=0))
    await world.client.delete("pods", "p1", "a", grace=0)
    await world.clock.advance(5)
    assert world.server.get("pods", "a", "vip")["spec"]["nodeName"] == "n0"
    assert not world.server.get("pods", "a", "late")["spec"].get("nodeName")
    uid = world.server.get("pods", "a", "vip")["metadata"]["uid"]
    assert ("Preempted", f"Preempted by pod {uid} on node n0") in world.events()


async def test_equals_are_not_sent_away(world: World) -> None:
    await filled(world, 5, 5)
    await world.client.create("pods", pod("other", cpu="1", priority=5))
    await world.clock.settle()
    assert len(names(world)) == 3
    [condition] = world.server.get("pods", "a", "other")["status"]["conditions"]
    assert condition["message"] == (
        "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are"
        " available: 1 No preemption victims found for incoming pod."
    )


async def test_who_may_not_preempt_says_so(world: World) -> None:
    await filled(world, 1, 1)
    await world.client.create("pods", pod("meek", cpu="1", priority=9, preemptionPolicy="Never"))
    await world.clock.settle()
    assert len(names(world)) == 3
    [condition] = world.server.get("pods", "a", "meek")["status"]["conditions"]
    assert condition["message"].endswith("preemption: not eligible due to preemptionPolicy=Never.")


async def test_of_two_nodes_the_one_with_the_lesser_loss_is_freed(world: World) -> None:
    await filled(world, 5, 5, 1, 5, nodes=2)
    await world.client.create("pods", pod("vip", cpu="1", priority=10))
    await world.clock.settle()
    assert "p2" not in names(world)


async def test_a_budget_protects_as_long_as_others_can_go(world: World) -> None:
    budget = {
        "kind": "PodDisruptionBudget",
        "apiVersion": "policy/v1",
        "metadata": {"name": "b", "namespace": "a"},
        "spec": {"selector": {"matchLabels": {"app": "kept"}}},
    }
    await world.client.create("poddisruptionbudgets.policy", budget)
    await world.client.create("nodes", node("n0", cpu="2"))
    await started(world)
    await world.client.create("pods", pod("kept", cpu="1", priority=1, labels={"app": "kept"}))
    await world.client.create("pods", pod("free", cpu="1", priority=2))
    await world.clock.settle()
    await world.client.create("pods", pod("vip", cpu="1", priority=10))
    await world.clock.settle()
    assert names(world) == ["kept", "vip"]
