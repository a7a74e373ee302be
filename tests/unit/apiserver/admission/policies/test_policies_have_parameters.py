"""`params`: objects that bindings give to policies."""

from typing import Any

import pytest

from unit.apiserver.admission.policies.bound import PolicyApi, check, rule
from unit.apiserver.serving import CONFIG_MAPS

MAPS = {"apiVersion": "v1", "kind": "ConfigMap"}
SECRETS = "/api/v1/namespaces/default/secrets"
LIMIT = check("object.data.size() <= int(params.data.most)", messageExpression="'over ' + string(params.data.most)")
PODS_ONLY = rule("secrets")
TWO = {"metadata": {"name": "s"}, "data": {"a": "YQ==", "b": "Yg=="}}


async def limited(api: PolicyApi, ref: Any, **more: Any) -> None:
    """A policy for secrets whose parameters are config maps."""
    binding = {} if ref is None else {"paramRef": {"parameterNotFoundAction": "Deny", **ref}}
    await api.validates("p", LIMIT, paramKind=MAPS, rules=[PODS_ONLY], binding=binding, **more)


async def refusal(api: PolicyApi, target: str = SECRETS, body: Any = TWO) -> str:
    code, text = await api.refusal(target, body)
    assert code == 422
    return text.partition("denied request: ")[2]


async def test_a_parameter_is_named(api: PolicyApi) -> None:
    await api.config_map("limit", {"most": "1"})
    await limited(api, {"name": "limit"})
    assert await refusal(api) == "over 1"
    await api.call("PATCH", f"{CONFIG_MAPS}/limit", {"data": {"most": "2"}}, type="application/merge-patch+json")
    await api.make(SECRETS, TWO)


async def test_all_parameters_that_are_selected_must_agree(api: PolicyApi) -> None:
    for most in "321":
        await api.config_map(f"limit-{most}", {"most": most}, labels={"limit": "yes"})
    await api.config_map("other", {"most": "0"})
    await limited(api, {"selector": {"matchLabels": {"limit": "yes"}}})
    assert await refusal(api) == "over 1"


async def test_parameters_may_be_elsewhere(api: PolicyApi) -> None:
    await api.make("/api/v1/namespaces", {"metadata": {"name": "rules"}})
    await api.make("/api/v1/namespaces/rules/configmaps", {"metadata": {"name": "limit"}, "data": {"most": "0"}})
    await limited(api, {"name": "limit", "namespace": "rules"})
    assert await refusal(api) == "over 0"


@pytest.mark.parametrize("ref", [{"name": "gone"}, {"selector": {"matchLabels": {"a": "b"}}}])
async def test_missing_parameters_refuse_or_allow(api: PolicyApi, ref: Any) -> None:
    await limited(api, ref)
    assert await refusal(api) == (
        "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction"
    )
    await api.call("DELETE", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/p")
    await api.binds("p", paramRef={**ref, "parameterNotFoundAction": "Allow"})
    await api.make(SECRETS, TWO)


async def test_a_binding_without_a_reference_gives_null(api: PolicyApi) -> None:
    await api.validates("p", "params == null", paramKind=MAPS, rules=[PODS_ONLY])
    await api.make(SECRETS, TWO)


async def test_a_write_of_the_cluster_must_say_where_its_parameters_are(api: PolicyApi) -> None:
    ref = {"name": "limit", "parameterNotFoundAction": "Deny"}
    await api.validates("p", "true", paramKind=MAPS, rules=[rule("nodes")], binding={"paramRef": ref})
    assert await refusal(api, "/api/v1/nodes", {"metadata": {"name": "n"}}) == (
        "failed to configure binding: cannot use namespaced paramRef in policy binding that matches "
        "cluster-scoped resources"
    )


async def test_parameters_of_the_cluster_are_in_no_namespace(api: PolicyApi) -> None:
    ref = {"name": "n", "namespace": "default", "parameterNotFoundAction": "Deny"}
    node = {"apiVersion": "v1", "kind": "Node"}
    await api.validates("p", "true", paramKind=node, rules=[PODS_ONLY], binding={"paramRef": ref})
    assert await refusal(api) == (
        "failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`"
    )


@pytest.mark.parametrize(("failure_policy", "code"), [("Fail", 422), ("Ignore", 201)])
async def test_a_kind_that_is_not_served_is_a_fault_of_the_policy(
    api: PolicyApi, failure_policy: str, code: int
) -> None:
    kind = {"apiVersion": "rules.example.com/v1", "kind": "Limit"}
    await api.validates("p", "true", paramKind=kind, rules=[PODS_ONLY], failurePolicy=failure_policy)
    got, body = await api.call("POST", SECRETS, TWO)
    assert got == code
    if code == 422:
        assert body["message"].endswith(
            "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource "
            "referenced by paramKind: 'rules.example.com/v1, Kind=Limit'"
        )


async def test_custom_resources_are_parameters(api: PolicyApi) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    await api.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        "metadata": {"name": "limits.rules.example.com"},
        "spec": {
            "group": "rules.example.com", "scope": "Cluster", "names": {"plural": "limits", "kind": "Limit"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    })  # fmt: skip
    await api.clock.advance(1)
    await api.make("/apis/rules.example.com/v1/limits", {
        "apiVersion": "rules.example.com/v1", "kind": "Limit", "metadata": {"name": "few"}, "most": 1,
    })  # fmt: skip
    await api.validates(
        "p", check("object.data.size() <= params.most", messageExpression="params.kind + ' is ' + string(params.most)"),
        paramKind={"apiVersion": "rules.example.com/v1", "kind": "Limit"}, rules=[PODS_ONLY],
        binding={"paramRef": {"name": "few", "parameterNotFoundAction": "Deny"}},
    )  # fmt: skip
    assert await refusal(api) == "Limit is 1"
