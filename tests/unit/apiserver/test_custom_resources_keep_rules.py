"""A served definition's rules are kept: on create, update and status, with the old self and with warnings."""

import copy
from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import APPLY, MERGE, Api
from unit.apiserver.test_custom_resources_are_served import CRDS, GIZMOS, defined, definition, until_idle

RULED: dict[str, Any] = {
    "type": "object",
    "x-kubernetes-validations": [
        {"rule": "self.spec.size <= self.spec.max", "message": "size above max", "fieldPath": ".spec.size"},
    ],
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "max": {"type": "integer", "default": 50},
                "fixed": {
                    "type": "string",
                    "maxLength": 10,
                    "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "fixed is immutable"}],
                },
                "ratio": {"type": "number"},
            },
        },
        "status": {
            "type": "object",
            "properties": {"seen": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.seen >= oldSelf.seen", "message": "seen only grows"}],
        },
    },
}


HEAD = {"apiVersion": "x.example.com/v1", "kind": "Gizmo"}


def ruled(schema: dict[str, Any] = RULED) -> dict[str, Any]:
    return definition(schema={"openAPIV3Schema": schema}, subresources={"status": {}})


def gizmo(**spec: Any) -> dict[str, Any]:
    return {**HEAD, "metadata": {"name": "g"}, "spec": {"size": 1, **spec}}


@pytest.fixture
async def rules(api: Api) -> Api:
    await defined(api, ruled())
    return api


async def patched(api: Api, patch: Any, target: str = f"{GIZMOS}/g") -> tuple[int, str, list[str]]:
    answer = await api.send("PATCH", target, patch, type=MERGE)
    assert isinstance(answer, http.Response)
    warnings = [value for name, value in answer.headers if name.lower() == "warning"]
    return answer.status, answer.body.decode(), warnings


async def test_a_rule_is_kept_on_create_with_the_defaults_filled_in(rules: Api) -> None:
    code, refused = await rules.call("POST", GIZMOS, gizmo(size=60))
    assert code == 422
    assert refused["message"] == 'Gizmo.x.example.com "g" is invalid: spec.size: Invalid value: size above max'
    await rules.make(GIZMOS, gizmo(size=60, max=70))


async def test_a_transition_is_kept_on_update_and_apply(rules: Api) -> None:
    await rules.make(GIZMOS, gizmo(fixed="a"))
    code, body, _ = await patched(rules, {"spec": {"fixed": "b"}})
    assert code == 422
    assert 'spec.fixed: Invalid value: \\"b\\": fixed is immutable' in body
    tree = {**HEAD, "metadata": {"name": "g"}, "spec": {"fixed": "b"}}
    code, _ = await rules.call("PATCH", f"{GIZMOS}/g?fieldManager=m&force=true", tree, type=APPLY)
    assert code == 422
    code, _, _ = await patched(rules, {"spec": {"fixed": "a", "size": 2}})
    assert code == 200


async def test_rules_of_the_status_are_kept(rules: Api) -> None:
    await rules.make(GIZMOS, gizmo())
    assert (await patched(rules, {"status": {"seen": 3}}, f"{GIZMOS}/g/status"))[0] == 200
    code, body, _ = await patched(rules, {"status": {"seen": 2}}, f"{GIZMOS}/g/status")
    assert code == 422
    assert "seen only grows" in body


async def test_rules_wait_until_the_object_has_its_types(rules: Api) -> None:
    code, refused = await rules.call("POST", GIZMOS, gizmo(size="x"))
    assert code == 422
    assert [each["field"] for each in refused["details"]["causes"]] == ["spec.size", "<nil>"]
    assert "<nil>: Invalid value: null: some validation rules were not checked" in refused["message"]


async def test_what_was_let_in_before_a_rule_came_may_stay_with_a_warning(api: Api) -> None:
    plain = copy.deepcopy(RULED)
    del plain["x-kubernetes-validations"]
    await defined(api, ruled(plain))
    await api.make(GIZMOS, gizmo(size=60))
    tightened = copy.deepcopy(plain)
    tightened["properties"]["spec"]["properties"]["size"]["x-kubernetes-validations"] = [{"rule": "self <= 50"}]
    code, _ = await api.call("PATCH", f"{CRDS}/gizmos.x.example.com", {"spec": ruled(tightened)["spec"]}, type=MERGE)
    assert code == 200
    await until_idle()
    code, _, warnings = await patched(api, {"spec": {"max": 5}})
    assert code == 200
    assert warnings == ['299 - "spec.size: Invalid value: 60: failed rule: self <= 50"']
    code, _, _ = await patched(api, {"spec": {"size": 61}})
    assert code == 422


async def test_a_finalizer_needs_no_domain_but_had_better_have_one(rules: Api) -> None:
    tree = gizmo()
    tree["metadata"]["finalizers"] = ["plain", "x.example.com/full"]
    answer = await rules.send("POST", GIZMOS, tree)
    assert isinstance(answer, http.Response)
    assert answer.status == 201
    (warning,) = [value for name, value in answer.headers if name.lower() == "warning"]
    assert 'metadata.finalizers: \\"plain\\": prefer a domain-qualified finalizer name' in warning


