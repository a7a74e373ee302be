"""RBAC answers who may do what, names the binding that says so, and notices every change."""

import dataclasses

import pytest

from steersman.api.tree import MutableTree
from steersman.apiserver.access import attributes, authorization, bootstrap, rbac, reading
from steersman.kit.http import User

GROUP = "rbac.authorization.k8s.io"
JANE = User("jane", ("system:authenticated",))
ACCOUNT = User("system:serviceaccount:x:default", ("system:serviceaccounts", "system:serviceaccounts:x"))


def role(name: str, *rules: MutableTree, namespace: str = "") -> MutableTree:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": meta, "rules": list(rules)}


def binding(name: str, to: str, *subjects: MutableTree, namespace: str = "", kind: str = "ClusterRole") -> MutableTree:
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": meta, "roleRef": {"apiGroup": GROUP, "kind": kind, "name": to}, "subjects": list(subjects)}


def allow(verbs: str, groups: str, resources: str, **more: list[str]) -> MutableTree:
    return {"verbs": verbs.split(), "apiGroups": groups.split(","), "resources": resources.split(), **more}


@pytest.fixture
def reader() -> reading.Memory:
    memory = reading.Memory()
    memory.put(
        reading.ROLES,
        role(
            "reader",
            allow("get list", "", "configmaps pods/log"),
            allow("get", "", "secrets", resourceNames=["one"]),
            allow("*", "apps", "*/scale"),
            namespace="x",
        ),
    )
    memory.put(
        reading.ROLE_BINDINGS,
        binding(
            "b",
            "reader",
            {"kind": "User", "name": "jane"},
            {"kind": "ServiceAccount", "name": "default", "namespace": "x"},
            {"kind": "Group", "name": "devs"},
            namespace="x",
            kind="Role",
        ),
    )
    return memory


def ask(user: User, verb: str, resource: str, **more: str) -> attributes.Attributes:
    resource, _, subresource = resource.partition("/")
    base = attributes.Attributes(user, verb, resource=resource, subresource=subresource, namespace="x", version="v1")
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verb", "resource", "more", "allowed"),
    [
        ("list", "configmaps", {}, True),
        ("delete", "configmaps", {}, False),
        ("get", "configmaps", {"namespace": "y"}, False),
        ("get", "secrets", {"name": "one"}, True),
        ("get", "secrets", {"name": "two"}, False),
        ("get", "secrets", {}, False),
        ("get", "pods/log", {"name": "p"}, True),
        ("get", "pods", {"name": "p"}, False),
        ("update", "deployments/scale", {"group": "apps"}, True),
        ("get", "deployments", {"group": "apps"}, False),
        ("list", "configmaps", {"group": "apps"}, False),
    ],
)
def test_a_role_reaches_as_far_as_its_rules(
    reader: reading.Memory, verb: str, resource: str, more: dict[str, str], allowed: bool
) -> None:
    assert rbac.Rbac(reader).authorize(ask(JANE, verb, resource, **more)).allowed is allowed


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        (JANE, 'User "jane"'),
        (ACCOUNT, 'ServiceAccount "default/x"'),
        (User("joe", ("devs",)), 'Group "devs"'),
    ],
)
def test_the_reason_names_binding_role_and_subject(reader: reading.Memory, user: User, subject: str) -> None:
    decision = rbac.Rbac(reader).authorize(ask(user, "get", "configmaps"))
    assert decision.reason == f'RBAC: allowed by RoleBinding "b/x" of Role "reader" to {subject}'


def test_a_change_of_any_of_the_four_kinds_is_noticed(reader: reading.Memory) -> None:
    roles = rbac.Rbac(reader)
    question = ask(JANE, "delete", "configmaps")
    assert not roles.authorize(question).allowed
    reader.put(reading.CLUSTER_ROLES, role("all", allow("*", "*", "*")))
    reader.put(reading.CLUSTER_ROLE_BINDINGS, binding("j", "all", {"kind": "User", "name": "jane"}))
    assert roles.authorize(question).reason == (
        'RBAC: allowed by ClusterRoleBinding "j" of ClusterRole "all" to User "jane"'
    )
    reader.remove(reading.CLUSTER_ROLES, "", "all")
    assert roles.authorize(question).reason == f'RBAC: clusterrole.{GROUP} "all" not found'


def test_paths_match_exactly_or_by_a_trailing_star(reader: reading.Memory) -> None:
    reader.put(reading.CLUSTER_ROLES, role("p", {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/logs/*"]}))
    reader.put(reading.CLUSTER_ROLE_BINDINGS, binding("p", "p", {"kind": "User", "name": "jane"}))
    roles = rbac.Rbac(reader)

    def allowed(path: str, verb: str = "get") -> bool:
        return roles.authorize(attributes.Attributes(JANE, verb, path=path, is_resource=False)).allowed

    assert allowed("/healthz")
    assert allowed("/logs/a/b")
    assert not allowed("/logs")
    assert not allowed("/healthz/etcd")
    assert not allowed("/healthz", "post")


def test_refusals_read_as_the_reference_writes_them() -> None:
    def text(question: attributes.Attributes, reason: str = "") -> str:
        decision = authorization.Decision(authorization.Verdict.NONE, reason)
        return authorization.refusal(question, decision).message

    assert text(ask(JANE, "list", "secrets")) == (
        'secrets is forbidden: User "jane" cannot list resource "secrets" in API group "" in the namespace "x"'
    )
    assert text(ask(JANE, "get", "deployments/scale", group="apps", name="d")) == (
        'deployments.apps "d" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" '
        'in the namespace "x"'
    )
    assert text(ask(JANE, "list", "nodes", namespace=""), "RBAC: no") == (
        'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope: RBAC: no'
    )
    path = attributes.Attributes(JANE, "get", path="/metrics", is_resource=False)
    refusal = authorization.refusal(path, authorization.NONE)
    assert refusal.message == 'forbidden: User "jane" cannot get path "/metrics"'
    assert refusal.tree.get("details", {}) == {}


def test_superusers_need_no_role() -> None:
    union = authorization.Union([authorization.Superusers(), rbac.Rbac(reading.Memory())])
    assert union.authorize(ask(User("root", ("system:masters",)), "delete", "nodes")) == authorization.ALLOW


def test_the_rules_of_a_user_come_from_all_that_reaches_them(reader: reading.Memory) -> None:
    for tree in bootstrap.objects():
        kind = {
            "ClusterRole": reading.CLUSTER_ROLES,
            "ClusterRoleBinding": reading.CLUSTER_ROLE_BINDINGS,
            "Role": reading.ROLES,
            "RoleBinding": reading.ROLE_BINDINGS,
        }[tree["kind"]]
        reader.put(kind, tree)
    rules, missing = rbac.Rbac(reader).rules_for(JANE, "x")
    assert missing == []
    assert {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]} in rules
    assert {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*/scale"]} in rules
    assert len(rules) == 8
    assert len(rbac.Rbac(reader).rules_for(JANE, "y")[0]) == 5
