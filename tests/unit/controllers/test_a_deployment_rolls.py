"""Deployments and their ReplicaSets on a tiny server; a stand-in for the kubelet makes pods ready."""

from typing import Any

from steersman.controllers.deployment.controller import Controller as Deployments
from steersman.controllers.replicaset.controller import Controller as ReplicaSets
from unit.client.world import World


def deployment(replicas: int = 3, **spec: Any) -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "d", "namespace": "a"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "c", "image": "one"}]},
            },
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "progressDeadlineSeconds": 600,
            "revisionHistoryLimit": 10,
            **spec,
        },
    }


async def started(world: World) -> None:
    await world.start(
        Deployments(world.context("deployment-controller")), ReplicaSets(world.context("replicaset-controller"))
    )


async def settled(world: World) -> None:
    """Until nothing changes any more."""
    for _ in range(30):
        before = world.server.revision
        await world.run_pods()
        await world.clock.advance(1)
        if world.server.revision == before:
            return
    raise AssertionError("it does not come to rest")


def condition(tree: dict[str, Any], type: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in tree["status"]["conditions"] if each["type"] == type)
    return found


async def set_image(world: World, image: str) -> None:
    tree = world.server.get("deployments.apps", "a", "d")
    template = tree["spec"]["template"]
    spec = {**template["spec"], "containers": [{"name": "c", "image": image}]}
    await world.client.update(
        "deployments.apps", {**tree, "spec": {**tree["spec"], "template": {**template, "spec": spec}}}
    )


async def test_a_new_deployment_becomes_available(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment())
    await settled(world)
    found = world.server.get("deployments.apps", "a", "d")
    status = {key: value for key, value in found["status"].items() if key != "conditions"}
    assert status == {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
        "terminatingReplicas": 0,
    }
    assert condition(found, "Available")["reason"] == "MinimumReplicasAvailable"
    progressing = condition(found, "Progressing")
    [owned] = world.server.all("replicasets.apps")
    name = owned["metadata"]["name"]
    assert progressing["reason"] == "NewReplicaSetAvailable"
    assert progressing["message"] == f'ReplicaSet "{name}" has successfully progressed.'
    assert found["metadata"]["annotations"] == {"deployment.kubernetes.io/revision": "1"}
    assert owned["metadata"]["annotations"] == {
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4",
        "deployment.kubernetes.io/revision": "1",
    }
    assert ("ScalingReplicaSet", f"Scaled up replica set {name} from 0 to 3") in world.events()


async def test_an_update_never_goes_below_or_above_its_bounds(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(10))
    await settled(world)
    await set_image(world, "two")
    seen: list[tuple[int, int]] = []
    for _ in range(40):
        await world.clock.advance(1)
        pods = [pod for pod in world.server.all("pods") if not pod["metadata"].get("deletionTimestamp")]
        ready = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Running"]
        seen.append((len(pods), len(ready)))
        waiting = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Pending"]
        if waiting:
            await world.run_pod(waiting[0])
    assert max(total for total, _ in seen) <= 13
    assert min(ready for _, ready in seen) >= 8
    images = {pod["spec"]["containers"][0]["image"] for pod in world.server.all("pods")}
    assert images == {"two"}
    assert sorted(each["spec"]["replicas"] for each in world.server.all("replicasets.apps")) == [0, 10]


async def test_the_steps_of_a_rollout_of_three_are_the_references(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(3))
    await settled(world)
    await set_image(world, "two")
    await settled(world)
    steps = sorted(
        message.split(" replica set ")[0] + message[message.index(" from") :]
        for reason, message in world.events()
        if reason == "ScalingReplicaSet"
    )
    assert steps == [
        "Scaled down from 1 to 0",
        "Scaled down from 2 to 1",
        "Scaled down from 3 to 2",
        "Scaled up from 0 to 1",
        "Scaled up from 0 to 3",
        "Scaled up from 1 to 2",
        "Scaled up from 2 to 3",
    ]


async def test_going_back_revives_the_old_set_and_keeps_its_history(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(2))
    await settled(world)
    await set_image(world, "two")
    await settled(world)
    await set_image(world, "one")
    await settled(world)
    current = next(each for each in world.server.all("replicasets.apps") if each["spec"]["replicas"])
    assert current["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"
    assert current["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"] == "1"


async def test_an_update_that_never_gets_ready_runs_out_of_time(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(3, progressDeadlineSeconds=8))
    await settled(world)
    await set_image(world, "bad")
    await world.clock.advance(20)
    found = world.server.get("deployments.apps", "a", "d")
    assert condition(found, "Progressing")["reason"] == "ProgressDeadlineExceeded"
    assert condition(found, "Progressing")["message"].endswith("has timed out progressing.")
    assert found["status"]["replicas"] == 4
    assert found["status"]["unavailableReplicas"] == 1


async def test_a_paused_deployment_scales_but_does_not_roll(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(2))
    await settled(world)
    await world.client.patch("deployments.apps", "d", {"spec": {"paused": True}}, "a")
    await settled(world)
    await set_image(world, "two")
    await world.client.patch("deployments.apps", "d", {"spec": {"replicas": 4}}, "a")
    await settled(world)
    assert [each["spec"]["replicas"] for each in world.server.all("replicasets.apps")] == [4]
    found = world.server.get("deployments.apps", "a", "d")
    assert condition(found, "Progressing")["message"] == "Deployment is paused"
    assert "updatedReplicas" not in found["status"]


async def test_recreate_ends_the_old_pods_before_it_starts_new_ones(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(2, strategy={"type": "Recreate"}))
    await settled(world)
    old = {pod["metadata"]["name"] for pod in world.server.all("pods")}
    for name in old:  # on a node, so that they end gracefully
        await world.client.bind("a", name, "", "n")
    await settled(world)
    await world.run_pods()
    await set_image(world, "two")
    await world.clock.advance(5)
    assert {pod["metadata"]["name"] for pod in world.server.all("pods")} == old
    for name in old:
        await world.client.delete("pods", name, "a", grace=0)
    await settled(world)
    assert {pod["spec"]["containers"][0]["image"] for pod in world.server.all("pods")} == {"two"}


async def test_old_sets_beyond_the_history_limit_are_deleted(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(1, revisionHistoryLimit=1))
    for image in ("one", "two", "three", "four"):
        await set_image(world, image)
        await settled(world)
    assert len(world.server.all("replicasets.apps")) == 2


async def test_a_pod_whose_labels_change_is_released_and_replaced(world: World) -> None:
    await started(world)
    await world.client.create("deployments.apps", deployment(1))
    await settled(world)
    [pod] = world.server.all("pods")
    await world.client.patch("pods", pod["metadata"]["name"], {"metadata": {"labels": {"app": "other"}}}, "a")
    await settled(world)
    released = world.server.get("pods", "a", pod["metadata"]["name"])
    assert not released["metadata"]["ownerReferences"]
    assert len(world.server.all("pods")) == 2
