"""What a person types first."""

import json

import kube


def test_the_node_is_ready_when_up_returns(kubectl: kube.Kubectl) -> None:
    nodes = kubectl.get("nodes")["items"]
    conditions = {c["type"]: c["status"] for c in nodes[0]["status"]["conditions"]}
    assert [n["metadata"]["name"] for n in nodes] == ["node1"]
    assert conditions["Ready"] == "True"
    assert "Ready" in kubectl("get", "nodes")


def test_the_server_says_which_kubernetes_it_is(kubectl: kube.Kubectl) -> None:
    assert json.loads(kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"].startswith("v1.36.")
    assert "is running at" in kubectl("cluster-info")


def test_every_resource_is_listed(kubectl: kube.Kubectl) -> None:
    listed = kubectl("api-resources")
    for name in ("pods", "deployments", "customresourcedefinitions", "networkpolicies", "resourceslices"):
        assert f"\n{name} " in "\n" + listed


def test_fields_are_explained(kubectl: kube.Kubectl) -> None:
    told = kubectl("explain", "deployment.spec.strategy", "--recursive")
    assert "rollingUpdate" in told
    assert "maxSurge" in told


def test_the_administrator_may_do_everything(kubectl: kube.Kubectl) -> None:
    assert "*.*" in kubectl("auth", "can-i", "--list")
    assert "system:masters" in kubectl("auth", "whoami")


def test_readiness_is_told_check_by_check(kubectl: kube.Kubectl) -> None:
    told = kubectl("get", "--raw", "/readyz?verbose")
    assert "[+]ping ok" in told
    assert "readyz check passed" in told
