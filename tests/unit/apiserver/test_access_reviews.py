"""Reviews answer what a real server answers, word for word."""

import dataclasses
import gzip
import json
import pathlib
from typing import Any

import pytest

from steersman.api import status
from steersman.apiserver.access import assembly, bootstrap, impersonation, reading, reviews, tokens
from steersman.apiserver.access.attributes import Attributes
from steersman.kit import pki
from steersman.kit.clock import RealClock
from steersman.kit.http import User

CASES = pathlib.Path(__file__).parents[4] / "shared/oracle/cases/auth.jsonl.gz"
ADMIN = User("admin", ("system:masters", "system:authenticated"))
LISTS_PODS = Attributes(ADMIN, "list", version="v1", resource="pods", namespace="default")
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
        user = impersonation.apply(headers, LISTS_PODS, access.authorizer)
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


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (
            {"fieldSelector": {"rawSelector": "a=b", "requirements": [{"key": "a", "operator": "Exists"}]}},
            'fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements',
        ),
        (
            {"labelSelector": {}},
            (
                "labelSelector.requirements: Required value: when spec.resourceAttributes.labelSelector is specified, "
                "requirements or rawSelector is required"
            ),
        ),
        (
            {"fieldSelector": {"requirements": [{"operator": "Exists"}]}},
            "fieldSelector.requirements[0].key: Required value: must be specified",
        ),
        (
            {"labelSelector": {"requirements": [{"key": "a", "operator": "In"}]}},
            (
                "labelSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or "
                "'NotIn'"
            ),
        ),
        (
            {"fieldSelector": {"requirements": [{"key": "a", "operator": "Exists", "values": ["b"]}]}},
            (
                "fieldSelector.requirements[0].values: Forbidden: may not be specified when `operator` is 'Exists' or "
                "'DoesNotExist'"
            ),
        ),
        ({"fieldSelector": {"requirements": [{"key": "a", "operator": "Like"}]}}, ""),
    ],
)
def test_a_selector_says_one_thing(selector: Any, text: str) -> None:
    body = {
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
        "spec": {"resourceAttributes": {"verb": "list", "resource": "pods", **selector}},
    }  # fmt: skip
    name = "selfsubjectaccessreviews.authorization.k8s.io"
    if not text:
        assert assembled().review(ADMIN, name, "", body)["status"]["allowed"]
        return
    with pytest.raises(status.StatusError) as refused:
        assembled().review(ADMIN, name, "", body)
    assert refused.value.code == 422
    assert refused.value.message.endswith(f"spec.resourceAttributes.{text}")


@pytest.mark.parametrize(
    ("selectors", "ignored"),
    [
        ({"fieldSelector": {"rawSelector": "a=="}, "labelSelector": {"rawSelector": "!!"}}, ["labelSelector"]),
        (
            {"fieldSelector": {"rawSelector": "a"}, "labelSelector": {"rawSelector": "a in (b"}},
            ["fieldSelector", "labelSelector"],
        ),
        ({"fieldSelector": {"requirements": [{"key": "a", "operator": "Exists"}]}}, ["fieldSelector"]),
        ({"fieldSelector": {"requirements": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}}, []),
        ({"labelSelector": {"requirements": [{"key": "a", "operator": "Gt", "values": ["1"]}]}}, ["labelSelector"]),
        ({"labelSelector": {"requirements": [{"key": "a", "operator": "In", "values": ["b", "c"]}]}}, []),
    ],
)
def test_a_review_tells_which_selectors_it_could_not_read(selectors: Any, ignored: list[str]) -> None:
    body = {
        "kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
        "spec": {"resourceAttributes": {"verb": "list", "resource": "pods", **selectors}},
    }  # fmt: skip
    answer = assembled().review(ADMIN, "selfsubjectaccessreviews.authorization.k8s.io", "", body)["status"]
    told = "; ".join(f"spec.resourceAttributes.{kind} ignored due to parse error" for kind in ignored)
    assert answer.get("evaluationError", "") == told


def may(user: str, *rules: Any) -> list[Any]:
    """A role with these rules, bound to the user."""
    role = {"kind": "ClusterRole", "metadata": {"name": "act"}, "rules": list(rules)}
    binding = {
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "act"},
        "roleRef": {"kind": "ClusterRole", "name": "act"},
        "subjects": [{"kind": "User", "name": user}],
    }
    return [role, binding]


def rule(verb: str, resource: str, *names: str, group: str = "") -> Any:
    return {"verbs": [verb], "apiGroups": [group], "resources": [resource], "resourceNames": list(names)}


def act(requester: User, /, *objects: Any, **headers: str) -> User:
    named = {f"impersonate-{name}": value for name, value in headers.items()}
    return impersonation.apply(named, dataclasses.replace(LISTS_PODS, user=requester), assembled(*objects).authorizer)


