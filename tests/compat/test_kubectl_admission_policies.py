"""kubectl and admission policies: what a policy refuses, warns of and changes, with parameters of two kinds."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import kube
from compat import objects

GROUP = "policies.steersman.dev"
API_VERSION = "admissionregistration.k8s.io/v1"
KINDS = ",".join(f"{which}admissionpolicy{what}" for which in ("validating", "mutating") for what in ("", "binding"))
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"limits.{GROUP}"},
    "spec": {
        "group": GROUP, "scope": "Namespaced", "names": {"plural": "limits", "kind": "Limit"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
            "type": "object", "properties": {"most": {"type": "integer"}},
        }}}],
    },
}  # fmt: skip


class Policies:
    """Policies for the config maps of one namespace, each with a binding, all of the test's name."""

    def __init__(self, kubectl: kube.Kubectl, name: str) -> None:
        self.kubectl = kubectl
        self.name = name

    def validating(self, *validations: Any, actions: tuple[str, ...] = ("Deny",), **more: Any) -> None:
        self._made("Validating", {"validations": validations, **more}, {"validationActions": actions})

    def mutating(self, *mutations: Any) -> None:
        self._made("Mutating", {"mutations": mutations, "reinvocationPolicy": "Never"}, {})

    def _made(self, which: str, spec: dict[str, Any], binding: dict[str, Any]) -> None:
        rule = {
            "operations": ["CREATE", "UPDATE"],
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "resources": ["configmaps"],
        }
        ref = {"name": "limit", "parameterNotFoundAction": "Deny"} if "paramKind" in spec else None
        namespaces = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.name}}}
        policy = {
            "apiVersion": API_VERSION, "kind": f"{which}AdmissionPolicy", "metadata": {"name": self.name},
            "spec": {"matchConstraints": {"resourceRules": [rule]}, **spec},
        }  # fmt: skip
        bound = {
            "apiVersion": API_VERSION, "kind": f"{which}AdmissionPolicyBinding", "metadata": {"name": self.name},
            "spec": {
                "policyName": self.name, "matchResources": namespaces, **binding, **({"paramRef": ref} if ref else {}),
            },
        }  # fmt: skip
        self.kubectl.apply(policy, bound)


@pytest.fixture
def policies(kubectl: kube.Kubectl, name: str) -> Iterator[Policies]:
    yield Policies(kubectl, name)
    kubectl("delete", KINDS, name, "--ignore-not-found")


def test_a_policy_refuses_in_its_words(policies: Policies, name: str) -> None:
    text = "object.metadata.name.startsWith('team-')"
    policies.validating({"expression": text, "messageExpression": "object.metadata.name + ' is of no team'"})
    said = policies.kubectl.refused("create", "configmap", "a")
    assert (
        f"error: failed to create configmap: configmaps \"a\" is forbidden: ValidatingAdmissionPolicy '{name}' with "
        f"binding '{name}' denied request: a is of no team"
    ) in said
    assert "configmap/team-a created" in policies.kubectl("create", "configmap", "team-a")


def test_a_policy_may_only_warn(policies: Policies, name: str) -> None:
    policies.validating({"expression": "has(object.data)", "message": "is empty"}, actions=("Warn", "Audit"))
    done = policies.kubectl.run("create", "configmap", "a")
    assert "configmap/a created" in done.stdout
    assert (
        f"Warning: Validation failed for ValidatingAdmissionPolicy '{name}' with binding '{name}': is empty"
    ) in done.stderr


def test_a_config_map_is_a_parameter(policies: Policies) -> None:
    policies.kubectl.apply(objects.configmap("limit", most="1"))
    policies.validating(
        {"expression": "!has(object.data) || object.data.size() <= int(params.data.most)", "message": "too many"},
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
    )
    said = policies.kubectl.refused("create", "configmap", "a", "--from-literal=a=1", "--from-literal=b=2")
    assert "denied request: too many" in said
    policies.kubectl("create", "configmap", "a", "--from-literal=a=1")


def test_a_custom_resource_is_a_parameter(admin: kube.Kubectl, policies: Policies) -> None:
    admin.apply(DEFINITION)
    admin("wait", "--for=condition=Established", f"crd/limits.{GROUP}", "--timeout=10s")
    policies.kubectl.apply({"apiVersion": f"{GROUP}/v1", "kind": "Limit", "metadata": {"name": "limit"}, "most": 0})
    policies.validating(
        {"expression": "!has(object.data) || object.data.size() <= params.most", "reason": "Forbidden"},
        paramKind={"apiVersion": f"{GROUP}/v1", "kind": "Limit"},
    )
    said = policies.kubectl.refused("create", "configmap", "a", "--from-literal=a=1")
    assert "denied request: failed expression: !has(object.data)" in said
    policies.kubectl("create", "configmap", "a")
    admin("delete", "crd", f"limits.{GROUP}", "--wait", "--timeout=20s")
    said = policies.kubectl.refused("create", "configmap", "b")
    assert f"failed to find resource referenced by paramKind: '{GROUP}/v1, Kind=Limit'" in said


def test_a_policy_changes_what_is_applied(policies: Policies) -> None:
    policies.mutating(
        {"patchType": "ApplyConfiguration", "applyConfiguration": {
            "expression": 'Object{metadata: Object.metadata{labels: {"team": request.namespace}}}',
        }},
        {"patchType": "JSONPatch", "jsonPatch": {"expression": """
            [JSONPatch{op: "add", path: "/metadata/annotations/" + jsonpatch.escapeKey("policies/seen"), value: "yes"}]
        """}},
    )  # fmt: skip
    tree = objects.configmap("a")
    tree["metadata"]["annotations"] = {"a": "b"}
    policies.kubectl.apply(tree)
    metadata = policies.kubectl.get("configmap", "a")["metadata"]
    assert metadata["labels"] == {"team": policies.name}
    assert metadata["annotations"]["policies/seen"] == "yes"
    assert "configmap/a unchanged" in policies.kubectl("apply", "-f", "-", stdin=json.dumps(tree))


def test_a_mistake_in_an_expression_is_shown(policies: Policies, name: str) -> None:
    with pytest.raises(AssertionError, match="undeclared reference to 'objekt'"):
        policies.validating({"expression": "objekt.metadata.name == 'a'"})
    assert "No resources found" in policies.kubectl.run("get", "validatingadmissionpolicy", "-l", f"x={name}").stderr