async def test_a_whole_number_with_a_fraction_is_stored_as_go_writes_it(rules: Api) -> None:
    answer = await rules.send(
        "POST",
        GIZMOS,
        b'{"apiVersion":"x.example.com/v1","kind":"Gizmo","metadata":{"name":"g"},"spec":{"size":2.0,"ratio":2.50}}',
    )
    assert isinstance(answer, http.Response)
    assert answer.status == 201, answer.body
    assert b'"size":2,' in answer.body.replace(b"}", b",")
    assert b'"ratio":2.5' in answer.body


async def test_group_versions_are_registered_while_a_definition_serves_them(api: Api) -> None:
    await defined(api, definition())
    path = "/apis/apiregistration.k8s.io/v1/apiservices"
    found = await api.get(f"{path}/v1.x.example.com")
    assert found["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "true"}
    assert found["spec"] == {
        "group": "x.example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 100,
    }  # fmt: skip
    assert found["status"]["conditions"][0]["reason"] == "Local"
    await api.call("PATCH", f"{path}/v1.x.example.com", {"spec": {"versionPriority": 5}}, type=MERGE)
    await until_idle()
    assert (await api.get(f"{path}/v1.x.example.com"))["spec"]["versionPriority"] == 100
    await api.call("DELETE", f"{CRDS}/gizmos.x.example.com")
    await until_idle()
    assert (await api.call("GET", f"{path}/v1.x.example.com"))[0] == 404


async def test_a_group_of_kubernetes_says_whether_it_is_approved(api: Api) -> None:
    tree = definition()
    tree["spec"]["group"] = "x.k8s.io"
    tree["metadata"] = {
        "name": "gizmos.x.k8s.io", "annotations": {"api-approved.kubernetes.io": "unapproved, a test"},
    }  # fmt: skip
    await defined(api, tree)
    found = await api.get(f"{CRDS}/gizmos.x.k8s.io")
    condition = next(each for each in found["status"]["conditions"] if each["type"].startswith("KubernetesAPI"))
    assert (condition["status"], condition["reason"]) == ("False", "UnapprovedAnnotation")


async def test_replicas_are_counted_where_the_definition_has_them(api: Api) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    scale = {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}
    await defined(api, definition(schema={"openAPIV3Schema": schema}, subresources={"scale": scale}))
    code, refused = await api.call("POST", GIZMOS, gizmo(n=-1))
    assert code == 422
    assert refused["details"]["causes"][0] == {
        "reason": "FieldValueInvalid", "message": "Invalid value: -1: should be a non-negative integer",
        "field": ".spec.n",
    }  # fmt: skip
    code, refused = await api.call("POST", GIZMOS, gizmo(n="x"))
    assert "accessor error: x is of the type string, expected int64" in refused["message"]
    await api.make(GIZMOS, gizmo())
    code, refused = await api.call("GET", f"{GIZMOS}/g/scale")
    assert (code, refused["message"]) == (
        500,
        'Internal error occurred: the spec replicas field ".spec.n" does not exist',
    )
    code, _ = await api.call("PATCH", f"{GIZMOS}/g/scale", {"spec": {"replicas": 2}}, type=MERGE)
    assert code == 200
    assert (await api.get(f"{GIZMOS}/g"))["spec"]["n"] == 2


async def test_a_definition_says_that_its_objects_go(rules: Api) -> None:
    held = gizmo()
    held["metadata"]["finalizers"] = ["x.example.com/hold"]
    await rules.make(GIZMOS, held)
    await rules.call("DELETE", f"{CRDS}/gizmos.x.example.com")
    await until_idle()
    found = await rules.get(f"{CRDS}/gizmos.x.example.com")
    condition = next(each for each in found["status"]["conditions"] if each["type"] == "Terminating")
    assert (condition["status"], condition["reason"]) == ("True", "InstanceDeletionInProgress")


async def test_a_rule_that_takes_long_is_looked_at_beside_the_loop(api: Api) -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"l": {
        "type": "array", "maxItems": 100, "items": {"type": "integer"},
        "x-kubernetes-validations": [{"rule": "self.all(x, self.all(y, x + y >= 0))", "message": "sums from 0"}],
    }}}}}  # fmt: skip
    await defined(api, ruled(schema))
    before = api.server.services.aside.done
    await api.make(GIZMOS, {**HEAD, "metadata": {"name": "short"}, "spec": {"l": [1, 2]}})
    assert api.server.services.aside.done == before
    await api.make(GIZMOS, {**HEAD, "metadata": {"name": "long"}, "spec": {"l": [1] * 100}})
    assert api.server.services.aside.done == before + 1
    code, refused = await api.call("PUT", f"{GIZMOS}/long", {
        **HEAD, "metadata": (await api.get(f"{GIZMOS}/long"))["metadata"], "spec": {"l": [1] * 99 + [-2]},
    })  # fmt: skip
    assert code == 422
    assert "spec.l: Invalid value: sums from 0" in refused["message"]
