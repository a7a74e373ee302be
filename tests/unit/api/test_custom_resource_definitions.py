"""What is wrong with a CustomResourceDefinition is told in kube-apiserver's words."""

# ruff: noqa: E501  (the messages are as long as they are)

import copy
from typing import Any

import pytest

from steersman.api.validation import crds
from steersman.api.validation.errors import Errors
from steersman.api.warnings import customresourcedefinitions

AT = "spec.validation.openAPIV3Schema.properties[spec]"
STRING: dict[str, Any] = {"type": "string"}


def definition(spec: Any = None, **version: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"spec": spec or {"type": "object"}}}
    first = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
    names = {"plural": "gizmos", "singular": "gizmo", "kind": "Gizmo", "listKind": "GizmoList"}
    return {
        "metadata": {"name": "gizmos.x.example.com"},
        "spec": {
            "group": "x.example.com", "scope": "Namespaced", "names": names, "versions": [first],
            "conversion": {"strategy": "None"},
        },
        "status": {"storedVersions": ["v1"]},
    }  # fmt: skip


def told(tree: dict[str, Any], old: dict[str, Any] | None = None) -> list[str]:
    e = Errors()
    if old is None:
        crds.create(tree, e)
    else:
        crds.update(tree, old, e)
    return [str(each) for each in e.found]


def told_of(**properties: Any) -> list[str]:
    return told(definition({"type": "object", "properties": properties}))


def ruled(rule: str, schema: dict[str, Any] | None = None, **more: Any) -> list[str]:
    made = {**(schema or {"type": "object", "properties": {"size": {"type": "integer"}}})}
    made["x-kubernetes-validations"] = [{"rule": rule, **more}]
    return told(definition(made))


