"""The disk is full for hours, or every now and then: nothing ends, and nobody is punished for its silence."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from scenarios.real_node import RealNode
from scenarios.test_a_deployment_lives import deployment
from scenarios.test_a_node_dies import nodes_of
from scenarios.virtual_cluster import VirtualCluster
from steersman.api.semantics import pods as podlib
from steersman.client import errors
from steersman.store import memory, protocol

READY = ("True", "KubeletReady")


class FillableStore(memory.MemoryStore):
    """A store in memory whose disk can be full."""

    full = False

    async def put(self, *arguments: Any, **options: Any) -> protocol.Entry:
        self._check()
        return await super().put(*arguments, **options)

    async def delete(self, *arguments: Any, **options: Any) -> protocol.Entry:
        self._check()
        return await super().delete(*arguments, **options)

    async def compact(self, revision: int) -> None:
        self._check()
        await super().compact(revision)

    def _check(self) -> None:
        if self.full:
            raise protocol.Unavailable("the write could not be made durable: database or disk is full")


@pytest.fixture
async def store() -> FillableStore:
    return FillableStore()


@pytest.fixture
async def cluster(store: FillableStore) -> AsyncIterator[VirtualCluster]:
    """With two nodes, of which `nodes` are not stand-ins."""
    made = VirtualCluster(store=store)
    await made.start()
    yield made
    await made.close()
    assert not made.tasks.faults
    assert not made.server._tasks.faults


@pytest.fixture
async def nodes(cluster: VirtualCluster) -> AsyncIterator[list[RealNode]]:
    made = [await RealNode.start(cluster, name) for name in ("n1", "n2")]
    yield made
    for node in made:
        await node.close()


async def conditions(cluster: VirtualCluster) -> dict[str, tuple[str, str]]:
    found = {}
    for node in await cluster.items("nodes", ""):
        ready: Any = podlib.condition(node, "Ready")
        found[str(node["metadata"]["name"])] = (ready["status"], ready["reason"])
    return found


async def test_a_write_is_refused_with_the_reason(cluster: VirtualCluster, store: FillableStore) -> None:
    store.full = True
    with pytest.raises(errors.Internal, match="database or disk is full") as refused:
        await cluster.client.create("configmaps", {"metadata": {"name": "a", "namespace": "default"}})
    assert refused.value.code == 500
    store.full = False
    await cluster.client.create("configmaps", {"metadata": {"name": "a", "namespace": "default"}})


async def test_when_it_can_write_again_no_node_is_called_silent(
    cluster: VirtualCluster, store: FillableStore, nodes: list[RealNode]
) -> None:
    await cluster.client.create("deployments.apps", deployment(4))
    await cluster.clock.advance(5)
    before = await nodes_of(cluster)
    assert set(before.values()) == {"n1", "n2"}
    store.full = True
    await cluster.clock.advance(7200)
    store.full = False
    await cluster.clock.advance("10m")
    assert await conditions(cluster) == {"n1": READY, "n2": READY}
    assert await nodes_of(cluster) == before
    assert "NodeNotReady" not in {reason for _, reason, _ in await cluster.events()}


async def test_a_node_that_died_meanwhile_is_found_out(
    cluster: VirtualCluster, store: FillableStore, nodes: list[RealNode]
) -> None:
    await cluster.clock.advance(5)
    store.full = True
    await nodes[1].die()
    await cluster.clock.advance("1h")
    store.full = False
    await cluster.clock.advance("70s")
    assert await conditions(cluster) == {"n1": READY, "n2": ("Unknown", "NodeStatusUnknown")}


@pytest.mark.parametrize(("working", "broken"), [(0.05, 0.4), (0.5, 0.5), (2, 7)])
async def test_a_rollout_gets_there_in_the_end(
    cluster: VirtualCluster, store: FillableStore, nodes: list[RealNode], working: float, broken: float
) -> None:
    await cluster.client.create("deployments.apps", deployment(4))
    for round in range(12):
        store.full = True
        await cluster.clock.advance(broken)
        store.full = False
        if round == 6:
            template = {"spec": {"template": {"metadata": {"annotations": {"changed": "yes"}}}}}
            await cluster.client.patch("deployments.apps", "d", template, "default")
        await cluster.clock.advance(working)
    await cluster.clock.advance("2m")
    found = await cluster.client.get("deployments.apps", "d", "default")
    assert found["status"]["updatedReplicas"] == found["status"]["readyReplicas"] == 4
    pods = await cluster.items("pods")
    assert len(pods) == 4
    assert all(each["metadata"]["annotations"]["changed"] == "yes" for each in pods)
    running = [c for node in nodes for c in await node.runtime.list_containers() if c.state.value == "running"]
    assert len(running) == 4
