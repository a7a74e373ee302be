"""Which writes policies and bindings mean."""

from typing import Any

import pytest

from unit.apiserver.admission.policies.bound import CONFIG_MAPS as RULE
from unit.apiserver.admission.policies.bound import GROUP, VALIDATING, VALIDATING_BINDINGS, PolicyApi, named, rule, spec
from unit.apiserver.serving import CONFIG_MAPS, MERGE, PODS

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def config_map(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}}


async def refused(api: PolicyApi, body: Any, target: str = CONFIG_MAPS) -> bool:
    code, answer = await api.call("POST", f"{target}?dryRun=All", body)
    assert code in (201, 422), answer
    return code == 422


async def test_a_policy_without_a_binding_is_not_in_force(api: PolicyApi) -> None:
    await api.make(VALIDATING, named("p", spec(validations=[{"expression": "false"}])))
    assert not await refused(api, config_map("a"))
    await api.binds("p")
    assert await refused(api, config_map("a"))
    await api.call("DELETE", f"{VALIDATING_BINDINGS}/p")
    assert not await refused(api, config_map("a"))


async def test_a_binding_waits_for_its_policy(api: PolicyApi) -> None:
    await api.binds("p")
    assert not await refused(api, config_map("a"))
    await api.make(VALIDATING, named("p", spec(validations=[{"expression": "false"}])))
    assert await refused(api, config_map("a"))


async def test_a_changed_policy_is_compiled_again(api: PolicyApi) -> None:
    await api.validates("p", "false")
    assert await refused(api, config_map("a"))
    code, _ = await api.call(
        "PATCH", f"{VALIDATING}/p", {"spec": {"validations": [{"expression": "true"}]}}, type=MERGE
    )
    assert code == 200
    assert not await refused(api, config_map("a"))


async def test_rules_name_objects_and_leave_some_out(api: PolicyApi) -> None:
    rules = [{**RULE, "resourceNames": ["a", "b"]}]
    await api.validates("p", "false", rules=rules, match={"excludeResourceRules": [{**RULE, "resourceNames": ["b"]}]})
    assert [await refused(api, config_map(name)) for name in "abc"] == [True, False, False]


async def test_selectors_choose_objects_and_namespaces(api: PolicyApi) -> None:
    await api.make("/api/v1/namespaces", {"metadata": {"name": "loose", "labels": {"strict": "no"}}})
    match = {
        "objectSelector": {"matchLabels": {"checked": "yes"}},
        "namespaceSelector": {"matchExpressions": [{"key": "strict", "operator": "DoesNotExist"}]},
    }
    await api.validates("p", "false", match=match)
    assert await refused(api, config_map("a", checked="yes"))
    assert not await refused(api, config_map("a"))
    assert not await refused(api, config_map("a", checked="yes"), "/api/v1/namespaces/loose/configmaps")


async def test_a_binding_may_mean_less_than_its_policy(api: PolicyApi) -> None:
    resources = {"objectSelector": {"matchLabels": {"checked": "yes"}}}
    await api.validates("p", "false", binding={"matchResources": resources})
    assert await refused(api, config_map("a", checked="yes"))
    assert not await refused(api, config_map("a"))


@pytest.mark.parametrize(("policy", "meant"), [("Equivalent", True), ("Exact", False)])
async def test_another_version_of_a_resource_is_meant_too(api: PolicyApi, policy: str, meant: bool) -> None:
    metric = {"apiVersion": "autoscaling/v2", "metadata": {"name": "a"}, "spec": {
        "maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"},
    }}  # fmt: skip
    await api.validates(
        "p", "object.apiVersion == 'autoscaling/v1' && request.requestKind.version == 'v2' && false",
        rules=[rule("horizontalpodautoscalers", group="autoscaling", version="v1")], match={"matchPolicy": policy},
    )  # fmt: skip
    target = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    assert await refused(api, metric, target) is meant


async def test_match_conditions_except_writes(api: PolicyApi) -> None:
    await api.validates("p", "false", matchConditions=[{"name": "c", "expression": "object.metadata.name != 'free'"}])
    assert await refused(api, config_map("a"))
    assert not await refused(api, config_map("free"))


async def test_a_condition_without_a_value_counts_as_the_failure_policy_says(api: PolicyApi) -> None:
    conditions = [{"name": "c", "expression": "object.data.missing == 'x'"}]
    await api.validates("p", "true", matchConditions=conditions)
    body = {**config_map("a"), "data": {"k": "v"}}
    assert (await api.refusal(CONFIG_MAPS, body))[1].endswith("no such key: missing")
    await api.call("PATCH", f"{VALIDATING}/p", {"spec": {"failurePolicy": "Ignore"}}, type=MERGE)
    await api.make(CONFIG_MAPS, body)


async def test_subresources_are_met_where_rules_name_them(api: PolicyApi) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    body = {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
    await api.make(DEPLOYMENTS, body)
    await api.validates(
        "p", {"expression": "object.spec.replicas < 4", "message": "few"},
        rules=[rule("deployments/scale", group="apps")],
    )  # fmt: skip
    code, answer = await api.call("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": 5}}, type=MERGE)
    assert (code, answer["details"]["name"]) == (422, "d")
    code, _ = await api.call("PATCH", f"{DEPLOYMENTS}/d/scale", {"spec": {"replicas": 2}}, type=MERGE)
    assert code == 200


async def test_connections_are_met(api: PolicyApi) -> None:
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.pod("a")
    text = "object.kind == 'PodExecOptions' && !('sh' in object.command)"
    await api.validates("p", text, rules=[rule("pods/exec", operations=("CONNECT",))])
    code, body = await api.call("POST", f"{PODS}/a/exec?command=sh&container=c")
    assert (code, body["reason"]) == (422, "Invalid")


async def test_policies_do_not_meet_themselves(api: PolicyApi) -> None:
    await api.validates("p", "false", rules=[rule("*", group="*", version="*")])
    review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    await api.make("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    hooks = f"{GROUP}/validatingwebhookconfigurations"
    assert (await api.refusal(hooks, {"metadata": {"name": "hooks"}}))[0] == 422, "a policy may guard webhooks"
    code, _ = await api.call("DELETE", f"{VALIDATING_BINDINGS}/p")
    assert code == 200
    code, _ = await api.call("DELETE", f"{GROUP}/validatingadmissionpolicies/p")
    assert code == 200


async def test_a_namespace_is_in_no_namespace(api: PolicyApi) -> None:
    await api.validates("p", "namespaceObject == null && object.metadata.name == 'a'", rules=[rule("namespaces")])
    await api.make("/api/v1/namespaces", {"metadata": {"name": "a"}})
    assert (await api.refusal("/api/v1/namespaces", {"metadata": {"name": "b"}}))[0] == 422
