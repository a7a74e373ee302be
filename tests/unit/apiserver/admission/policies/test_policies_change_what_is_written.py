"""Mutating policies: what apply configurations and JSON patches do, in which order, and what refuses them."""

from typing import Any

import pytest

from unit.apiserver.admission.policies.bound import MUTATING, PolicyApi, named, rule, spec
from unit.apiserver.serving import CONFIG_MAPS, MERGE, PODS

POD_RULES = [rule("pods", operations=("CREATE",))]
DENIED = "policy 'm' with binding 'm' denied request: "


def label(**labels: str) -> str:
    entries = ", ".join(f'"{key}": "{value}"' for key, value in labels.items())
    return f"Object{{metadata: Object.metadata{{labels: {{{entries}}}}}}}"


async def refusal(api: PolicyApi, target: str = CONFIG_MAPS, **more: Any) -> str:
    code, body = await api.call("POST", target, {"metadata": {"name": "a"}, **more})
    assert (code, body["reason"]) == (403, "Invalid"), body
    assert body["details"]["causes"][0] == {"message": body["message"]}
    assert body["message"].startswith(DENIED)
    return str(body["message"].removeprefix(DENIED))


async def test_an_apply_configuration_is_merged(api: PolicyApi) -> None:
    await api.mutates("m", label(colour="green"))
    made = await api.config_map("a", {"k": "v"}, labels={"size": "big"})
    assert made["metadata"]["labels"] == {"colour": "green", "size": "big"}
    assert (await api.get(f"{CONFIG_MAPS}/a"))["metadata"]["labels"] == {"colour": "green", "size": "big"}


async def test_items_are_merged_by_their_keys_and_get_defaults(api: PolicyApi) -> None:
    text = """Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{
        name: c.name, env: [Object.spec.containers.env{name: "WHO", value: c.name}],
        ports: [Object.spec.containers.ports{containerPort: 80}]})}}"""
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.mutates("m", text, rules=POD_RULES)
    made = await api.pod("p")
    (container,) = made["spec"]["containers"]
    assert container["image"] == "busybox"
    assert container["env"] == [{"name": "WHO", "value": "c"}]
    assert container["ports"] == [{"containerPort": 80, "protocol": "TCP"}]


async def test_a_json_patch_is_applied(api: PolicyApi) -> None:
    await api.mutates(
        "m",
        """[JSONPatch{op: "test", path: "/data/k", value: "v"},
            JSONPatch{op: "add", path: "/metadata/labels", value: {"a/b": "c"}},
            JSONPatch{op: "replace", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b"), value: object.data.k},
            JSONPatch{op: "copy", from: "/data/k", path: "/data/l"}]""",
    )
    made = await api.config_map("a", {"k": "v"})
    assert made["metadata"]["labels"] == {"a/b": "v"}
    assert made["data"] == {"k": "v", "l": "v"}


async def test_a_json_patch_whose_test_fails_does_nothing(api: PolicyApi) -> None:
    await api.mutates(
        "m", """[JSONPatch{op: "add", path: "/data/x", value: "y"}, JSONPatch{op: "test", path: "/data/k", value: 1}]"""
    )
    assert (await api.config_map("a", {"k": "v"}))["data"] == {"k": "v"}


async def test_a_json_patch_that_does_not_fit_refuses(api: PolicyApi) -> None:
    await api.mutates("m", '[JSONPatch{op: "remove", path: "/data/gone"}]')
    assert (await refusal(api, data={"k": "v"})).startswith(
        "JSON Patch: error in remove for path: '/data/gone': Unable to remove nonexistent key: gone: missing value"
    )


async def test_a_json_patch_makes_no_unknown_field(api: PolicyApi) -> None:
    await api.mutates("m", '[JSONPatch{op: "add", path: "/nonsense", value: 1}]', failurePolicy="Ignore")
    code, body = await api.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (code, body["message"]) == (
        500, 'Internal error occurred: strict decoding error: unknown field "nonsense"'
    )  # fmt: skip


async def test_mutations_see_what_those_before_them_made(api: PolicyApi) -> None:
    count = """[JSONPatch{op: "add", path: "/data/n" + string(object.data.size()), value: "x"}]"""
    await api.mutates("m", count, count, binding={"matchResources": {"objectSelector": {}}})
    await api.mutates("n", count)
    assert set((await api.config_map("a", {"k": "v"}))["data"]) == {"k", "n1", "n2", "n3"}


async def test_atomic_fields_may_not_be_touched(api: PolicyApi) -> None:
    text = 'Object{spec: Object.spec{nodeSelector: {"a": "b"}, containers: [Object.spec.containers{name: "c", args: ["x"]}]}}'  # noqa: E501
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.mutates("m", text, rules=POD_RULES)
    containers = [{"name": "c", "image": "i"}]
    assert await refusal(api, PODS, spec={"containers": containers}) == (
        "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
        ".spec.nodeSelector, .spec.containers[0].args"
    )


async def test_an_unknown_field_is_told(api: PolicyApi) -> None:
    await api.mutates("m", "Object{spec: Object.spec{a: 1}}")
    assert await refusal(api) == (
        "error applying patch: failed to convert patch object to typed object: .spec: field not declared in schema"
    )


async def test_types_must_stand_where_they_belong(api: PolicyApi) -> None:
    await api.mutates("m", "Object{metadata: Object.spec{labels: {}}}")
    assert await refusal(api) == (
        'type mismatch: unexpected type name "Object.spec", expected "Object.metadata", '
        "which matches field name path from root Object type"
    )


