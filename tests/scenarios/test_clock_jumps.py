"""The wall clock is set forward by a day, and back: nothing that is measured takes any notice.

What is stamped (events, new objects, leases) follows the wall clock at once; what waits, renews, expires or is
given up goes by time that has passed.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from scenarios.real_node import RealNode
from scenarios.test_a_deployment_lives import deployment
from scenarios.virtual_cluster import VirtualCluster
from steersman.api import times
from steersman.api.semantics import pods as podlib
from steersman.kubelet.volumes import tokens

DAY = 86_400.0
JUMPS = pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])


@pytest.fixture
async def node(cluster: VirtualCluster) -> AsyncIterator[RealNode]:
    made = await RealNode.start(cluster, "n1")
    yield made
    await made.close()


def pod(name: str, command: str, **container: Any) -> dict[str, Any]:
    main = {"name": "c", "image": "busybox", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", command]}
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{**main, **container}]},
    }


async def jumped(cluster: VirtualCluster, jump: float) -> None:
    """The clock is set, and a while goes by: longer than any grace period."""
    cluster.clock.jump(jump)
    await cluster.clock.advance("5m")


async def the_status(cluster: VirtualCluster, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (await cluster.client.get("pods", name, "default"))["status"]
    return found


async def ready_reasons(cluster: VirtualCluster) -> set[tuple[str, str]]:
    nodes = await cluster.items("nodes", "")
    found: list[Any] = [podlib.condition(node, "Ready") for node in nodes]
    return {(each["status"], each["reason"]) for each in found}


@JUMPS
async def test_no_node_goes_silent_and_no_pod_moves(cluster: VirtualCluster, node: RealNode, jump: float) -> None:
    await cluster.add_node("n2")
    await cluster.client.create("deployments.apps", deployment(4))
    await cluster.clock.advance(5)
    before = {each["metadata"]["uid"]: each["spec"]["nodeName"] for each in await cluster.items("pods")}
    assert set(before.values()) == {"n1", "n2"}
    await jumped(cluster, jump)
    assert await ready_reasons(cluster) == {("True", "KubeletReady")}
    after = await cluster.items("pods")
    assert {each["metadata"]["uid"]: each["spec"]["nodeName"] for each in after} == before
    assert not any(podlib.is_deleting(each) for each in after)
    told = {reason for _, reason, _ in await cluster.events()}
    assert not told & {"NodeNotReady", "TaintManagerEviction", "Killing"}
    restarts = [each["restartCount"] for one in after for each in one["status"].get("containerStatuses") or ()]
    assert not any(restarts)


@JUMPS
async def test_a_node_that_dies_after_it_is_noticed_as_soon_as_ever(
    cluster: VirtualCluster, node: RealNode, jump: float
) -> None:
    other = await cluster.add_node("n2")
    await cluster.clock.advance(20)
    cluster.clock.jump(jump)
    await other.die()
    await cluster.clock.advance(30)
    assert await ready_reasons(cluster) == {("True", "KubeletReady")}
    await cluster.clock.advance(40)
    assert ("Unknown", "NodeStatusUnknown") in await ready_reasons(cluster)


@JUMPS
async def test_stamps_follow_the_wall_clock(cluster: VirtualCluster, node: RealNode, jump: float) -> None:
    cluster.clock.jump(jump)
    await cluster.clock.advance(20)
    since = times.seconds(cluster.clock.now() - 1)
    made = await cluster.client.create("pods", pod("p", "sleep 3600"))
    await cluster.clock.advance(3)
    until = times.seconds(cluster.clock.now())
    assert since <= made["metadata"]["creationTimestamp"] <= until
    told = [each for each in await cluster.items("events") if each["involvedObject"]["name"] == "p"]
    assert {each["reason"] for each in told} >= {"Scheduled", "Started"}
    stamps = [each.get("lastTimestamp") or each["metadata"]["creationTimestamp"] for each in told]
    assert all(since <= each <= until for each in stamps), stamps
    lease = await cluster.client.get("leases.coordination.k8s.io", "n1", "kube-node-lease")
    assert abs(times.parse(lease["spec"]["renewTime"]) - cluster.clock.now()) <= 11


@JUMPS
async def test_a_crash_loop_goes_on(cluster: VirtualCluster, node: RealNode, jump: float) -> None:
    await cluster.client.create("pods", pod("p", "exit 1"))
    await cluster.clock.advance(15)
    count = (await the_status(cluster, "p"))["containerStatuses"][0]["restartCount"]
    cluster.clock.jump(jump)
    await cluster.clock.advance("3m")
    later = (await the_status(cluster, "p"))["containerStatuses"][0]["restartCount"]
    assert count + 1 <= later <= count + 5


@JUMPS
async def test_a_pull_that_failed_is_tried_again(cluster: VirtualCluster, node: RealNode, jump: float) -> None:
    node.missing.add("none")
    await cluster.client.create("pods", pod("p", "sleep 3600", image="none"))
    await cluster.clock.advance(3)
    assert (await the_status(cluster, "p"))["containerStatuses"][0]["state"]["waiting"]["reason"] == "ErrImagePull"
    node.missing.clear()
    await jumped(cluster, jump)
    assert (await the_status(cluster, "p"))["containerStatuses"][0]["restartCount"] == 0
    assert (await the_status(cluster, "p"))["phase"] == "Running"


@JUMPS
async def test_a_probe_of_a_container_that_has_just_started_is_asked(
    cluster: VirtualCluster, node: RealNode, jump: float
) -> None:
    probe = {"exec": {"command": ["true"]}}
    ready, started = {**probe, "initialDelaySeconds": 10}, {**probe, "initialDelaySeconds": 5}
    await cluster.client.create("pods", pod("p", "sleep 3600", readinessProbe=ready, startupProbe=started))
    await cluster.clock.advance(2)
    assert (await the_status(cluster, "p"))["containerStatuses"][0]["ready"] is False
    cluster.clock.jump(jump)
    await cluster.clock.advance(15)
    assert (await the_status(cluster, "p"))["containerStatuses"][0]["ready"] is True


@JUMPS
async def test_a_pod_that_is_deleted_is_gone_after_its_grace(
    cluster: VirtualCluster, node: RealNode, jump: float
) -> None:
    await cluster.client.create("pods", pod("p", "sleep 3600"))
    await cluster.clock.advance(3)
    await cluster.client.delete("pods", "p", "default", grace=20)
    cluster.clock.jump(jump)
    await cluster.clock.advance(25)
    assert await cluster.items("pods") == []


@JUMPS
async def test_a_rollout_goes_on(cluster: VirtualCluster, node: RealNode, jump: float) -> None:
    await cluster.client.create("deployments.apps", deployment(2))
    await cluster.clock.advance(5)
    cluster.clock.jump(jump)
    template = {"spec": {"template": {"metadata": {"annotations": {"changed": "yes"}}}}}
    await cluster.client.patch("deployments.apps", "d", template, "default")
    await cluster.clock.advance(20)
    found = await cluster.client.get("deployments.apps", "d", "default")
    assert found["status"]["updatedReplicas"] == found["status"]["readyReplicas"] == 2
    pods = await cluster.items("pods")
    assert len(pods) == 2
    assert all(each["metadata"]["annotations"]["changed"] == "yes" for each in pods)


@JUMPS
async def test_events_live_for_their_hour(cluster: VirtualCluster, node: RealNode, jump: float) -> None:
    await cluster.client.create("pods", pod("p", "sleep 36000"))
    await cluster.clock.advance(5)
    cluster.clock.jump(jump)
    await cluster.clock.advance("50m")
    assert any(reason == "Started" for _, reason, _ in await cluster.events())
    await cluster.clock.advance("15m")
    assert not any(reason == "Started" for _, reason, _ in await cluster.events())


@JUMPS
async def test_the_token_of_a_pod_is_one_that_is_taken_now(
    cluster: VirtualCluster, node: RealNode, jump: float
) -> None:
    """Renewed when it has expired, and when it was made in what is now the future."""
    made = await cluster.client.create("pods", pod("p", "sleep 3600"))
    await cluster.clock.advance(2)
    made = await cluster.client.get("pods", "p", "default")
    source = tokens.Tokens(cluster.client, cluster.clock)
    before = await source.get(made, [], 3607)
    assert await source.get(made, [], 3607) == before
    cluster.clock.jump(jump)
    after = await source.get(made, [], 3607)
    assert after != before
    found = cluster.server.services.authenticator.token(after)
    assert found is not None
    assert found[0].name == "system:serviceaccount:default:default"