class TestImpersonation:
    bot = User("bot", ("system:authenticated",))

    def test_each_part_needs_its_own_permission(self) -> None:
        granted = may("bot", rule("impersonate", "users", "jane"))
        assert act(self.bot, *granted, user="jane") == User("jane", ("system:authenticated",))
        for more in ({"group": "devs"}, {"uid": "7"}, {"extra-team": "a"}):
            with pytest.raises(status.StatusError):
                act(self.bot, *granted, user="jane", **more)

    def test_the_first_refusal_is_told_and_that_is_the_narrow_one(self) -> None:
        with pytest.raises(status.StatusError) as refused:
            act(self.bot, user="joe")
        assert refused.value.message == (
            'pods is forbidden: User "bot" cannot impersonate-on:user-info:list resource "pods" in API group "" '
            'in the namespace "default"'
        )

    def test_extra_keys_are_decoded_and_lower_case(self) -> None:
        acted = act(ADMIN, **{"user": "jane", "extra-example.com%2fteam": "a, b", "uid": "7"})
        assert acted.extra == {"example.com/team": ("a, b",)}
        assert acted.uid == "7"

    def test_anonymous_stays_unauthenticated(self) -> None:
        assert act(ADMIN, user="system:anonymous").groups == ("system:unauthenticated",)

    def test_groups_without_a_user_are_refused(self) -> None:
        with pytest.raises(status.StatusError) as refused:
            act(ADMIN, **{"group": "devs", "extra-foo": 'a"b'})
        assert refused.value.code == 400
        assert refused.value.message == (
            'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"devs"}, '
            'Extra:map[string][]string{"foo":[]string{"a\\"b"}}} without impersonating a user name'
        )
        with pytest.raises(status.StatusError) as refused:
            act(ADMIN, uid="7")
        assert 'UID:"7", Groups:[]string(nil), Extra:map[string][]string(nil)}' in refused.value.message


class TestConstrainedImpersonation:
    """KEP-5284: being somebody, and doing one thing as somebody, are two permissions."""

    bot = User("bot", ("system:authenticated",))
    authentication = "authentication.k8s.io"

    def test_a_user_for_one_verb(self) -> None:
        granted = may(
            "bot",
            rule("impersonate:user-info", "users", "jane", group=self.authentication),
            {"verbs": ["impersonate-on:user-info:list"], "apiGroups": [""], "resources": ["pods"]},
        )
        assert act(self.bot, *granted, user="jane").name == "jane"
        deletes = dataclasses.replace(LISTS_PODS, user=self.bot, verb="delete", name="a")
        with pytest.raises(status.StatusError) as refused:
            impersonation.apply({"impersonate-user": "jane"}, deletes, assembled(*granted).authorizer)
        assert "cannot impersonate-on:user-info:delete" in refused.value.message

    def test_a_service_account_is_nobody_of_user_info(self) -> None:
        account = "system:serviceaccount:apps:web"
        on = {"verbs": ["impersonate-on:serviceaccount:list"], "apiGroups": [""], "resources": ["pods"]}
        granted = may(
            "bot", rule("impersonate:serviceaccount", "serviceaccounts", "web", group=self.authentication), on
        )
        assert "system:serviceaccounts:apps" in act(self.bot, *granted, user=account).groups
        with pytest.raises(status.StatusError):
            act(self.bot, *granted, user=account, group="devs")

    def test_a_node_has_the_nodes_group(self) -> None:
        on = {"verbs": ["impersonate-on:arbitrary-node:list"], "apiGroups": [""], "resources": ["pods"]}
        granted = may("bot", rule("impersonate:arbitrary-node", "nodes", "n1", group=self.authentication), on)
        assert act(self.bot, *granted, user="system:node:n1").groups == ("system:nodes", "system:authenticated")
        with pytest.raises(status.StatusError):
            act(self.bot, *granted, user="system:node:n2")

    def test_an_agent_acts_as_the_node_its_pod_runs_on(self) -> None:
        name = "system:serviceaccount:apps:agent"
        agent = User(name, ("system:authenticated",), extra={"authentication.kubernetes.io/node-name": ("n1",)})
        on = {"verbs": ["impersonate-on:associated-node:list"], "apiGroups": [""], "resources": ["pods"]}
        granted = may(name, rule("impersonate:associated-node", "nodes", "*", group=self.authentication), on)
        assert act(agent, *granted, user="system:node:n1").name == "system:node:n1"
        with pytest.raises(status.StatusError):
            act(agent, *granted, user="system:node:n2")

    def test_masters_are_nobody_that_a_constrained_mode_makes(self) -> None:
        granted = may(
            "bot",
            {"verbs": ["impersonate:user-info"], "apiGroups": ["*"], "resources": ["*"]},
            {"verbs": ["impersonate-on:user-info:list"], "apiGroups": [""], "resources": ["pods"]},
        )
        with pytest.raises(status.StatusError) as refused:
            act(self.bot, *granted, user="jane", group="system:masters")
        assert refused.value.message.endswith("impersonating the system:masters group is not allowed")