@pytest.mark.parametrize("policy", ["Fail", "Ignore"])
async def test_a_mutation_without_a_value_counts_as_the_failure_policy_says(api: PolicyApi, policy: str) -> None:
    text = "Object{metadata: Object.metadata{labels: {'a': string(object.data.gone)}}}"
    await api.mutates("m", text, label(b="c"), failurePolicy=policy)
    if policy == "Fail":
        assert (await refusal(api, data={"k": "v"})).endswith("resulted in error: no such key: gone")
    else:
        assert (await api.config_map("a", {"k": "v"}))["metadata"]["labels"] == {"b": "c"}


async def test_parameters_and_variables_are_there(api: PolicyApi) -> None:
    await api.config_map("colours", {"colour": "red"})
    await api.mutates(
        "m", 'Object{metadata: Object.metadata{labels: {"colour": variables.colour}}}',
        paramKind={"apiVersion": "v1", "kind": "ConfigMap"}, rules=[rule("secrets")],
        variables=[{"name": "colour", "expression": "string(params.data.colour)"}],
        binding={"paramRef": {"name": "colours", "parameterNotFoundAction": "Deny"}},
    )  # fmt: skip
    made = await api.make("/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
    assert made["metadata"]["labels"] == {"colour": "red"}


async def test_match_conditions_except_writes(api: PolicyApi) -> None:
    conditions = [{"name": "c", "expression": "object.metadata.name != 'free'"}]
    await api.mutates("m", label(a="b"), matchConditions=conditions)
    assert (await api.config_map("a"))["metadata"]["labels"] == {"a": "b"}
    assert "labels" not in (await api.config_map("free"))["metadata"]


async def test_who_asks_for_it_comes_again(api: PolicyApi) -> None:
    count = """[JSONPatch{op: "add", path: "/data/size", value: string(object.data.size())}]"""
    await api.mutates("a-counts", count, reinvocationPolicy="IfNeeded")
    await api.mutates("b-adds", """[JSONPatch{op: "add", path: "/data/x", value: "y"}]""")
    assert (await api.config_map("a", {"k": "v"}))["data"] == {"k": "v", "size": "3", "x": "y"}


async def test_who_does_not_ask_for_it_does_not_come_again(api: PolicyApi) -> None:
    count = """[JSONPatch{op: "add", path: "/data/size", value: string(object.data.size())}]"""
    await api.mutates("a-counts", count)
    await api.mutates("b-adds", """[JSONPatch{op: "add", path: "/data/x", value: "y"}]""")
    assert (await api.config_map("a", {"k": "v"}))["data"] == {"k": "v", "size": "1", "x": "y"}


async def test_validating_policies_see_the_result(api: PolicyApi) -> None:
    await api.mutates("m", label(a="b"))
    await api.validates("p", "object.metadata.labels.a == 'b'")
    await api.config_map("a")
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"a": "c"}}}, type=MERGE)
    assert code == 200, "it was put right before it was checked"


async def test_a_scale_is_changed(api: PolicyApi) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    body = {"metadata": {"name": "d"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}
    deployments = "/apis/apps/v1/namespaces/default/deployments"
    await api.make(deployments, body)
    await api.mutates(
        "m", "Object{spec: Object.spec{replicas: 2}}", rules=[rule("deployments/scale", group="apps")],
        matchConditions=[{"name": "many", "expression": "object.spec.replicas > 2"}],
    )  # fmt: skip
    code, scale = await api.call("PATCH", f"{deployments}/d/scale", {"spec": {"replicas": 9}}, type=MERGE)
    assert (code, scale["spec"]) == (200, {"replicas": 2})


async def test_custom_resources_are_changed_by_their_schema(api: PolicyApi) -> None:
    items = {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "size": {"type": "integer", "default": 3}, "colour": {"type": "string"},
    }}  # fmt: skip
    listed = {"type": "array", "items": items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    spec = {"type": "object", "properties": {"boxes": listed, "tags": {"type": "array", "items": {"type": "string"}}}}
    await api.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        "metadata": {"name": "shelves.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "shelves", "kind": "Shelf"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {
                "openAPIV3Schema": {"type": "object", "properties": {"spec": spec}},
            }}],
        },
    })  # fmt: skip
    await api.clock.advance(1)
    boxes = "[Object.spec.boxes{name: 'a', colour: 'red'}, Object.spec.boxes{name: 'b'}]"
    await api.mutates(
        "m", f"Object{{spec: Object.spec{{boxes: {boxes}}}}}", rules=[rule("shelves", group="example.com")]
    )
    target = "/apis/example.com/v1/namespaces/default/shelves"
    body = {"apiVersion": "example.com/v1", "kind": "Shelf", "metadata": {"name": "s"}}
    made = await api.make(target, {**body, "spec": {"boxes": [{"name": "a", "size": 1}]}})
    assert made["spec"]["boxes"] == [{"name": "a", "size": 1, "colour": "red"}, {"name": "b", "size": 3}]


@pytest.mark.parametrize(
    ("mutation", "told"),
    [
        (
            {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "1"}},
            'applyConfiguration.expression: Invalid value: "1": must evaluate to Object but got int',
        ),
        (
            {"patchType": "JSONPatch", "jsonPatch": {"expression": "Object{}"}},
            'jsonPatch.expression: Invalid value: "Object{}": must evaluate to list(JSONPatch) but got Object',
        ),
        ({"patchType": "JSONPatch", "jsonPatch": {"expression": " "}}, "jsonPatch.expression: Required value"),
    ],
)
async def test_a_mutation_must_make_what_its_type_says(api: PolicyApi, mutation: Any, told: str) -> None:
    body = named("m", spec(mutations=[mutation], reinvocationPolicy="Never"))
    _, message = await api.refusal(MUTATING, body)
    assert message.endswith(f'"m" is invalid: spec.mutations[0].{told}')
