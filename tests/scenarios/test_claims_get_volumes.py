"""Claims: bound by hand, provisioned for the first pod, and what becomes of them."""

from typing import Any

from scenarios.virtual_cluster import VirtualCluster
from steersman.controllers.localpath.plan import PROVISIONER


def claim(name: str, storage_class: str | None = "standard", size: str = "500Mi") -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default"},
        "spec": spec,
    }


def pod(name: str, volume_claim: str) -> dict[str, Any]:
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "containers": [{"name": "c", "image": "i"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": volume_claim}}],
        },
    }


async def make_class(cluster: VirtualCluster, mode: str = "WaitForFirstConsumer") -> None:
    tree = {
        "kind": "StorageClass",
        "apiVersion": "storage.k8s.io/v1",
        "metadata": {"name": "standard"},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": mode,
    }
    await cluster.client.create("storageclasses.storage.k8s.io", tree)


async def test_a_claim_takes_the_volume_made_for_it(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    volume = {
        "kind": "PersistentVolume",
        "apiVersion": "v1",
        "metadata": {"name": "pv"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "mine",
            "hostPath": {"path": "/tmp/x"},
        },
    }
    await cluster.client.create("persistentvolumes", volume)
    await cluster.client.create("persistentvolumeclaims", claim("p", "mine"))
    await cluster.client.create("pods", pod("a", "p"))
    await cluster.clock.advance(5)
    found = await cluster.client.get("persistentvolumeclaims", "p", "default")
    assert found["status"] == {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}
    assert set(found["metadata"]["annotations"]) == {
        "pv.kubernetes.io/bind-completed",
        "pv.kubernetes.io/bound-by-controller",
    }
    assert (await cluster.client.get("persistentvolumes", "pv", ""))["status"]["phase"] == "Bound"
    assert (await cluster.client.get("pods", "a", "default"))["spec"]["nodeName"] == "n1"


async def test_a_claim_waits_for_its_first_pod_and_is_made_on_its_node(cluster: VirtualCluster) -> None:
    await make_class(cluster)
    for name in ("n1", "n2"):
        await cluster.add_node(name)
    await cluster.client.create("persistentvolumeclaims", claim("p"))
    await cluster.clock.advance(5)
    found = await cluster.client.get("persistentvolumeclaims", "p", "default")
    assert found["status"]["phase"] == "Pending"
    assert ("PersistentVolumeClaim", "WaitForFirstConsumer") in {(k, r) for k, r, _ in await cluster.events()}
    await cluster.client.create("pods", pod("a", "p"))
    await cluster.clock.advance(5)
    found = await cluster.client.get("persistentvolumeclaims", "p", "default")
    assert found["status"]["phase"] == "Bound"
    node = (await cluster.client.get("pods", "a", "default"))["spec"]["nodeName"]
    volume = await cluster.client.get("persistentvolumes", found["spec"]["volumeName"])
    [term] = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == [node]
    # The volume keeps later pods on that node.
    await cluster.client.create("pods", pod("b", "p"))
    await cluster.clock.advance(2)
    assert (await cluster.client.get("pods", "b", "default"))["spec"]["nodeName"] == node


async def test_a_claim_in_use_goes_with_its_pod_and_takes_its_volume_along(cluster: VirtualCluster) -> None:
    await make_class(cluster)
    await cluster.add_node("n1")
    await cluster.client.create("persistentvolumeclaims", claim("p"))
    await cluster.client.create("pods", pod("a", "p"))
    await cluster.clock.advance(5)
    await cluster.client.delete("persistentvolumeclaims", "p", "default")
    await cluster.clock.advance(5)
    assert len(await cluster.items("persistentvolumeclaims")) == 1
    await cluster.client.delete("pods", "a", "default")
    await cluster.clock.advance(5)
    assert await cluster.items("persistentvolumeclaims") == []
    assert await cluster.items("persistentvolumes", "") == []


async def test_a_claim_without_class_and_volume_says_so(cluster: VirtualCluster) -> None:
    await cluster.client.create("persistentvolumeclaims", claim("p", None))
    await cluster.clock.advance(5)
    text = "no persistent volumes available for this claim and no storage class is set"
    assert ("PersistentVolumeClaim", "FailedBinding", text) in await cluster.events()
