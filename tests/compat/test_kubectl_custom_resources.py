"""kubectl and kinds that a CustomResourceDefinition made: it finds them, checks, applies, scales and prints them."""

import json
from collections.abc import Iterator

import pytest

import kube

GROUP = "compat.steersman.dev"
SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "description": "How large it is."},
        "color": {"type": "string", "default": "red"},
        "replicas": {"type": "integer"},
    },
    "x-kubernetes-validations": [
        {
            "rule": "!has(self.replicas) || self.replicas <= self.size",
            "message": "at most as many as it is large",
        },
    ],
}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"gadgets.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "gadgets", "kind": "Gadget", "shortNames": ["gdg"], "categories": ["all"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": SPEC, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                }}},
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                },
                "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
            }
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def defined(admin: kube.Kubectl) -> Iterator[None]:
    admin("apply", "-f", "-", stdin=json.dumps(DEFINITION))
    admin("wait", "--for=condition=Established", f"crd/gadgets.{GROUP}", "--timeout=10s")
    yield
    admin("delete", "crd", f"gadgets.{GROUP}", "--wait", "--timeout=20s")


@pytest.fixture
def kubectl(kubectl: kube.Kubectl, tmp_path_factory: pytest.TempPathFactory) -> kube.Kubectl:
    """With a discovery cache of its own: other tests must not remember a kind that is gone again."""
    kubectl.flags[:0] = ["--cache-dir", str(tmp_path_factory.mktemp("discovery"))]
    return kubectl


def gadget(name: str, **spec: object) -> str:
    tree = {"apiVersion": f"{GROUP}/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": spec}
    return json.dumps(tree)


def test_applied_by_either_way_and_printed_with_its_columns(kubectl: kube.Kubectl) -> None:
    assert kubectl("apply", "-f", "-", stdin=gadget("g", size=3)) == f"gadget.{GROUP}/g created\n"
    assert kubectl("apply", "-f", "-", stdin=gadget("g", size=4)) == f"gadget.{GROUP}/g configured\n"
    kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=gadget("g", size=5))
    assert kubectl("get", "gdg").split() == ["NAME", "SIZE", "g", "5"]
    assert kubectl.get("gadget", "g")["spec"] == {"size": 5, "color": "red"}
    assert f"gadget.{GROUP}/g" in kubectl("get", "all", "-o", "name")


def test_what_the_schema_refuses_is_told(kubectl: kube.Kubectl) -> None:
    words = kubectl.refused("create", "-f", "-", stdin=gadget("g", size=0))
    assert "spec.size in body should be greater than or equal to 1" in words
    words = kubectl.refused("create", "-f", "-", stdin=gadget("g", size=1, bogus=2))
    assert 'unknown field "spec.bogus"' in words


def test_scaled_edited_explained_and_deleted(kubectl: kube.Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=gadget("g", size=3, replicas=1))
    kubectl("scale", "gadget/g", "--replicas=3")
    kubectl("patch", "gadget", "g", "--subresource=status", "--type=merge", "-p", '{"status":{"replicas":3}}')
    kubectl("annotate", "gadget", "g", "a=b")
    found = kubectl.get("gadget", "g")
    assert (found["spec"]["replicas"], found["status"]["replicas"]) == (3, 3)
    assert "How large it is." in kubectl("explain", "gadget.spec.size")
    assert kubectl("delete", "gadget", "g") == f'gadget.{GROUP} "g" deleted from {kubectl.flags[-1]} namespace\n'


def test_what_a_rule_refuses_is_told_and_leaves_the_object_as_it_was(kubectl: kube.Kubectl) -> None:
    kubectl("create", "-f", "-", stdin=gadget("g", size=3, replicas=1))
    words = kubectl.refused("scale", "gadget/g", "--replicas=4")
    assert "spec: Invalid value: at most as many as it is large" in words
    words = kubectl.refused("patch", "gadget", "g", "--type=merge", "-p", '{"spec":{"size":0}}')
    assert "should be greater than or equal to 1" in words
    assert kubectl.get("gadget", "g")["spec"] == {"size": 3, "color": "red", "replicas": 1}


def test_explained_with_everything_below(kubectl: kube.Kubectl) -> None:
    told = kubectl("explain", "gadget", "--recursive")
    assert f"GROUP:      {GROUP}" in told
    for field in ("color\t<string>", "size\t<integer> -required-", "metadata\t<ObjectMeta>", "status\t<Object>"):
        assert field in told, told


def test_a_namespace_that_goes_takes_its_objects_along(kubectl: kube.Kubectl, name: str) -> None:
    kubectl("create", "-f", "-", stdin=gadget("g", size=3))
    kubectl("delete", "namespace", name, "--timeout=15s")
    assert "NotFound" in kubectl.refused("get", "gadget", "g")
