"""What a stolen kubelet's certificate is worth: its own node, its own pods, and nothing else.

Authorisation and admission are asked together, over the API, as the kubelet would ask.
"""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import MERGE, PODS, Api

NODE = http.User("system:node:n1", ("system:nodes", "system:authenticated"))
NODES = "/api/v1/nodes"
DEFAULT = "/api/v1/namespaces/default"
TOKEN = f"{DEFAULT}/serviceaccounts/default/token"
MIRROR = {"kubernetes.io/config.mirror": "x"}


@pytest.fixture
async def cluster(api: Api) -> Api:
    """Two nodes with a pod each, a secret of each pod and one of nobody's."""
    for name in ("n1", "n2"):
        await api.make(NODES, {"metadata": {"name": name}})
        await api.make(f"{DEFAULT}/secrets", {"metadata": {"name": f"of-{name}"}})
        await api.make(f"{DEFAULT}/configmaps", {"metadata": {"name": f"of-{name}"}})
        volume = {"name": "v", "secret": {"secretName": f"of-{name}"}}
        settings = {"name": "c", "configMap": {"name": f"of-{name}"}}
        await api.pod(f"on-{name}", nodeName=name, volumes=[volume, settings])
    await api.make(f"{DEFAULT}/secrets", {"metadata": {"name": "of-nobody"}})
    return api


async def asked(api: Api, method: str, path: str, body: Any = None, type: str = "") -> tuple[int, str]:
    answer = await api.send(method, path, body, type=type or (MERGE if method == "PATCH" else ""), user=NODE)
    assert isinstance(answer, http.Response)
    return answer.status, answer.body.decode()


ALLOWED: list[tuple[str, str, Any]] = [
    ("GET", f"{NODES}/n1", None),
    ("PATCH", f"{NODES}/n1/status", {"status": {"conditions": []}}),
    ("PATCH", f"{NODES}/n1", {"metadata": {"labels": {"topology.kubernetes.io/zone": "a", "mine": "x"}}}),
    ("GET", f"{DEFAULT}/secrets/of-n1", None),
    ("GET", f"{DEFAULT}/configmaps/of-n1", None),
    ("GET", f"{PODS}?fieldSelector=spec.nodeName%3Dn1", None),
    ("PATCH", f"{PODS}/on-n1/status", {"status": {"phase": "Running"}}),
]


@pytest.mark.parametrize(("method", "path", "body"), ALLOWED)
async def test_it_does_its_work(cluster: Api, method: str, path: str, body: Any) -> None:
    code, told = await asked(cluster, method, path, body)
    assert code == 200, told


