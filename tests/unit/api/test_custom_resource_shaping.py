"""Unknown fields go, nulls go where they may not be, and defaults come; what is not changed is shared."""

from typing import Any

from steersman.api.validation.customresources import shaping

STRING: dict[str, Any] = {"type": "string"}


def pruned(value: Any, schema: dict[str, Any]) -> tuple[Any, list[str]]:
    unknown: list[str] = []
    return shaping.pruned(value, {"type": "object", **schema}, unknown), unknown


def test_what_the_schema_does_not_name_goes() -> None:
    schema = {"properties": {"spec": {"type": "object", "properties": {"a": STRING}}}}
    made, unknown = pruned({"kind": "K", "metadata": {"name": "n"}, "spec": {"a": "x", "b": 1}, "c": 1}, schema)
    assert made == {"kind": "K", "metadata": {"name": "n"}, "spec": {"a": "x"}}
    assert unknown == ["spec.b", "c"]


def test_unknown_fields_stay_where_the_schema_says_so_but_not_in_what_it_names() -> None:
    keeps = {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"known": {"type": "object", "properties": {"a": STRING}}},
    }  # fmt: skip
    made, unknown = pruned({"free": {"x": {"y": 1}, "known": {"a": "s", "b": 1}}}, {"properties": {"free": keeps}})
    assert made == {"free": {"x": {"y": 1}, "known": {"a": "s"}}}
    assert unknown == ["free.known.b"]


def test_a_null_goes_where_it_may_not_be_and_nothing_stands_in_for_it() -> None:
    schema = {"properties": {
        "plain": STRING, "free": {**STRING, "nullable": True}, "default": {**STRING, "default": "d"},
    }}  # fmt: skip
    made, unknown = pruned({"plain": None, "free": None, "default": None}, schema)
    assert made == {"free": None, "default": None}
    assert unknown == []
    assert shaping.defaulted(made, schema) == {"free": None, "default": "d"}


def test_defaults_reach_into_what_defaults_made_and_into_items() -> None:
    item = {"type": "object", "properties": {"v": {**STRING, "default": "dv"}}}
    schema = {"properties": {
        "made": {"type": "object", "default": {}, "properties": {"a": {"type": "integer", "default": 1}}},
        "items": {"type": "array", "items": item},
        "map": {"type": "object", "additionalProperties": item},
    }}  # fmt: skip
    made = shaping.defaulted({"items": [{}, {"v": "x"}], "map": {"k": {}}}, schema)
    assert made == {"made": {"a": 1}, "items": [{"v": "dv"}, {"v": "x"}], "map": {"k": {"v": "dv"}}}


def test_an_object_that_has_everything_is_the_same_object() -> None:
    schema = {"properties": {"a": {**STRING, "default": "d"}}}
    tree = {"a": "x"}
    assert shaping.defaulted(tree, schema) is tree
    assert pruned(tree, schema)[0] is tree


def test_what_any_additional_property_holds_is_emptied() -> None:
    made, unknown = pruned(
        {"m": {"k": {"x": 1}, "s": 1}}, {"properties": {"m": {"type": "object", "additionalProperties": True}}}
    )
    assert made == {"m": {"k": {}, "s": 1}}
    assert unknown == ["m.k.x"]
