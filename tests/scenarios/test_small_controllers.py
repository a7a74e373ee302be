"""Roles that are sums, Endpoints written by hand, ReplicationControllers."""

from typing import Any

from scenarios.virtual_cluster import VirtualCluster

ROLES = "clusterroles.rbac.authorization.k8s.io"
SLICES = "endpointslices.discovery.k8s.io"


async def test_view_is_the_sum_of_what_is_labelled_for_it(cluster: VirtualCluster) -> None:
    view = await cluster.client.get(ROLES, "view")
    assert any("pods" in (rule.get("resources") or ()) for rule in view["rules"])
    extra: dict[str, Any] = {
        "kind": "ClusterRole",
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "metadata": {"name": "more", "labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
        "rules": [{"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]}],
    }
    await cluster.client.create(ROLES, extra)
    await cluster.clock.settle()
    for name in ("view", "edit", "admin"):
        role = await cluster.client.get(ROLES, name)
        assert extra["rules"][0] in role["rules"], name
    await cluster.client.delete(ROLES, "more")
    await cluster.clock.settle()
    assert extra["rules"][0] not in (await cluster.client.get(ROLES, "admin"))["rules"]


async def test_endpoints_written_by_hand_are_mirrored(cluster: VirtualCluster) -> None:
    meta = {"name": "outside", "namespace": "default"}
    service = {"kind": "Service", "apiVersion": "v1", "metadata": meta, "spec": {"ports": [{"port": 80}]}}
    await cluster.client.create("services", service)
    subsets = [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"port": 8080}]}]
    endpoints = {"kind": "Endpoints", "apiVersion": "v1", "metadata": meta, "subsets": subsets}
    await cluster.client.create("endpoints", endpoints)
    await cluster.clock.settle()
    [found] = [each for each in await cluster.items(SLICES) if each["metadata"]["name"].startswith("outside-")]
    assert found["endpoints"][0]["addresses"] == ["192.0.2.7"]
    assert found["ports"] == [{"name": "", "protocol": "TCP", "port": 8080}]
    await cluster.client.delete("endpoints", "outside", "default")
    await cluster.clock.advance(2)
    assert not [each for each in await cluster.items(SLICES) if each["metadata"]["name"].startswith("outside-")]


async def test_a_replication_controller_keeps_its_pods(cluster: VirtualCluster) -> None:
    await cluster.add_node("n1")
    tree = {
        "kind": "ReplicationController",
        "apiVersion": "v1",
        "metadata": {"name": "r", "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"app": "r"},
            "template": {
                "metadata": {"labels": {"app": "r"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    }
    await cluster.client.create("replicationcontrollers", tree)
    await cluster.clock.advance(2)
    found = await cluster.client.get("replicationcontrollers", "r", "default")
    assert found["status"]["availableReplicas"] == 2
    await cluster.client.patch("replicationcontrollers", "r", {"spec": {"replicas": 0}}, "default")
    await cluster.clock.advance(2)
    assert await cluster.items("pods") == []
