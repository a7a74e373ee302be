"""Types, sizes and names that expressions see of a schema, with the numbers that Kubernetes computes."""

from typing import Any

import pytest

from steersman.api.cel import environments, schemas
from steersman.cel import estimating, types

STRING: dict[str, Any] = {"type": "string"}


def declared(schema: dict[str, Any]) -> schemas.Declared:
    made = schemas.declare(schema)
    assert made is not None
    return made


def cost(rule: str, schema: dict[str, Any]) -> int:
    made = declared(schema)
    known = schemas.Types(made)
    env = environments.BASE.extended(variables={"self": known.root}, provider=known)
    return estimating.estimate(env.compile(rule), env, schemas.Sizes(made)).max


@pytest.mark.parametrize(
    ("schema", "unlimited", "of_ten"),
    [({"type": "number"}, 4718591, 32), (STRING, 3145727, 32), ({"type": "boolean"}, 1887437, 32)],
)
def test_a_fold_costs_as_often_as_an_element_fits_into_a_request(
    schema: dict[str, Any], unlimited: int, of_ten: int
) -> None:
    listed = {"type": "array", "items": schema}
    assert cost("self.all(x, true)", listed) == unlimited
    assert cost("self.all(x, true)", {**listed, "maxItems": 10}) == of_ten


def test_a_strings_length_is_counted_in_bytes_of_its_longest_form() -> None:
    assert declared({**STRING, "maxLength": 5}).max_elements == 20
    assert declared({**STRING, "enum": ["a", "abc"]}).max_elements == 3
    assert declared(STRING).max_elements == 3 * 1024 * 1024 - 2
    assert declared({**STRING, "format": "date-time"}).max_elements == 32


def test_the_smallest_object_has_what_it_needs() -> None:
    schema = {"type": "object", "required": ["a", "b"], "properties": {"a": STRING, "b": {**STRING, "default": "x"}}}
    assert declared(schema).min_size == 2 + 1 + 2 + 4


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("plain", "plain"), ("for", "__for__"), ("a.b-c/d", "a__dot__b__dash__c__slash__d"),
        ("a__b", "a__underscores__b"), ("ü", None), ("9a", None), ("", None), ("a b", None),
    ],
)  # fmt: skip
def test_names_are_escaped_where_they_can_be(name: str, escaped: str | None) -> None:
    assert schemas.escape(name) == escaped


def test_what_a_schema_does_not_show_is_not_there() -> None:
    free = {"x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {
        "free": free, "list": {"type": "array", "items": free}, "map": {"type": "object", "additionalProperties": free},
        "kept": {"type": "object", **free}, "either": {"x-kubernetes-int-or-string": True}, "ü": STRING,
    }}  # fmt: skip
    known = schemas.Types(declared(schema), "root")
    assert known.fields("root") == ("kept", "either")
    either = known.field("root", "either")
    assert either is not None
    assert either.type == types.DYN


def test_types_are_named_by_their_place() -> None:
    inner = {"type": "object", "properties": {"n": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"items": {"type": "array", "items": inner}}}
    known = schemas.Types(declared(schema), "root")
    items = known.field("root", "items")
    assert items is not None
    assert items.type == types.list_of(types.object_("root.items.@idx"))
    assert known.find("root.items.@idx") is not None
    assert known.find("nosuch") is None
    assert known.field("root.items.@idx", "nosuch") is None


def test_a_root_shows_its_kind_and_name() -> None:
    made = schemas.declare({"type": "object"}, is_root=True)
    assert made is not None
    known = schemas.Types(made, "root")
    assert set(known.fields("root")) == {"kind", "apiVersion", "metadata"}
    metadata = known.field("root", "metadata")
    assert metadata is not None
    assert set(known.fields("root.metadata")) == {"name", "generateName"}


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        ("self.all(h, h.split('.').all(l, !l.contains('*')))", 116674),
        ("self[0].split('.').exists_one(l, l.lowerAscii() == 'x')", 6279),
        ("[self[0]].all(l, l.contains('x'))", 19),
        ("self.map(x, x).map(l, l + 'a').all(x, x.split('').exists(y, y.matches('a+')))", 2408),
    ],
)
def test_elements_of_a_computed_list_count_as_large_as_self(rule: str, most: int) -> None:
    assert cost(rule, {"type": "array", "maxItems": 16, "items": {**STRING, "maxLength": 253}}) == most
