"""Admission policies as Kubernetes' pages and policy libraries write them, in our own words: they do what they say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

import kube
from compat import objects

V1 = "admissionregistration.k8s.io/v1"
CHANGES = ["CREATE", "UPDATE"]


def matching(group: str, *kinds: str) -> dict[str, Any]:
    return {
        "resourceRules": [
            {"apiGroups": [group], "apiVersions": ["v1"], "operations": CHANGES, "resources": list(kinds)}
        ]
    }


class Policies:
    """Makes policies that hold in one namespace only, and takes them away again."""

    def __init__(self, kubectl: kube.Kubectl, namespace: str) -> None:
        self.kubectl, self.namespace = kubectl, namespace
        self.made: list[str] = []

    def add(self, kind: str, spec: dict[str, Any], **binding: Any) -> None:
        """A policy and its binding; the binding chooses the test's namespace."""
        name = self.namespace
        chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
        bound = {"policyName": name, "matchResources": chosen, **binding}
        for each, body in ((kind, spec), (f"{kind}Binding", bound)):
            self.kubectl.apply({"apiVersion": V1, "kind": each, "metadata": {"name": name}, "spec": body})
            self.made.append(f"{each}/{name}")

    def close(self) -> None:
        self.kubectl("delete", "--ignore-not-found", *self.made)


@pytest.fixture
def policies(kubectl: kube.Kubectl, name: str) -> Iterator[Policies]:
    made = Policies(kubectl, name)
    yield made
    made.close()


def refusal(kubectl: kube.Kubectl, tree: dict[str, Any]) -> str:
    """What kubectl says of a tree that a policy refuses, as soon as the policy is known."""

    def tried() -> str:
        answer = kubectl.run("apply", "--dry-run=server", "-f", "-", stdin=json.dumps(tree))
        return answer.stderr if answer.returncode else ""

    return kube.eventually(tried, "the policy refuses", 10.0)


def changed(kubectl: kube.Kubectl, tree: dict[str, Any], *path: str) -> Any:
    """What a policy made of a tree, at a path, once it made something."""

    def tried() -> Any:
        made = json.loads(kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(tree)))
        for step in path:
            made = made.get(step) or {}
        return made

    return kube.eventually(tried, "the policy changes", 10.0)


def test_replicas_are_limited_by_a_parameter_of_the_namespace(kubectl: kube.Kubectl, policies: Policies) -> None:
    kubectl.apply(objects.configmap("limits", None, most="2"))
    spec = {
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": matching("apps", "deployments"),
        "validations": [
            {
                "expression": "object.spec.replicas <= int(params.data.most)",
                "messageExpression": "'at most ' + params.data.most + ' replicas'",
                "reason": "Invalid",
            }
        ],
    }
    by = {"name": "limits", "parameterNotFoundAction": "Deny"}
    policies.add("ValidatingAdmissionPolicy", spec, validationActions=["Deny"], paramRef=by)
    said = refusal(kubectl, objects.deployment("d", 3))
    assert "at most 2 replicas" in said
    assert policies.namespace in said
    assert kubectl.apply(objects.deployment("d", 2)) == "deployment.apps/d created\n"


def test_images_come_from_where_the_policys_variables_say(kubectl: kube.Kubectl, policies: Policies) -> None:
    spec = {
        "matchConstraints": matching("apps", "deployments"),
        "matchConditions": [{"name": "not-exempt", "expression": "!('exempt' in object.metadata.?labels.orValue({}))"}],
        "variables": [
            {"name": "containers", "expression": "object.spec.template.spec.containers"},
            {"name": "bad", "expression": "variables.containers.filter(c, !c.image.startsWith('ours/'))"},
        ],
        "validations": [
            {
                "expression": "variables.bad.size() == 0",
                "messageExpression": "'not ours: ' + variables.bad.map(c, c.image).join(', ')",
            }
        ],
    }
    policies.add("ValidatingAdmissionPolicy", spec, validationActions=["Deny"])
    assert "not ours: app:1" in refusal(kubectl, objects.deployment("d", 1, "app:1"))
    kubectl.apply(objects.deployment("d", 1, "ours/app:1"))
    exempt = objects.deployment("e", 1, "app:1")
    exempt["metadata"]["labels"] = {"exempt": "yes"}
    kubectl.apply(exempt)


def test_a_warning_lets_the_change_through(kubectl: kube.Kubectl, policies: Policies) -> None:
    spec = {
        "matchConstraints": matching("", "configmaps"),
        "validations": [{"expression": "has(object.metadata.labels)", "message": "it has no labels"}],
    }
    policies.add("ValidatingAdmissionPolicy", spec, validationActions=["Warn", "Audit"])
    tree = json.dumps(objects.configmap("c", None, a="1"))

    def warned() -> bool:
        answer = kubectl.run("apply", "--dry-run=server", "-f", "-", stdin=tree)
        assert answer.returncode == 0
        return "it has no labels" in answer.stderr

    kube.eventually(warned, "the policy warns", 10.0)


def sidecar(more: str = "") -> dict[str, Any]:
    made = (
        "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{"
        "initContainers: [Object.spec.template.spec.initContainers{"
        f"name: 'mesh', image: 'mesh:1', restartPolicy: 'Always'{more}}}]}}}}}}}}"
    )
    there = "object.spec.template.spec.?initContainers.orValue([]).exists(c, c.name == 'mesh')"
    return {
        "matchConstraints": matching("apps", "deployments"),
        "matchConditions": [{"name": "not-there-yet", "expression": f"!{there}"}],
        "failurePolicy": "Fail",
        "reinvocationPolicy": "IfNeeded",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": made}}],
    }


def test_a_sidecar_is_put_in_by_an_apply_configuration(kubectl: kube.Kubectl, policies: Policies) -> None:
    policies.add("MutatingAdmissionPolicy", sidecar())
    [made] = changed(kubectl, objects.deployment("d", 1), "spec", "template", "spec", "initContainers")
    assert (made["name"], made["image"], made["restartPolicy"]) == ("mesh", "mesh:1", "Always")


def test_a_sidecar_with_arguments_is_refused_as_they_are_an_atomic_list(
    kubectl: kube.Kubectl, policies: Policies
) -> None:
    """The example of Kubernetes' page has arguments, and fails on the reference, too."""
    policies.add("MutatingAdmissionPolicy", sidecar(", args: ['proxy']"))
    assert (
        "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
        ".spec.template.spec.initContainers[0].args"
    ) in refusal(kubectl, objects.deployment("d", 1))


def test_a_label_is_put_in_by_a_json_patch(kubectl: kube.Kubectl, policies: Policies) -> None:
    patch = (
        "has(object.metadata.labels) ? "
        "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('example.com/by'), value: 'policy'}] : "
        "[JSONPatch{op: 'add', path: '/metadata/labels', value: {'example.com/by': 'policy'}}]"
    )
    spec = {
        "matchConstraints": matching("", "configmaps"),
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
    }
    policies.add("MutatingAdmissionPolicy", spec)
    bare = objects.configmap("c", None, a="1")
    assert changed(kubectl, bare, "metadata", "labels") == {"example.com/by": "policy"}
    bare["metadata"]["labels"] = {"x": "y"}
    assert changed(kubectl, bare, "metadata", "labels") == {"x": "y", "example.com/by": "policy"}
