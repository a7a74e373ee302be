"""The reasons, word for word as kube-scheduler gives them."""

from typing import Any

import pytest

from steersman.client.events import Recorder
from steersman.client.reconcile.manager import Context
from steersman.scheduler.scheduler import Scheduler
from unit.client.world import World
from unit.scheduler.pods_and_nodes import node, pod

HELPLESS = (
    " no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
)
VICTIMLESS = (
    " no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
)
AFFINITY = {
    "podAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"no": "such"}}}
        ]
    }
}


async def started(world: World) -> Scheduler:
    context = world.context("default-scheduler")
    recorder = Recorder(world.client, world.clock, world.tasks, "default-scheduler", host="h", series=True)
    scheduler = Scheduler(
        Context(context.client, context.informers, recorder, context.clock, context.entropy, context.tasks)
    )
    await world.start(scheduler)
    return scheduler


def unscheduled(world: World, name: str) -> str:
    tree = world.server.get("pods", "a", name)
    assert not tree["spec"].get("nodeName")
    [condition] = tree["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("PodScheduled", "False", "Unschedulable")
    assert ("FailedScheduling", condition["message"]) in world.events()
    return str(condition["message"])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (pod("p", cpu="4000"), "0/1 nodes are available: 1 Insufficient cpu." + HELPLESS),
        (
            pod("p", nodeSelector={"no": "such"}),
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector." + HELPLESS,
        ),
        (
            pod("p", affinity=AFFINITY),
            "0/1 nodes are available: 1 node(s) didn't match pod affinity rules." + HELPLESS,
        ),
        (
            pod("p", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]),
            '0/1 nodes are available: persistentvolumeclaim "none" not found. not found',
        ),
    ],
)
async def test_one_node_that_does_not_do(world: World, wanted: dict[str, Any], message: str) -> None:
    await world.client.create("nodes", node("n"))
    await started(world)
    await world.client.create("pods", wanted)
    await world.clock.settle()
    assert unscheduled(world, "p") == message


async def test_a_host_port_is_one_pods(world: World) -> None:
    await world.client.create("nodes", node("n"))
    await started(world)
    await world.client.create("pods", pod("first", port=80))
    await world.client.create("pods", pod("second", port=80))
    await world.clock.settle()
    assert world.server.get("pods", "a", "first")["spec"]["nodeName"] == "n"
    assert unscheduled(world, "second") == (
        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports." + VICTIMLESS
    )
    await world.client.delete("pods", "first", "a", grace=0)
    await world.clock.advance(2)
    assert world.server.get("pods", "a", "second")["spec"]["nodeName"] == "n"


async def test_reasons_are_counted_over_nodes(world: World) -> None:
    taint = {"key": "k", "effect": "NoSchedule"}
    await world.client.create("nodes", node("a", taints=[taint]))
    await world.client.create("nodes", node("b", cpu="1"))
    await world.client.create("nodes", node("c", cpu="1"))
    await world.client.create("nodes", node("d", unschedulable=True))
    await started(world)
    await world.client.create("pods", pod("p", cpu="2"))
    await world.clock.settle()
    assert unscheduled(world, "p") == (
        "0/4 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable,"
        " 2 Insufficient cpu. no new claims to deallocate, preemption: 0/4 nodes are available:"
        " 4 Preemption is not helpful for scheduling."
    )


async def test_without_nodes_it_says_so_and_a_new_node_helps(world: World) -> None:
    await started(world)
    await world.client.create("pods", pod("p"))
    await world.clock.settle()
    assert unscheduled(world, "p") == "no nodes available to schedule pods"
    await world.client.create("nodes", node("n"))
    await world.clock.advance(2)
    assert world.server.get("pods", "a", "p")["spec"]["nodeName"] == "n"
    assert ("Scheduled", "Successfully assigned a/p to n") in world.events()


async def test_a_claim_that_waits_for_nobody_must_be_bound_first(world: World) -> None:
    await world.client.create("nodes", node("n"))
    claim = {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "metadata": {"name": "v", "namespace": "a"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    await world.client.create("persistentvolumeclaims", claim)
    await started(world)
    await world.client.create("pods", pod("p", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "v"}}]))
    await world.clock.settle()
    assert unscheduled(world, "p") == (
        "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
    )


async def test_a_gated_pod_waits_without_a_word(world: World) -> None:
    await world.client.create("nodes", node("n"))
    await started(world)
    await world.client.create("pods", pod("p", schedulingGates=[{"name": "x"}]))
    await world.clock.settle()
    assert world.events() == []
    tree = world.server.get("pods", "a", "p")
    await world.client.update("pods", {**tree, "spec": {**tree["spec"], "schedulingGates": []}})
    await world.clock.settle()
    assert world.server.get("pods", "a", "p")["spec"]["nodeName"] == "n"


async def test_pods_spread_over_equal_nodes(world: World) -> None:
    for name in "abc":
        await world.client.create("nodes", node(name))
    await started(world)
    for number in range(9):
        await world.client.create("pods", pod(f"p{number}"))
    await world.clock.settle()
    where = [each["spec"]["nodeName"] for each in world.server.all("pods")]
    assert sorted(where.count(name) for name in "abc") == [3, 3, 3]


async def test_anti_affinity_keeps_pods_apart(world: World) -> None:
    rule = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "x"}}}
            ]
        }
    }
    for name in "ab":
        await world.client.create("nodes", node(name))
    await started(world)
    for number in range(3):
        await world.client.create("pods", pod(f"p{number}", labels={"app": "x"}, affinity=rule))
    await world.clock.settle()
    where = sorted(str(each["spec"].get("nodeName")) for each in world.server.all("pods"))
    assert where == ["None", "a", "b"]


async def test_a_binding_that_fails_is_tried_again_and_leaves_no_trace_in_the_table(world: World) -> None:
    from steersman.api import status

    await world.client.create("nodes", node("n"))
    scheduler = await started(world)
    await world.client.create("pods", pod("p"))
    world.server.refuse["POST", "pods"] = status.internal("no")
    await world.clock.settle()
    assert not scheduler.table.nodes["n"].pods
    world.server.refuse.clear()
    await world.clock.advance(3)
    assert world.server.get("pods", "a", "p")["spec"]["nodeName"] == "n"
    scheduler.table.check()
    scheduler.queue.check()
