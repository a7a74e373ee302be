"""Reviews answer what a real server answers, word for word."""

import gzip
import json
import pathlib
from typing import Any

import pytest

from steersman.api import status
from steersman.apiserver.access import assembly, bootstrap, impersonation, reading, reviews, tokens
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.http import User

CASES = pathlib.Path(__file__).parents[4] / "shared/oracle/cases/auth.jsonl.gz"
ADMIN = User("admin", ("system:masters", "system:authenticated"))
KINDS = {
    "ClusterRole": reading.CLUSTER_ROLES,
    "ClusterRoleBinding": reading.CLUSTER_ROLE_BINDINGS,
    "Role": reading.ROLES,
    "RoleBinding": reading.ROLE_BINDINGS,
}


def assembled(*more: Any) -> assembly.Access:
    reader = reading.Memory()
    for tree in [*bootstrap.objects(), *more]:
        reader.put(KINDS[tree["kind"]], tree)
    return assembly.assemble(reader, RealClock(), tokens.Issuer(pki.new_key()))


def orderless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: sorted(json.dumps(each, sort_keys=True) for each in item) if key.endswith("Rules") else orderless(item)
            for key, item in value.items()
            if key not in ("creationTimestamp", "managedFields")
        }
    return value


@pytest.mark.oracle
def test_reviews_equal_those_of_a_real_server() -> None:
    if not CASES.exists():
        pytest.skip(f"{CASES} is not there")
    with gzip.open(CASES) as file:
        case = json.loads(next(iter(file)))
    steps = list(zip(case["steps"], case["answers"], strict=True))
    namespace = steps[0][0]["body"]["metadata"]["name"]
    made = [answer["body"] for _, answer in steps[2:4]]
    access = assembled(*made)
    compared = 0
    for step, answer in steps:
        parts = step["path"].split("/")
        name = f"{parts[-1]}.{parts[2]}" if len(parts) > 3 else ""
        if name not in reviews.HANDLERS or answer["code"] == 403:
            continue
        headers = {key.lower(): value for key, value in (step.get("headers") or {}).items()}
        user = impersonation.apply(ADMIN, headers, access.authorizer)
        try:
            found: Any = access.review(user, name, namespace, step["body"])
        except status.StatusError as refused:
            found = refused.tree
        assert orderless(found) == orderless(answer["body"]), step
        compared += 1
    assert compared > 30


def test_a_token_review_needs_a_token_and_names_its_user() -> None:
    access = assembled()
    body = {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "spec": {}}
    with pytest.raises(status.StatusError) as refused:
        access.review(ADMIN, "tokenreviews.authentication.k8s.io", "", body)
    assert refused.value.message == "token is required for TokenReview in authentication"


def test_a_local_review_is_about_its_own_namespace() -> None:
    body = {
        "kind": "LocalSubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "metadata": {"namespace": "x"},
        "spec": {"user": "jane", "resourceAttributes": {"namespace": "y", "verb": "get", "resource": "pods"}},
    }
    with pytest.raises(status.StatusError) as refused:
        assembled().review(ADMIN, "localsubjectaccessreviews.authorization.k8s.io", "x", body)
    assert refused.value.code == 422


class TestImpersonation:
    def test_each_part_needs_its_own_permission(self) -> None:
        role = {
            "kind": "ClusterRole",
            "metadata": {"name": "act"},
            "rules": [{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["jane"]}],
        }
        binding = {
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "act"},
            "roleRef": {"kind": "ClusterRole", "name": "act"},
            "subjects": [{"kind": "User", "name": "bot"}],
        }
        authorizer = assembled(role, binding).authorizer
        bot = User("bot", ("system:authenticated",))
        acted = impersonation.apply(bot, {"impersonate-user": "jane"}, authorizer)
        assert acted == User("jane", ("system:authenticated",))
        with pytest.raises(status.StatusError) as refused:
            impersonation.apply(bot, {"impersonate-user": "joe"}, authorizer)
        assert refused.value.message == (
            'users "joe" is forbidden: User "bot" cannot impersonate resource "users" in API group "" '
            "at the cluster scope"
        )
        with pytest.raises(status.StatusError) as refused:
            impersonation.apply(bot, {"impersonate-user": "jane", "impersonate-group": "devs"}, authorizer)
        assert refused.value.message.startswith('groups "devs" is forbidden')

    def test_extra_keys_are_decoded_and_lower_case(self) -> None:
        headers = {"impersonate-user": "jane", "impersonate-extra-example.com%2fteam": "a, b", "impersonate-uid": "7"}
        acted = impersonation.apply(ADMIN, headers, assembled().authorizer)
        assert acted.extra == {"example.com/team": ("a", "b")}
        assert acted.uid == "7"

    def test_anonymous_stays_unauthenticated(self) -> None:
        acted = impersonation.apply(ADMIN, {"impersonate-user": "system:anonymous"}, assembled().authorizer)
        assert acted.groups == ("system:unauthenticated",)

    def test_groups_without_a_user_are_refused(self) -> None:
        with pytest.raises(status.StatusError):
            impersonation.apply(ADMIN, {"impersonate-group": "devs"}, assembled().authorizer)
