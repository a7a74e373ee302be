"""A node whose container runtime does not answer for a while is NotReady, and its pods are as before afterwards."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from scenarios.real_node import RealNode
from scenarios.test_a_deployment_lives import deployment
from scenarios.virtual_cluster import VirtualCluster
from steersman.api.semantics import pods as podlib


@pytest.fixture
async def node(cluster: VirtualCluster) -> AsyncIterator[RealNode]:
    made = await RealNode.start(cluster, "n1")
    yield made
    await made.close()


async def ready_pods(cluster: VirtualCluster) -> list[str]:
    return [podlib.condition_status(pod, "Ready") for pod in await cluster.items("pods")]


async def test_pods_that_ran_on_are_ready_again(cluster: VirtualCluster, node: RealNode) -> None:
    await cluster.client.create("deployments.apps", deployment(3))
    await cluster.clock.advance(5)
    before = {c.id for c in await node.runtime.list_containers()}
    assert await ready_pods(cluster) == ["True"] * 3
    node.runtime.go_down()
    await cluster.clock.advance(60)
    found: Any = podlib.condition(await cluster.client.get("nodes", "n1"), "Ready")
    assert (found["status"], found["reason"]) == ("False", "KubeletNotReady")
    assert "container runtime is down" in found["message"]
    assert "NodeNotReady" in {reason for kind, reason, _ in await cluster.events() if kind == "Pod"}
    node.runtime.come_back()
    await cluster.clock.advance(10)
    assert podlib.condition_status(await cluster.client.get("nodes", "n1"), "Ready") == "True"
    assert await ready_pods(cluster) == ["True"] * 3
    assert {c.id for c in await node.runtime.list_containers()} == before
    served = (await cluster.client.get("deployments.apps", "d", "default"))["status"]
    assert served["availableReplicas"] == 3