OWNER = {"apiVersion": "v1", "kind": "Node", "name": "n2", "uid": "u", "controller": True}
REFUSED: list[tuple[str, str, Any]] = [
    # other nodes
    ("GET", f"{NODES}/n2", None),
    ("GET", NODES, None),
    ("PATCH", f"{NODES}/n2", {"metadata": {"labels": {"a": "b"}}}),
    ("PATCH", f"{NODES}/n2/status", {"status": {"conditions": []}}),
    ("DELETE", f"{NODES}/n2", None),
    ("POST", NODES, {"metadata": {"name": "n3"}}),
    # where its workloads come from
    ("PATCH", f"{NODES}/n1", {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}),
    ("PATCH", f"{NODES}/n1", {"metadata": {"labels": {"node-restriction.kubernetes.io/team": "x"}}}),
    ("PATCH", f"{NODES}/n1", {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}),
    ("PATCH", f"{NODES}/n1/status", {"metadata": {"labels": {"x.node-restriction.kubernetes.io/team": "x"}}}),
    # CVE-2025-5187: an owner that is not there makes the garbage collector delete the node, and it comes back anew
    ("PATCH", f"{NODES}/n1", {"metadata": {"ownerReferences": [OWNER]}}),
    ("PATCH", f"{NODES}/n1/status", {"metadata": {"ownerReferences": [OWNER]}}),
    # other nodes' pods
    ("DELETE", f"{PODS}/on-n2", None),
    ("GET", f"{PODS}/on-n2", None),
    ("GET", PODS, None),
    ("GET", "/api/v1/pods", None),
    ("GET", f"{PODS}?watch=1", None),
    ("PATCH", f"{PODS}/on-n2/status", {"status": {"phase": "Failed"}}),
    ("POST", f"{PODS}/on-n2/eviction", {"metadata": {"name": "on-n2"}}),
    ("DELETE", PODS, None),
    # its own pods, in what they are
    ("PATCH", f"{PODS}/on-n1", {"metadata": {"labels": {"app": "other"}}}),
    ("PATCH", f"{PODS}/on-n1/status", {"metadata": {"labels": {"app": "other"}}}),
    ("PUT", f"{PODS}/on-n1/ephemeralcontainers", {"metadata": {"name": "on-n1"}}),
    ("POST", f"{PODS}/on-n1/binding", {"metadata": {"name": "on-n1"}, "target": {"name": "n2"}}),
    ("POST", f"{PODS}/on-n1/exec?command=x", None),
    # pods of its own making
    ("POST", PODS, {"metadata": {"name": "p"}, "spec": {"nodeName": "n1", "containers": [{"name": "c",
    "image": "i"}]}}),
    ("POST", PODS, {"metadata": {"name": "p", "annotations": MIRROR}, "spec": {
        "nodeName": "n2", "containers": [{"name": "c", "image": "i"}]}}),
    ("POST", PODS, {"metadata": {"name": "p", "annotations": MIRROR}, "spec": {
        "nodeName": "n1", "serviceAccountName": "default", "containers": [{"name": "c", "image": "i"}]}}),
    ("POST", PODS, {"metadata": {"name": "p", "annotations": MIRROR}, "spec": {
        "nodeName": "n1", "containers": [{"name": "c", "image": "i"}],
        "volumes": [{"name": "v", "secret": {"secretName": "of-nobody"}}]}}),
    # CVE-2025-4563: a mirror pod with a claim to a device
    ("POST", PODS, {"metadata": {"name": "p", "annotations": MIRROR}, "spec": {
        "nodeName": "n1", "containers": [{"name": "c", "image": "i"}],
        "resourceClaims": [{"name": "r", "resourceClaimName": "x"}]}}),
    # secrets, accounts, tokens
    ("GET", f"{DEFAULT}/secrets/of-n2", None),
    ("GET", f"{DEFAULT}/secrets/of-nobody", None),
    ("GET", f"{DEFAULT}/secrets", None),
    ("GET", "/api/v1/secrets", None),
    ("GET", f"{DEFAULT}/configmaps", None),
    ("PATCH", f"{DEFAULT}/secrets/of-n1", {"data": {}}),
    ("POST", TOKEN, {"spec": {"audiences": ["x"]}}),
    ("POST", f"{DEFAULT}/serviceaccounts", {"metadata": {"name": "x"}}),
    # leases and the like, and rights
    ("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", {"metadata": {"name": "n2"}}),
    ("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", {"metadata": {"name": "n1"}}),
    ("POST", "/apis/storage.k8s.io/v1/csinodes", {"metadata": {"name": "n2"}, "spec": {"drivers": []}}),
    ("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {"metadata": {"name": "x"}}),
    ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
async def test_it_does_no_more(cluster: Api, method: str, path: str, body: Any) -> None:
    before = {entry.key: entry.revision for entry in cluster.store.range("/").entries}
    code, told = await asked(cluster, method, path, body)
    assert code == 403, told
    assert {entry.key: entry.revision for entry in cluster.store.range("/").entries} == before


@pytest.mark.parametrize(
    "selector",
    [
        "status.phase!=\\,spec.nodeName=n1",  # the comma belongs to the value: this selects every pod
        "status.phase!=a\\,spec.nodeName=n1,spec.restartPolicy=Always",
        "spec.nodeName!=n1",
        "spec.nodeName=n2",
        "metadata.name!=\\,metadata.name=on-n1",
    ],
)
async def test_a_selector_means_to_the_authoriser_what_it_means_to_the_list(cluster: Api, selector: str) -> None:
    for path in (PODS, "/api/v1/pods"):
        answer = await cluster.server.handle(http.Request("GET", path, [("fieldSelector", selector)], user=NODE))
        assert isinstance(answer, http.Response)
        assert answer.status in (400, 403), answer.body


async def test_a_token_is_for_a_pod_of_the_node_and_an_audience_of_the_pod(cluster: Api) -> None:
    async def token(pod: str, *audiences: str) -> int:
        uid = (await cluster.get(f"{PODS}/{pod}"))["metadata"]["uid"]
        bound = {"kind": "Pod", "apiVersion": "v1", "name": pod, "uid": uid}
        return (await asked(cluster, "POST", TOKEN, {"spec": {"boundObjectRef": bound, "audiences": audiences}}))[0]

    assert await token("on-n1") == 201  # the volume that every pod gets
    assert await token("on-n2") == 403
    assert await token("on-n1", "vault") == 403
    assert await token("on-n1", "a", "b") == 403


async def test_a_driver_of_a_volume_asks_for_its_audience(cluster: Api) -> None:
    driver = {"metadata": {"name": "d.example.com"}, "spec": {"tokenRequests": [{"audience": "store"}]}}
    await cluster.make("/apis/storage.k8s.io/v1/csidrivers", driver)
    await cluster.pod("with-driver", nodeName="n1", volumes=[{"name": "v", "csi": {"driver": "d.example.com"}}])
    uid = (await cluster.get(f"{PODS}/with-driver"))["metadata"]["uid"]
    bound = {"kind": "Pod", "apiVersion": "v1", "name": "with-driver", "uid": uid}
    for audience, expected in (("store", 201), ("other", 403)):
        body = {"spec": {"boundObjectRef": bound, "audiences": [audience]}}
        code, told = await asked(cluster, "POST", TOKEN, body)
        assert code == expected, told


async def test_a_node_without_a_name_is_nobody(api: Api) -> None:
    for name in ("jane", "system:node:", "n1"):
        user = http.User(name, ("system:nodes", "system:authenticated"))
        answer = await api.send("GET", f"{NODES}/n1", user=user)
        assert isinstance(answer, http.Response)
        assert answer.status == 403
