"""A node reaches what its own pods need."""

import dataclasses

import pytest

from steersman.apiserver.access import attributes, node, reading
from steersman.kit.http import User

NODE = User("system:node:n", ("system:nodes", "system:authenticated"))


@pytest.fixture
def reader() -> reading.Memory:
    memory = reading.Memory()
    spec = {
        "nodeName": "n",
        "serviceAccountName": "default",
        "imagePullSecrets": [{"name": "pull"}],
        "containers": [{"name": "c", "envFrom": [{"secretRef": {"name": "env"}}]}],
        "volumes": [
            {"name": "a", "configMap": {"name": "settings"}},
            {"name": "b", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "c", "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}]}},
            {"name": "d", "ephemeral": {}},
        ],
    }
    memory.put(reading.PODS, {"metadata": {"name": "p", "namespace": "x"}, "spec": spec})
    other = {"nodeName": "m", "containers": [{"name": "c", "env": [{"valueFrom": {"secretKeyRef": {"name": "far"}}}]}]}
    memory.put(reading.PODS, {"metadata": {"name": "q", "namespace": "x"}, "spec": other})
    memory.put(node.CLAIMS, {"metadata": {"name": "data", "namespace": "x"}, "spec": {"volumeName": "v"}})
    claim = {"namespace": "x", "name": "data"}
    csi = {"nodeStageSecretRef": {"namespace": "csi", "name": "stage"}}
    memory.put(node.VOLUMES, {"metadata": {"name": "v"}, "spec": {"claimRef": claim, "csi": csi}})
    return memory


def ask(verb: str, resource: str, name: str = "", namespace: str = "x", **more: str) -> attributes.Attributes:
    resource, _, subresource = resource.partition("/")
    base = attributes.Attributes(
        NODE, verb, resource=resource, subresource=subresource, namespace=namespace, name=name, version="v1"
    )
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


ALLOWED = [
    ask("get", "secrets", "pull"),
    ask("watch", "secrets", "env"),
    ask("get", "secrets", "stage", "csi"),
    ask("list", "configmaps", "settings"),
    ask("get", "configmaps", "kube-root-ca.crt"),
    ask("get", "persistentvolumeclaims", "data"),
    ask("get", "persistentvolumeclaims", "p-d"),
    ask("get", "persistentvolumes", "v", ""),
    ask("create", "serviceaccounts/token", "default"),
    ask("get", "pods", "p"),
    ask("list", "pods", namespace="", field_selector="spec.nodeName=n"),
    ask("list", "pods", namespace=""),
    ask("patch", "pods/status", "p"),
    ask("update", "leases", "n", "kube-node-lease", group="coordination.k8s.io"),
    ask("create", "nodes", namespace=""),
    ask("get", "nodes", "n", ""),
    ask("list", "services", namespace=""),
    ask("create", "events"),
]
REFUSED = [
    (ask("get", "secrets", "far"), "no relationship found between node 'n' and this object"),
    (ask("list", "secrets"), "No Object name found"),
    (ask("update", "secrets", "pull"), "can only read resources of this type"),
    (ask("get", "pods", "q"), "no relationship found between node 'n' and this object"),
    (
        ask("list", "pods", namespace="", field_selector=""),
        "can only list/watch pods with spec.nodeName field selector",
    ),
    (ask("list", "nodes", namespace="", field_selector=""), "node 'n' cannot read all nodes, only its own Node object"),
    (ask("get", "nodes", "m", ""), "node 'n' cannot read 'm', only its own Node object"),
    (
        ask("update", "leases", "m", "kube-node-lease", group="coordination.k8s.io"),
        "can only access node lease with the same name as the requesting node",
    ),
    (ask("delete", "services", "s"), ""),
]


@pytest.mark.parametrize("question", ALLOWED, ids=lambda q: f"{q.verb} {q.combined} {q.name}")
def test_a_node_may(reader: reading.Memory, question: attributes.Attributes) -> None:
    assert node.Node(reader).authorize(question).allowed


@pytest.mark.parametrize(("question", "reason"), REFUSED, ids=lambda q: getattr(q, "combined", ""))
def test_a_node_may_not(reader: reading.Memory, question: attributes.Attributes, reason: str) -> None:
    decision = node.Node(reader).authorize(question)
    assert not decision.allowed
    assert decision.reason == reason


def test_a_pod_that_leaves_takes_its_secrets_along(reader: reading.Memory) -> None:
    authorizer = node.Node(reader)
    question = ask("get", "secrets", "pull")
    assert authorizer.authorize(question).allowed
    reader.remove(reading.PODS, "x", "p")
    assert not authorizer.authorize(question).allowed


def test_what_a_node_wrote_itself_opens_nothing(reader: reading.Memory) -> None:
    spec = {"nodeName": "n", "serviceAccountName": "root", "imagePullSecrets": [{"name": "stolen"}]}
    annotations = {"kubernetes.io/config.mirror": "h"}
    reader.put(reading.PODS, {"metadata": {"name": "m", "namespace": "x", "annotations": annotations}, "spec": spec})
    authorizer = node.Node(reader)
    assert authorizer.authorize(ask("get", "pods", "m")).allowed
    assert not authorizer.authorize(ask("get", "secrets", "stolen")).allowed
    assert not authorizer.authorize(ask("create", "serviceaccounts/token", "root")).allowed


def test_others_are_none_of_its_business(reader: reading.Memory) -> None:
    question = dataclasses.replace(ask("get", "nodes", "n"), user=User("jane", ("system:authenticated",)))
    assert node.Node(reader).authorize(question).reason == ""
    nameless = dataclasses.replace(ask("get", "nodes", "n"), user=User("kubelet", ("system:nodes",)))
    assert node.Node(reader).authorize(nameless).reason == 'unknown node for user "kubelet"'
