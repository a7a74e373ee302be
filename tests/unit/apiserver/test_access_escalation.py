"""Nobody grants what they do not hold, unless somebody who does lets them."""

from typing import Any

import pytest

from steersman.api import status
from steersman.apiserver.access import assembly, bootstrap, escalation, reading, tokens
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.http import User

JANE = User("jane", ("devs", "system:authenticated"))
GROUP = "rbac.authorization.k8s.io"


@pytest.fixture
def reader() -> reading.Memory:
    memory = reading.Memory()
    for tree in bootstrap.objects():
        if tree["kind"] == "ClusterRole":
            memory.put(reading.CLUSTER_ROLES, tree)
    return memory


def hold(reader: reading.Memory, *rules: Any) -> None:
    reader.put(reading.ROLES, {"metadata": {"name": "own", "namespace": "x"}, "rules": list(rules)})
    reader.put(
        reading.ROLE_BINDINGS,
        {
            "metadata": {"name": "own", "namespace": "x"},
            "roleRef": {"kind": "Role", "name": "own"},
            "subjects": [{"kind": "User", "name": "jane"}],
        },
    )


def rule(verbs: str, groups: str, resources: str, **more: Any) -> dict[str, Any]:
    return {"verbs": verbs.split(), "apiGroups": [groups], "resources": resources.split(), **more}


def check(reader: reading.Memory, resource: str, new: Any, old: Any = None, user: User = JANE) -> None:
    access = assembly.assemble(reader, RealClock(), tokens.Issuer(pki.new_key()))
    escalation.check(access.authorizer, access.roles, user, resource, "x", new, old)


def role(*rules: Any, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "r", "namespace": "x"}, "rules": list(rules), **more}


def binding(kind: str, name: str) -> dict[str, Any]:
    return {"metadata": {"name": "b", "namespace": "x"}, "roleRef": {"kind": kind, "name": name, "apiGroup": GROUP}}


def test_what_is_missing_is_listed_by_resource(reader: reading.Memory) -> None:
    hold(reader, rule("get list", "", "pods"))
    check(reader, "roles", role(rule("get", "", "pods"), rule("get", "", "pods", resourceNames=["a"])))
    wanted = role(rule("get list delete", "", "pods services"), {"verbs": ["get"], "nonResourceURLs": ["/x"]})
    with pytest.raises(status.StatusError) as refused:
        check(reader, "roles", wanted)
    assert refused.value.message == (
        f'roles.{GROUP} "r" is forbidden: user "jane" (groups=["devs" "system:authenticated"]) is attempting to '
        "grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n'
        '{APIGroups:[""], Resources:["services"], Verbs:["get" "list" "delete"]}\n'
        '{NonResourceURLs:["/x"], Verbs:["get"]}'
    )


def test_the_verb_escalate_lifts_the_check(reader: reading.Memory) -> None:
    hold(reader, rule("escalate", GROUP, "roles"))
    check(reader, "roles", role(rule("*", "*", "*")))


def test_superusers_grant_anything(reader: reading.Memory) -> None:
    check(reader, "clusterroles", role(rule("*", "*", "*")), user=User("root", ("system:masters",)))


def test_binding_needs_the_roles_rules_or_the_verb_bind(reader: reading.Memory) -> None:
    with pytest.raises(status.StatusError) as refused:
        check(reader, "rolebindings", binding("ClusterRole", "system:kube-dns"))
    assert refused.value.code == 403
    assert '{APIGroups:[""], Resources:["endpoints"], Verbs:["list" "watch"]}' in refused.value.message
    hold(reader, rule("bind", GROUP, "clusterroles", resourceNames=["system:kube-dns"]))
    check(reader, "rolebindings", binding("ClusterRole", "system:kube-dns"))
    hold(reader, rule("list watch", "", "endpoints services"))
    check(reader, "rolebindings", binding("ClusterRole", "system:kube-dns"))


def test_a_role_that_is_not_there_cannot_be_bound(reader: reading.Memory) -> None:
    with pytest.raises(status.StatusError) as refused:
        check(reader, "rolebindings", binding("Role", "gone"))
    assert refused.value.message == f'rolebindings.{GROUP} "gone" not found'


def test_an_aggregating_role_could_become_anything(reader: reading.Memory) -> None:
    wanted = role(aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]})
    with pytest.raises(status.StatusError) as refused:
        check(reader, "clusterroles", wanted)
    assert "must have cluster-admin privileges to use the aggregationRule" in refused.value.message


def test_the_garbage_collectors_edits_pass(reader: reading.Memory) -> None:
    old = role(rule("*", "*", "*"))
    new = {**old, "metadata": {**old["metadata"], "ownerReferences": [{"uid": "1"}]}}
    check(reader, "roles", new, old)
    with pytest.raises(status.StatusError):
        check(reader, "roles", {**new, "metadata": {**new["metadata"], "labels": {"a": "b"}}}, old)
