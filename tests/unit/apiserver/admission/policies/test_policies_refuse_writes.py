"""What a client is told by validating policies."""

from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.admission.policies.bound import PolicyApi, check, rule
from unit.apiserver.serving import CONFIG_MAPS

NEW = {"metadata": {"name": "a"}, "data": {"k": "v"}}
DENIED = "ValidatingAdmissionPolicy 'p' with binding 'p' denied request: "


async def warnings(api: PolicyApi, body: Any = NEW) -> list[str]:
    answer = await api.send("POST", CONFIG_MAPS, body)
    assert isinstance(answer, http.Response)
    assert answer.status == 201, answer.body
    return [value.partition(" - ")[2].strip('"') for name, value in answer.headers if name.lower() == "warning"]


async def test_a_check_that_is_false_refuses(api: PolicyApi) -> None:
    await api.validates("p", check("object.metadata.name.startsWith('ok-')", message=" bad name "))
    code, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert (code, body["code"], body["reason"]) == (422, 422, "Invalid")
    assert body["message"] == f'configmaps "a" is forbidden: {DENIED}bad name'
    assert body["details"] == {"name": "a", "kind": "configmaps", "causes": [{"message": f"{DENIED}bad name"}]}
    await api.config_map("ok-a")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "failed expression: object.data.k == 'w'"),
        ({"message": "m"}, "m"),
        ({"message": "m", "messageExpression": "'k is ' + object.data.k"}, "k is v"),
        ({"message": "m", "messageExpression": "string(object.data.missing)"}, "m"),
        ({"message": "m", "messageExpression": "'two\\nlines'"}, "m"),
        ({"messageExpression": "'  '"}, "failed expression: object.data.k == 'w'"),
        ({"messageExpression": "'x'.replace('x', '0123456789') + object.data.k"}, "0123456789v"),
    ],
)
async def test_the_message_is_the_best_there_is(api: PolicyApi, more: dict[str, str], told: str) -> None:
    await api.validates("p", check(" object.data.k == 'w'", **more))
    assert (await api.refusal(CONFIG_MAPS, NEW))[1] == f'configmaps "a" is forbidden: {DENIED}{told}'


@pytest.mark.parametrize(("reason", "code"), [("Forbidden", 403), ("RequestEntityTooLarge", 413), ("Invalid", 422)])
async def test_the_reason_makes_the_code(api: PolicyApi, reason: str, code: int) -> None:
    await api.validates("p", check("false", reason=reason))
    got, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert (got, body["reason"]) == (code, reason)


async def test_the_first_refusal_is_told_and_all_warnings(api: PolicyApi) -> None:
    await api.validates("p", check("false", message="one"), check("false", message="two"))
    await api.validates("q", check("false", message="q"), binding={"validationActions": ["Warn", "Audit"]})
    answer = await api.send("POST", CONFIG_MAPS, NEW)
    assert isinstance(answer, http.Response)
    assert f"{DENIED}one".encode() in answer.body
    assert b"two" not in answer.body
    told = [value for name, value in answer.headers if name.lower() == "warning"]
    assert told == ["299 - \"Validation failed for ValidatingAdmissionPolicy 'q' with binding 'q': q\""]


async def test_a_binding_may_only_warn_or_audit(api: PolicyApi) -> None:
    await api.validates("p", check("false", message="m"), binding={"validationActions": ["Warn"]})
    await api.validates("q", "false", binding={"validationActions": ["Audit"]})
    assert await warnings(api) == ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': m"]


async def test_what_cannot_be_evaluated_counts_as_the_failure_policy_says(api: PolicyApi) -> None:
    await api.validates("p", "object.data.missing == 'x'")
    await api.validates("q", "object.data.missing == 'x'", failurePolicy="Ignore")
    text = "expression 'object.data.missing == 'x'' resulted in error: no such key: missing"
    assert await api.refusal(CONFIG_MAPS, NEW) == (422, f'configmaps "a" is forbidden: {DENIED}{text}')
    await api.call("DELETE", "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/p")
    await api.config_map("a")


async def test_an_annotation_without_a_value_refuses_whatever_the_actions_are(api: PolicyApi) -> None:
    note = {"key": "k", "valueExpression": "string(object.data.missing)"}
    await api.validates("p", "true", auditAnnotations=[note], binding={"validationActions": ["Audit"]})
    _, told = await api.refusal(CONFIG_MAPS, NEW)
    assert told.endswith(f"{DENIED}expression 'string(object.data.missing)' resulted in error: no such key: missing")


async def test_an_annotation_may_be_null(api: PolicyApi) -> None:
    await api.validates("p", auditAnnotations=[{"key": "k", "valueExpression": "null"}])
    await api.config_map("a")


async def test_a_deletion_has_an_old_object_only(api: PolicyApi) -> None:
    await api.config_map("a", {"keep": "yes"})
    await api.validates("p", check("object == null && oldObject.data.keep != 'yes'"), rules=[
        rule("configmaps", operations=("DELETE",))
    ])  # fmt: skip
    code, body = await api.call("DELETE", f"{CONFIG_MAPS}/a")
    assert (code, body["reason"]) == (422, "Invalid")


async def test_expressions_see_who_asks_for_what_and_where(api: PolicyApi) -> None:
    await api.validates("p", check("false", messageExpression="""
        [request.operation, request.userInfo.username, request.resource.resource, request.namespace,
         namespaceObject.metadata.name, string(object.kind), string(object.apiVersion),
         string(request.dryRun)].join(' ')
    """))  # fmt: skip
    _, told = await api.refusal(f"{CONFIG_MAPS}?dryRun=All", NEW)
    assert told.endswith(": CREATE system:apiserver configmaps default default ConfigMap v1 true")


async def test_expressions_ask_the_servers_authorizer(api: PolicyApi) -> None:
    robot = "authorizer.serviceAccount('default', 'default').group('').resource('configmaps').namespace('default')"
    mine = "authorizer.requestResource.check('create').allowed()"
    await api.validates("p", f"{mine} && !{robot}.check('create').allowed()")
    await api.config_map("a")


async def test_the_loop_is_not_held_by_what_takes_long(api: PolicyApi) -> None:
    numbers = f"[{', '.join(map(str, range(40)))}]"
    dear = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, a + b + c >= 0)))"
    await api.validates("p", f"{dear} && authorizer.requestResource.check('create').allowed()")
    before = api.server.services.aside.done
    await api.config_map("a")
    assert api.server.services.aside.done == before + 1, "it was done by the thread, which asked the loop's authorizer"


async def test_an_expression_may_not_cost_what_it_likes(api: PolicyApi) -> None:
    numbers = f"[{', '.join(map(str, range(40)))}]"
    dear = f"{numbers}.all(a, {numbers}.all(b, {numbers}.all(c, {numbers}.all(d, a + b + c + d >= 0))))"
    await api.validates("p", dear)
    _, told = await api.refusal(CONFIG_MAPS, NEW)
    assert told.endswith("resulted in error: operation cancelled: actual cost limit exceeded")
