"""The proxy on virtual time: a tiny API server, a fake kernel."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from steersman.nft.fake import FakeNft
from steersman.nft.runner import NftError
from steersman.nft.transaction import Command
from steersman.proxy import sync
from unit.client.world import World
from unit.proxy.objects import CLUSTER_IP, FACTS, OWN, POD, endpoint, service, slice_of
from unit.proxy.tracer import Tracer

A, B = "10.244.0.5", "10.244.0.6"


class Stubborn(FakeNft):
    """Refuses the next transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 0

    async def apply(self, commands: Sequence[Command]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NftError("Device or resource busy")
        await super().apply(commands)


class Node(World):
    def __init__(self) -> None:
        super().__init__()
        self.kernel = Stubborn()
        pods = self.informers.informer("pods")
        self.proxy = sync.Proxy(FACTS, self.informers, self.kernel, self.clock, pods=pods)

    async def begin(self) -> None:
        self.tasks.spawn(self.proxy.run(), "proxy")
        await self.clock.advance(1)

    async def put(self, resource: str, tree: dict[str, Any]) -> None:
        await self.client.create(resource, tree)

    async def put_slice(self, *endpoints: Any) -> None:
        await self.put("endpointslices.discovery.k8s.io", slice_of("web", endpoints))

    async def change_slice(self, *endpoints: Any) -> None:
        old = self.server.get("endpointslices.discovery.k8s.io", "default", "web-1")
        await self.client.update("endpointslices.discovery.k8s.io", {**old, "endpoints": list(endpoints)})
        await self.clock.advance(0.1)

    def outcomes(self, address: str = CLUSTER_IP, port: int = 80) -> set[str]:
        table = self.kernel.table("steersman")
        assert table is not None
        return Tracer(table, OWN).every(POD, address, port)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    made = Node()
    yield made
    await made.close()
    assert not made.tasks.faults


async def test_what_is_there_at_the_start_is_there_in_the_first_transaction(node: Node) -> None:
    await node.put("services", service())
    await node.put_slice(endpoint(A))
    await node.begin()
    assert node.proxy.synced.is_set()
    assert len(node.kernel.transactions) == 1
    assert node.outcomes() == {f"{A}:8080"}


async def test_an_endpoint_that_comes_and_goes_is_followed(node: Node) -> None:
    await node.put("services", service())
    await node.put_slice()
    await node.begin()
    assert node.outcomes() == {"reject"}
    await node.change_slice(endpoint(A), endpoint(B))
    assert node.outcomes() == {f"{A}:8080", f"{B}:8080"}
    await node.change_slice(endpoint(B))
    assert node.outcomes() == {f"{B}:8080"}


async def test_a_chain_nobody_names_is_emptied_at_once_and_deleted_later(node: Node) -> None:
    await node.put("services", service())
    await node.put_slice(endpoint(A), endpoint(B))
    await node.begin()
    await node.change_slice(endpoint(B))

    def chains_of_a() -> list[int]:
        table = node.kernel.table("steersman")
        assert table is not None
        return [len(chain.rules) for name, chain in table.chains.items() if A in name]

    assert chains_of_a() == [0]
    await node.clock.advance(2)
    assert chains_of_a() == []
    await node.change_slice(endpoint(A), endpoint(B))
    assert node.outcomes() == {f"{A}:8080", f"{B}:8080"}
    await node.clock.advance(5)
    assert node.outcomes() == {f"{A}:8080", f"{B}:8080"}


async def test_many_changes_go_together(node: Node) -> None:
    await node.begin()
    for index in range(20):
        await node.put("services", service(f"s{index}", f"10.96.1.{index}"))
    await node.clock.advance(1)
    assert len(node.kernel.transactions) <= 3
    assert node.outcomes("10.96.1.19") == {"reject"}


async def test_after_a_refusal_everything_is_written_anew(node: Node) -> None:
    await node.put("services", service())
    node.kernel.refusals = 2
    await node.begin()
    assert not node.proxy.synced.is_set()
    await node.clock.advance(2)
    assert node.proxy.synced.is_set()
    node.kernel.refusals = 1
    await node.put_slice(endpoint(A))
    await node.clock.advance(2)
    assert [str(command) for command in node.kernel.transactions[-1][:2]] == [
        "add table ip steersman",
        "delete table ip steersman",
    ]
    assert node.outcomes() == {f"{A}:8080"}


async def test_nothing_changed_is_no_transaction(node: Node) -> None:
    await node.put("services", service())
    await node.begin()
    await node.client.patch("services", "web", {"metadata": {"labels": {"a": "b"}}}, "default")
    await node.clock.advance(5)
    assert len(node.kernel.transactions) == 1


async def test_host_ports_follow_the_pods_of_the_node(node: Node) -> None:
    await node.begin()
    container = {"name": "c", "ports": [{"hostPort": 8000, "containerPort": 80}]}
    sidecar = {"name": "s", "restartPolicy": "Always", "ports": [{"hostPort": 8001, "containerPort": 81}]}
    pod = {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "p", "namespace": "default"},
        "spec": {"containers": [container], "initContainers": [sidecar]},
    }
    await node.put("pods", pod)
    await node.clock.advance(1)
    assert node.outcomes(OWN[0], 8000) == {f"{OWN[0]}:8000"}
    await node.set_status("pods", "default", "p", phase="Running", podIP=A)
    await node.clock.advance(1)
    assert node.outcomes(OWN[0], 8000) == {f"{A}:80"}
    assert node.outcomes(OWN[0], 8001) == {f"{A}:81"}
    await node.set_status("pods", "default", "p", phase="Succeeded")
    await node.clock.advance(1)
    assert node.outcomes(OWN[0], 8000) == {f"{OWN[0]}:8000"}


def test_a_pod_on_the_hosts_network_needs_no_rule() -> None:
    container = {"name": "c", "ports": [{"hostPort": 80, "containerPort": 80}]}
    spec = {"hostNetwork": True, "containers": [container]}
    assert sync.host_ports([{"metadata": {"name": "p"}, "spec": spec, "status": {"podIP": A}}]) == []


async def test_the_nodes_zone_is_taken_from_its_labels(node: Node) -> None:
    await node.put("services", service())
    await node.put_slice(
        endpoint(A, hints={"forZones": [{"name": "east"}]}), endpoint(B, hints={"forZones": [{"name": "west"}]})
    )
    await node.begin()
    assert len(node.outcomes()) == 2
    labels = {"topology.kubernetes.io/zone": "west"}
    await node.put("nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "node1", "labels": labels}})
    await node.clock.advance(1)
    assert node.outcomes() == {f"{B}:8080"}
