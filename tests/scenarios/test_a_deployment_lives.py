"""From a Deployment to pods behind a Service, and back to nothing."""

from typing import Any

from scenarios.virtual_cluster import VirtualCluster
from steersman.api.semantics import pods as podlib


def deployment(replicas: int = 3, image: str = "one") -> dict[str, Any]:
    return {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "d", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": "c", "image": image, "ports": [{"name": "http", "containerPort": 8080}]}],
                },
            },
        },
    }


async def test_a_fresh_namespace_has_an_account_and_the_ca(cluster: VirtualCluster) -> None:
    await cluster.client.create("namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "n"}})
    await cluster.clock.settle()
    assert [each["metadata"]["name"] for each in await cluster.items("serviceaccounts", "n")] == ["default"]
    [ca] = await cluster.items("configmaps", "n")
    assert ca["metadata"]["name"] == "kube-root-ca.crt"
    assert ca["data"] == {"ca.crt": "a certificate"}


async def test_a_deployment_runs_on_a_node_and_is_reached(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    await cluster.client.create("deployments.apps", deployment())
    service = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": "d", "namespace": "default"},
        "spec": {"selector": {"app": "d"}, "ports": [{"port": 80, "targetPort": "http"}]},
    }
    await cluster.client.create("services", service)
    await cluster.clock.advance(2)
    found = await cluster.client.get("deployments.apps", "d", "default")
    assert found["status"]["availableReplicas"] == 3
    assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
    [slice] = [
        each
        for each in await cluster.items("endpointslices.discovery.k8s.io")
        if each["metadata"]["name"].startswith("d-")
    ]
    assert slice["ports"] == [{"name": "", "protocol": "TCP", "port": 8080}]
    assert [each["conditions"] for each in slice["endpoints"]] == [
        {"ready": True, "serving": True, "terminating": False}
    ] * 3
    endpoints = await cluster.client.get("endpoints", "d", "default")
    assert len(endpoints["subsets"][0]["addresses"]) == 3
    told = await cluster.events()
    assert sum(reason == "Scheduled" for _, reason, _ in told) == 3
    assert sum(reason == "SuccessfulCreate" for _, reason, _ in told) == 3


async def test_an_update_replaces_all_pods(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    await cluster.client.create("deployments.apps", deployment())
    await cluster.clock.advance(2)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "two"}]}}}}
    await cluster.client.patch("deployments.apps", "d", patch, "default")
    await cluster.clock.advance(5)
    assert {pod["spec"]["containers"][0]["image"] for pod in await cluster.items("pods")} == {"two"}
    found = await cluster.client.get("deployments.apps", "d", "default")
    assert podlib.condition(found, "Progressing")["reason"] == "NewReplicaSetAvailable"  # type: ignore[index]


async def test_deleting_in_the_background_takes_everything_along(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    await cluster.client.create("deployments.apps", deployment())
    await cluster.clock.advance(2)
    await cluster.client.delete("deployments.apps", "d", "default", propagation="Background")
    await cluster.clock.advance(5)
    assert await cluster.items("replicasets.apps") == []
    assert await cluster.items("pods") == []


async def test_deleting_in_the_foreground_waits_for_the_pods(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    await cluster.client.create("deployments.apps", deployment())
    await cluster.clock.advance(2)
    await cluster.client.delete("deployments.apps", "d", "default", propagation="Foreground")
    await cluster.clock.advance(5)
    for resource in ("deployments.apps", "replicasets.apps", "pods"):
        assert await cluster.items(resource) == [], resource


async def test_orphans_stay_and_have_no_owner(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    await cluster.client.create("deployments.apps", deployment(1))
    await cluster.clock.advance(2)
    await cluster.client.delete("deployments.apps", "d", "default", propagation="Orphan")
    await cluster.clock.advance(5)
    [owned] = await cluster.items("replicasets.apps")
    assert not owned["metadata"].get("ownerReferences")
    assert await cluster.items("deployments.apps") == []
    assert len(await cluster.items("pods")) == 1


async def test_an_object_whose_owner_never_was_goes(cluster: VirtualCluster) -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "gone", "uid": "11111111-2222-3333-4444-555555555555"}
    meta = {"name": "orphan", "namespace": "default", "ownerReferences": [owner]}
    await cluster.client.create("configmaps", {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta})
    await cluster.clock.advance(5)
    assert [each["metadata"]["name"] for each in await cluster.items("configmaps")] == ["kube-root-ca.crt"]


async def test_a_namespace_goes_with_all_that_is_in_it(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    await cluster.client.create("namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "n"}})
    await cluster.clock.settle()
    tree = deployment()
    tree["metadata"]["namespace"] = "n"
    await cluster.client.create("deployments.apps", tree)
    await cluster.clock.advance(2)
    assert len(await cluster.items("pods", "n")) == 3
    await cluster.client.delete("namespaces", "n")
    await cluster.clock.advance(10)
    assert "n" not in [each["metadata"]["name"] for each in await cluster.items("namespaces", "")]
    assert await cluster.items("pods", "n") == []
