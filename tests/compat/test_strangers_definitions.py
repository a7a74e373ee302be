"""Definitions as well-known projects write them: each is accepted, and its rules refuse what their authors mean.

The definitions are our own and small; each shows what one family is known for: rules that compare the items of a
list with each other, rules over the keys of a map, alternatives by `oneOf`, transitions, lists that a rule computes.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import kube

GROUP = "strangers.steersman.dev"
TEXT: dict[str, Any] = {"type": "string", "maxLength": 253}


def rule(text: str, message: str) -> dict[str, str]:
    return {"rule": text, "message": message}


def thing(properties: dict[str, Any], *rules: dict[str, str], **more: Any) -> dict[str, Any]:
    made = {"type": "object", "properties": properties, **more}
    return {**made, "x-kubernetes-validations": list(rules)} if rules else made


def one_of(*names: str) -> dict[str, Any]:
    """At most one of the fields, as generators from protocol buffers write it."""
    each = [{"required": [name]} for name in names]
    return {"oneOf": [{"not": {"anyOf": each}}, *each]}


ROUTE = thing(
    {
        "parents": {
            "type": "array",
            "maxItems": 32,
            "items": thing({"name": TEXT, "section": TEXT}, required=["name"]),
            "x-kubernetes-validations": [
                rule(
                    "self.all(a, self.exists_one(b, a.name == b.name && (!has(a.section) && !has(b.section) || "
                    "has(a.section) && has(b.section) && a.section == b.section)))",
                    "each section of a parent at most once",
                )
            ],
        },
        "hosts": {
            "type": "array",
            "maxItems": 16,
            "items": TEXT,
            "x-kubernetes-validations": [
                rule("self.all(h, !isIP(h))", "hosts are no addresses"),
                rule(
                    "self.all(h, h.contains('*') ? h.startsWith('*.') && "
                    "h.substring(2).split('.').all(label, !label.contains('*')) : true)",
                    "a star stands for the first label only",
                ),
            ],
        },
        "timeouts": thing(
            {"whole": TEXT, "each": TEXT},
            rule(
                "!(has(self.whole) && has(self.each) && duration(self.each) > duration(self.whole))",
                "each try is no longer than the whole",
            ),
        ),
        "backends": {
            "type": "array",
            "default": [{"name": "main"}],
            "items": thing({"name": TEXT, "weight": {"type": "integer", "format": "int32", "default": 1}}),
        },
    }
)
POOL = thing(
    {
        "replicas": {"type": "integer", "format": "int64", "minimum": 0},
        "labels": {
            "type": "object",
            "maxProperties": 100,
            "additionalProperties": {"type": "string", "maxLength": 63},
            "x-kubernetes-validations": [
                rule(
                    "self.all(x, x.find('^([^/]+)').endsWith('node.example') || "
                    "!x.find('^([^/]+)').endsWith('.example'))",
                    'label domain "example" is restricted',
                )
            ],
        },
        "limits": {
            "type": "object",
            "additionalProperties": {
                "anyOf": [{"type": "integer"}, {"type": "string"}],
                "x-kubernetes-int-or-string": True,
                "pattern": "^[0-9]+(m|Ki|Mi|Gi)?$",
            },
        },
    },
    rule("has(self.replicas) == has(oldSelf.replicas)", "a pool stays of a fixed size or not"),
)
MESH = thing(
    {
        "match": {
            "type": "array",
            "items": thing({"exact": {"type": "string"}, "prefix": {"type": "string"}}, **one_of("exact", "prefix")),
        },
        "url": {
            "type": "string",
            "x-kubernetes-validations": [
                rule("isURL(self) && url(self).getScheme() in ['https', 'oci']", "by https or from a registry")
            ],
        },
        "priority": {"type": "integer", "nullable": True},
        "config": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    }
)
SPECS = {"Route": ROUTE, "Pool": POOL, "Mesh": MESH}


def definition(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    plural = kind.lower() + "s"
    schema = {"type": "object", "required": ["spec"], "properties": {"spec": spec}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind, "categories": ["strange"]},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


@pytest.fixture(scope="module", autouse=True)
def defined(admin: kube.Kubectl) -> Iterator[None]:
    names = [f"crd/{kind.lower()}s.{GROUP}" for kind in SPECS]
    for kind, spec in SPECS.items():
        admin("apply", "--server-side", "-f", "-", stdin=json.dumps(definition(kind, spec)))
    admin("wait", "--for=condition=Established", *names, "--timeout=10s")
    yield
    admin("delete", *names, "--wait", "--timeout=20s")


@pytest.fixture
def kubectl(kubectl: kube.Kubectl, tmp_path_factory: pytest.TempPathFactory) -> kube.Kubectl:
    """With a discovery cache of its own: other tests must not remember a kind that is gone again."""
    kubectl.flags[:0] = ["--cache-dir", str(tmp_path_factory.mktemp("discovery"))]
    return kubectl


def tree(kind: str, **spec: Any) -> str:
    return json.dumps({"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": "n"}, "spec": spec})


ACCEPTED = {
    "a-route": tree("Route", parents=[{"name": "g", "section": "a"}, {"name": "g"}], hosts=["*.a.org", "b.org"]),
    "a-route-with-times": tree("Route", timeouts={"whole": "1m", "each": "10s"}),
    "a-pool": tree("Pool", labels={"team": "x", "a.node.example/b": "y"}, limits={"cpu": 3, "memory": "1Gi"}),
    "a-mesh": tree("Mesh", match=[{"exact": "a"}, {}], url="oci://a/b", priority=None, config={"any": [1, None]}),
}


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_their_pages_show_is_stored(kubectl: kube.Kubectl, text: str) -> None:
    kubectl("apply", "-f", "-", stdin=text)
    assert kubectl("get", "strange", "-o", "name").count("/n") == 1


REFUSED = {
    "the-same-parent-twice": (
        tree("Route", parents=[{"name": "g"}, {"name": "g"}]), "spec.parents", "each section of a parent at most once",
    ),
    "an-address-for-a-host": (tree("Route", hosts=["10.0.0.1"]), "spec.hosts", "hosts are no addresses"),
    "a-star-inside": (tree("Route", hosts=["*.a*.org"]), "spec.hosts", "a star stands for the first label only"),
    "a-long-try": (
        tree("Route", timeouts={"whole": "1s", "each": "1m"}), "spec.timeouts", "each try is no longer than the whole",
    ),
    "a-label-of-others": (
        tree("Pool", labels={"a.example/b": "x"}), "spec.labels", 'label domain "example" is restricted',
    ),
    "a-limit-in-words": (tree("Pool", limits={"cpu": "some"}), "spec.limits.cpu", "in body should match"),
    "both-of-one": (tree("Mesh", match=[{"exact": "a", "prefix": "b"}]), "<nil>", "one and only one schema"),
    "a-scheme-of-others": (tree("Mesh", url="ftp://a/b"), "spec.url", "by https or from a registry"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_rule_forbids_is_refused_where_it_stands(
    kubectl: kube.Kubectl, text: str, place: str, message: str
) -> None:
    refused = kubectl.run("apply", "-f", "-", stdin=text)
    assert refused.returncode != 0
    assert place in refused.stderr
    assert message in refused.stderr


def test_a_transition_is_judged_by_what_was_there(kubectl: kube.Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=tree("Pool", replicas=1))
    kubectl("apply", "-f", "-", stdin=tree("Pool", replicas=2))
    refused = kubectl.run("apply", "-f", "-", stdin=tree("Pool", labels={"team": "x"}))
    assert "a pool stays of a fixed size or not" in refused.stderr


def test_defaults_reach_into_lists_that_are_defaults(kubectl: kube.Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=tree("Route"))
    assert kubectl.get("route.strangers.steersman.dev", "n")["spec"] == {"backends": [{"name": "main", "weight": 1}]}


def test_explain_knows_their_fields(kubectl: kube.Kubectl) -> None:
    assert "weight" in kubectl("explain", "routes.spec.backends", "--api-version", f"{GROUP}/v1")
