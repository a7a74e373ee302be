"""The Node object and its lease."""

from typing import Any

from unit.kubelet.world import NODE, KubeletWorld, container


def node(world: KubeletWorld) -> dict[str, Any]:
    return world.server.get("nodes", "", NODE)


async def test_a_node_registers_itself(world: KubeletWorld) -> None:
    found = node(world)
    assert found["metadata"]["labels"]["kubernetes.io/hostname"] == NODE
    assert found["metadata"]["labels"]["kubernetes.io/os"] == "linux"
    status = found["status"]
    assert status["capacity"] == {
        "cpu": "4", "memory": "8388608Ki", "ephemeral-storage": "104857600Ki", "pods": "110",
        "hugepages-1Gi": "0", "hugepages-2Mi": "0",
    }  # fmt: skip
    assert status["addresses"] == [
        {"type": "InternalIP", "address": "192.168.0.1"}, {"type": "Hostname", "address": NODE},
    ]  # fmt: skip
    assert status["nodeInfo"]["containerRuntimeVersion"] == "simulated://1.0.0"
    assert status["nodeInfo"]["kubeletVersion"] == "v1.36.2"
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "MemoryPressure": "False", "DiskPressure": "False", "PIDPressure": "False", "Ready": "True",
    }  # fmt: skip
    assert [i["names"] for i in status["images"]]


async def test_its_lease_is_renewed_every_ten_seconds(world: KubeletWorld) -> None:
    def renewed() -> str:
        return str(world.server.get("leases.coordination.k8s.io", "kube-node-lease", NODE)["spec"]["renewTime"])

    first = renewed()
    await world.clock.advance(9)
    assert renewed() == first
    await world.clock.advance(2)
    assert renewed() > first


async def test_an_idle_node_writes_its_status_only_every_five_minutes(world: KubeletWorld) -> None:
    def writes() -> int:
        return sum(m == "PUT" and p.endswith(f"/nodes/{NODE}/status") for m, p in world.server.requests)

    await world.clock.advance(1)
    before = writes()
    await world.clock.advance(280)
    assert writes() == before
    await world.clock.advance(30)
    assert writes() == before + 1
    await world.runtime.pull_image("new")
    await world.clock.advance(11)
    assert writes() == before + 2


async def test_what_others_wrote_on_the_node_stays(world: KubeletWorld) -> None:
    found = node(world)
    foreign = {"type": "NetworkUnavailable", "status": "False"}
    await world.client.update_status(
        "nodes", {**found, "status": {**found["status"], "conditions": [*found["status"]["conditions"], foreign]}}
    )
    await world.client.patch("nodes", NODE, {"metadata": {"labels": {"mine": "yes"}}, "spec": {"unschedulable": True}})
    await world.crash()
    await world.boot()
    await world.clock.advance(400)
    assert foreign in node(world)["status"]["conditions"]
    assert node(world)["metadata"]["labels"]["mine"] == "yes"
    assert node(world)["spec"]["unschedulable"]


async def test_a_pod_whose_selector_does_not_fit_the_node_is_refused(world: KubeletWorld) -> None:
    await world.pod(nodeSelector={"disk": "fast"})
    await world.clock.advance(1)
    assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "NodeAffinity")
    await world.client.patch("nodes", NODE, {"metadata": {"labels": {"disk": "fast"}}})
    await world.pod("later", nodeSelector={"disk": "fast"})
    assert world.status("later")["phase"] == "Running"


async def test_the_server_finds_pods_and_their_containers(world: KubeletWorld) -> None:
    await world.pod()
    found = world.kubelet.pods.find("a", "p")
    assert found is not None
    assert found.sandbox_id
    assert found.containers["c"].running
    assert found.containers["c"].id == (await world.containers())[0].id
    assert world.kubelet.pods.find("a", "none") is None
    assert [p["status"]["phase"] for p in world.kubelet.pods.all()] == ["Running"]


async def test_pods_that_do_not_fit_the_node_are_refused(world: KubeletWorld) -> None:
    def needs(cpu: str) -> list[Any]:
        return [container(resources={"requests": {"cpu": cpu}})]

    await world.pod("fits", containers=needs("3"))
    await world.pod("large", containers=needs("1500m"))
    await world.clock.advance(1)
    assert world.status("fits")["phase"] == "Running"
    status = world.status("large")
    assert (status["phase"], status["reason"]) == ("Failed", "OutOfcpu")
    assert status["message"].endswith("resource: cpu, requested: 1500, used: 3000, capacity: 4000")
    await world.delete("fits")
    await world.pod("next", containers=needs("1500m"))
    await world.clock.advance(1)
    assert world.status("next")["phase"] == "Running"
