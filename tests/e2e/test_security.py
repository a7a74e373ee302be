"""Who may do what, in Kubernetes' words."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import kube
from e2e.conftest import Cluster
from e2e.objects import FOREVER, KUBECTL_IMAGE, pod


def ask(cluster: Cluster, path: str, token: str = "") -> tuple[int, str]:
    """A request with no client certificate."""
    server = json.loads(cluster.kubectl("config", "view", "-o", "json"))["clusters"][0]["cluster"]["server"]
    context = ssl.create_default_context(cafile=str(cluster.data / "pki" / "ca.crt"))
    request = urllib.request.Request(server + path, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_nobody_is_anonymous_and_may_little(cluster: Cluster) -> None:
    assert ask(cluster, "/version")[0] == 200
    assert ask(cluster, "/readyz")[0] == 200
    code, body = ask(cluster, "/api/v1/pods")
    assert code == 403
    assert json.loads(body)["message"] == (
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope'
    )


def test_a_wrong_token_is_nobody_at_all(cluster: Cluster) -> None:
    code, body = ask(cluster, "/api/v1/pods", token="nonsense")
    assert (code, json.loads(body)["reason"]) == (401, "Unauthorized")


def test_a_reader_of_one_namespace_reads_no_other(namespace: kube.Kubectl) -> None:
    here = namespace.flags[1]
    namespace("create", "rolebinding", "reader", "--clusterrole=view", "--user=jane")
    assert namespace("get", "pods", "--as=jane") is not None
    told = namespace.refused("get", "pods", "--as=jane", "--namespace=kube-system")
    assert (
        'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "kube-system"'
        in told
    )
    told = namespace.refused("delete", "pod", "x", "--as=jane")
    assert f'User "jane" cannot delete resource "pods" in API group "" in the namespace "{here}"' in told


def test_a_pod_speaks_to_the_api_with_its_own_token(namespace: kube.Kubectl, kubectl_image: None) -> None:
    namespace("create", "rolebinding", "reader", "--clusterrole=view", f"--serviceaccount={namespace.flags[1]}:default")
    namespace.apply(pod("inside", FOREVER, container={"image": KUBECTL_IMAGE}))
    namespace("wait", "--for=condition=Ready", "pod/inside", "--timeout=30s")
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    assert namespace("exec", "inside", "--", "cat", f"{folder}/namespace") == namespace.flags[1]
    token = namespace("exec", "inside", "--", "cat", f"{folder}/token")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["kubernetes.io"]["pod"]["name"] == "inside"
    # A client of its own in the pod: kubectl finds the token, the CA and the address as any in-cluster client does.
    listed = json.loads(namespace("exec", "inside", "--", "kubectl", "get", "pods", "-o", "json"))
    assert [p["metadata"]["name"] for p in listed["items"]] == ["inside"]


def test_a_token_is_in_no_log(cluster: Cluster, tmp_path: Path) -> None:
    token = cluster.kubectl("create", "token", "default").strip()
    assert ask(cluster, "/api/v1/namespaces/default/pods", token=token)[0] == 403
    assert token not in cluster.log()


@pytest.mark.parametrize(
    "path", ["/api/v1/namespaces/default/../kube-system/secrets", "/api/v1/namespaces/default%2F..%2Fkube-system/pods"]
)
def test_a_path_cannot_climb(cluster: Cluster, path: str) -> None:
    assert ask(cluster, path)[0] in (400, 403, 404)