def test_a_plain_definition_is_sound() -> None:
    assert told(definition()) == []


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({}, f"{AT}.properties[a].type: Required value: must not be empty for specified object fields"),
        ({"type": "array"}, f"{AT}.properties[a].items: Required value: must be specified"),
        ({**STRING, "pattern": "("}, f'{AT}.properties[a].pattern: Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`'),
        ({**STRING, "anyOf": [{"type": "string"}]}, f"{AT}.properties[a].anyOf[0].type: Forbidden: must be empty to be structural"),
        ({"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True}, f"{AT}.properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true"),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, f"{AT}.properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"),
        ({**STRING, "default": 1}, f'{AT}.properties[a].default: Invalid value: "integer":  in body must be of type string: "integer"'),
        ({"type": "object", "default": {"x": 1}}, f'{AT}.properties[a].default: Invalid value: {{"x":1}}: must not have unknown fields'),
        ({"type": "array", "items": STRING, "uniqueItems": True}, f"{AT}.properties[a].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"),
        ({"type": "object", "properties": {"b": STRING}, "additionalProperties": STRING}, f"{AT}.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"),
        ({**STRING, "x-kubernetes-map-type": "atomic"}, f'{AT}.properties[a].type: Invalid value: "string": must be object if x-kubernetes-map-type is specified'),
        ({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "set"}, f"{AT}.properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"),
        ({"type": "array", "items": {**STRING, "nullable": True}, "x-kubernetes-list-type": "set"}, f"{AT}.properties[a].items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is set"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_is_refused(schema: dict[str, Any], message: str) -> None:
    assert told_of(a=schema) == [message]


def test_a_schema_with_a_reference_is_told_of_that_alone() -> None:
    assert told_of(a={"$ref": "#/x"}) == [f"{AT}.properties[a].$ref: Forbidden: $ref is not supported"]


def test_a_default_of_the_whole_says_what_it_is() -> None:
    tree = definition()
    tree["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["default"] = {}
    assert told(tree) == [
        f"spec.validation.openAPIV3Schema.default.{name}: Required value" for name in ("apiVersion", "kind")
    ]


def test_a_version_has_a_schema() -> None:
    assert told(definition(schema=None)) == ["spec.versions[0].schema.openAPIV3Schema: Required value"]


def test_each_storage_version_is_among_those_stored() -> None:
    tree = definition()
    tree["spec"]["versions"].append({**tree["spec"]["versions"][0], "name": "v2"})
    storage, stored = told(tree)
    assert storage.endswith("must have exactly one version marked as storage version")
    assert stored == 'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2'


def test_what_a_combination_at_the_root_speaks_of_is_specified_beside_it() -> None:
    tree = definition()
    schema = tree["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["anyOf"] = [{"required": ["b"], "properties": {"b": {}}}]
    root = "spec.validation.openAPIV3Schema"
    assert told(tree) == [
        f"{root}.properties[b]: Required value: because it is defined in {root}.anyOf[0].properties[b]"
    ]


def test_an_int_or_string_may_say_its_types_again() -> None:
    both = [{"type": "integer"}, {"type": "string"}]
    assert told_of(a={"x-kubernetes-int-or-string": True, "anyOf": both}) == []


def test_a_rule_that_does_not_compile_is_told_with_its_place() -> None:
    (found,) = ruled("self.siz < 3", message="m")
    assert found == (
        f'{AT}.x-kubernetes-validations[0].rule: Invalid value: {{"Rule":"self.siz \\u003c 3","Message":"m",'
        '"MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: '
        "ERROR: <input>:1:5: undefined field 'siz'\n | self.siz < 3\n | ....^"
    )


def test_a_rule_is_a_bool_and_a_message_a_string() -> None:
    assert ruled("self.size")[0].endswith(": cel expression must evaluate to a bool")
    assert ruled("self.size > 1", messageExpression="self.size")[0].endswith(
        ": messageExpression must evaluate to a string"
    )


@pytest.mark.parametrize(
    ("rule", "field", "message"),
    [
        ({"rule": " "}, "rule", "Required value: rule is not specified"),
        ({"rule": "true", "message": " "}, "message", 'Invalid value: " ": must be non-empty if specified'),
        ({"rule": "true ||\nfalse"}, "message", "Required value: message must be specified if rule contains line breaks"),
        ({"rule": "true", "reason": "Whim"}, "reason", 'Unsupported value: "Whim": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"'),
        ({"rule": "true", "fieldPath": ".nosuch"}, "fieldPath", 'Invalid value: ".nosuch": must be a valid path'),
        ({"rule": "true", "optionalOldSelf": True}, "optionalOldSelf", "Invalid value: true: may not be set if oldSelf is not used in rule"),
    ],
)  # fmt: skip
def test_what_is_around_a_rule_is_checked(rule: dict[str, Any], field: str, message: str) -> None:
    assert ruled(**rule) == [f"{AT}.x-kubernetes-validations[0].{field}: {message}"]


def test_old_self_is_for_values_that_can_be_matched() -> None:
    item = {**STRING, "maxLength": 10, "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}
    listed = {"type": "array", "maxItems": 5, "items": item}
    (found,) = told_of(a=listed)
    assert found == (
        f'{AT}.properties[a].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be '
        f"used on the uncorrelatable portion of the schema within {AT}.properties[a]"
    )
    keyed = {
        "type": "array", "maxItems": 5, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
        "items": {
            "type": "object", "required": ["k"], "properties": {"k": STRING, "v": item},
        },
    }  # fmt: skip
    assert told_of(a=keyed) == []


def test_an_expensive_rule_is_refused_and_may_stay_where_it_is() -> None:
    schema = {"type": "array", "items": {"type": "array", "items": STRING}}
    found = ruled("self.all(x, x.all(y, self.all(z, y in z)))", schema)
    assert found[0].startswith(
        f"{AT}.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try"
    )
    tree = definition({**schema, "x-kubernetes-validations": [{"rule": "self.all(x, x.all(y, y.contains('a')))"}]})
    assert any("estimated rule cost exceeds" in each for each in told(tree))
    changed = copy.deepcopy(tree)
    changed["spec"]["names"]["shortNames"] = ["gz"]
    assert not any("[0].rule: Forbidden: estimated rule cost exceeds" in each for each in told(changed, tree))


def test_an_error_in_the_schema_hides_what_rules_would_say_of_it() -> None:
    schema = {"type": "object", "properties": {"a": {**STRING, "x-kubernetes-list-type": "set"}}}
    (found,) = ruled("self.nosuch", schema)
    assert "x-kubernetes-list-type" in found


def test_versions_that_were_stored_in_stay() -> None:
    old = definition()
    new = definition(name="v2")
    assert any(
        each.startswith('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was')
        for each in told(new, old)
    )


def test_selectable_fields_are_few_scalars_outside_of_metadata() -> None:
    spec = {"type": "object", "properties": {**{f"f{n}": STRING for n in range(9)}, "o": {"type": "object"}}}
    many = [{"jsonPath": f".spec.f{n}"} for n in range(9)]
    assert told(definition(spec, selectableFields=many)) == [
        "spec.selectableFields: Too many: 9: must have at most 8 items"
    ]
    (found,) = told(definition(spec, selectableFields=[{"jsonPath": ".spec['f1']"}]))
    assert found.endswith("is an invalid path: array notation is not allowed")


def test_groups_of_kubernetes_need_an_approval() -> None:
    tree = definition()
    tree["spec"]["group"] = "x.k8s.io"
    tree["metadata"]["name"] = "gizmos.x.k8s.io"
    (found,) = told(tree)
    assert found.startswith(
        "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have"
    )
    tree["metadata"]["annotations"] = {"api-approved.kubernetes.io": "https://github.com/x/y/pull/1"}
    assert told(tree) == []


def test_a_conversion_webhook_is_complete() -> None:
    tree = definition()
    tree["spec"]["conversion"] = {
        "strategy": "Webhook",
        "webhook": {"clientConfig": {"url": "https://a.example/x"}, "conversionReviewVersions": ["v7"]},
    }
    assert told(tree) == [
        'spec.conversion.conversionReviewVersions: Invalid value: ["v7"]: must include at least one of v1, v1beta1'
    ]


def test_versions_that_differ_are_told_apart() -> None:
    tree = definition()
    second = copy.deepcopy(tree["spec"]["versions"][0])
    second.update({"name": "v2", "storage": False})
    second["schema"]["openAPIV3Schema"]["properties"]["spec"] = {}
    tree["spec"]["versions"].append(second)
    (found,) = told(tree)
    assert found.startswith("spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Required value")


def test_a_format_that_nobody_checks_is_warned_of_once() -> None:
    def formatted(*formats: tuple[str, str]) -> dict[str, Any]:
        properties = {f"p{at}": {"type": kind, "format": format} for at, (kind, format) in enumerate(formats)}
        return definition({"type": "object", "properties": properties})

    new = formatted(("string", "emial"), ("string", "emial"), ("integer", "int7"), ("string", "date-time"))
    assert customresourcedefinitions.definition(new, None) == ['unrecognized format "emial"']
    assert customresourcedefinitions.definition(new, new) == []
    assert customresourcedefinitions.definition(formatted(("array", "cidr")), None) == ['unrecognized format "cidr"']
