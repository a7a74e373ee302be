"""A value is checked against its schema in kube-apiserver's words, and what was wrong before may stay."""

# ruff: noqa: E501  (the messages are as long as they are)

from typing import Any

import pytest

from steersman.api.validation.customresources import extras, formats, values

STRING: dict[str, Any] = {"type": "string"}


def told(value: Any, schema: dict[str, Any], path: str = "a", **how: Any) -> list[str]:
    return [str(each) for each in values.validate(value, schema, path, **how)]


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        (1, STRING, 'a: Invalid value: "integer": a in body must be of type string: "integer"'),
        (None, STRING, 'a: Invalid value: "null": a in body must be of type string: "null"'),
        ({}, {"type": "integer", "format": "int32"}, 'a: Invalid value: "": a in body must be of type int32: ""'),
        (3, {**STRING, "format": "date-time"}, 'a: Invalid value: "int64": a in body must be of type date-time: "int64"'),
        (True, {"format": "ipv4"}, 'a: Invalid value: "": a in body must be of type ipv4: ""'),
        (3, {**STRING, "format": "unheard-of"}, 'a: Invalid value: "integer": a in body must be of type string: "integer"'),
        ("abc", {**STRING, "maxLength": 2}, "a: Too long: may not be more than 2 bytes"),
        ("a", {**STRING, "minLength": 2}, 'a: Invalid value: "a": a in body should be at least 2 chars long'),
        ("A", {**STRING, "pattern": r"^[[:lower:]]+\z"}, r"""a: Invalid value: "A": a in body should match '^[[:lower:]]+\z'"""),
        (7, {"type": "integer", "multipleOf": 2}, "a: Invalid value: 7: a in body should be a multiple of 2"),
        (7, {"type": "integer", "maximum": 7, "exclusiveMaximum": True}, "a: Invalid value: 7: a in body should be less than 7"),
        (0.5, {"type": "number", "minimum": 1}, "a: Invalid value: 0.5: a in body should be greater than or equal to 1"),
        ([], {"type": "array", "minItems": 1, "items": STRING}, "a: Invalid value: 0: a in body should have at least 1 items"),
        ({}, {"type": "object", "minProperties": 1}, "a: Invalid value: 0: a in body should have at least 1 properties"),
        ("c", {**STRING, "enum": ["a", "b"]}, 'a: Unsupported value: "c": supported values: "a", "b"'),
        ({}, {"type": "object", "required": ["b"]}, "a.b: Required value"),
    ],
)  # fmt: skip
def test_a_broken_rule_of_the_schema_is_told(value: Any, schema: dict[str, Any], message: str) -> None:
    assert told(value, schema) == [message]


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (1.0, {"type": "integer"}),
        (1, {"type": "number"}),
        (None, {**STRING, "nullable": True}),
        ("x", {"x-kubernetes-int-or-string": True}),
        (5, {"x-kubernetes-int-or-string": True}),
        (0.3, {"type": "number", "multipleOf": 0.1}),
        ("anything", {**STRING, "format": "unheard-of"}),
    ],
)
def test_what_the_reference_accepts_is_accepted(value: Any, schema: dict[str, Any]) -> None:
    assert told(value, schema) == []


@pytest.mark.parametrize(
    ("value", "schema", "messages"),
    [
        (
            1.5,
            {"type": "integer"},
            [
                'a: Invalid value: "number": a in body must be of type integer: "number"',
                "of type integer (default format) in a",
            ],
        ),
        (
            1 << 70,
            {"type": "integer"},
            [
                'a: Invalid value: "number": a in body must be of type integer: "number"',
                "of type integer (default format) in a",
            ],
        ),
        (
            1.5,
            {"type": "integer", "format": "int32"},
            [
                'a: Invalid value: "float64": a in body must be of type int32: "float64"',
                "of type integer with format int32 in a",
            ],
        ),
        (1 << 31, {"type": "integer", "format": "int32"}, ["of type integer with format int32 in a"]),
        (3.5e38, {"type": "number", "format": "float"}, ["of type number with format float in a"]),
    ],
)
def test_a_number_fits_into_its_format(value: Any, schema: dict[str, Any], messages: list[str]) -> None:
    messages = [*messages[:-1], f'<nil>: Invalid value: "": Checked value must be {messages[-1]}']
    assert told(value, schema) == messages


@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [
        ("ipv4", ["1.2.3.4", "01.2.3.04"], ["1.2.3", "::1", "1..2.3"]),
        ("cidr", ["10.0.0.1/8", "010.0.0.0/8"], ["10.0.0.0/33"]),
        ("uri", ["http://a", "/a", "mailto:x@y"], ["http://a b", "a", "", "http://["]),
        ("hostname", ["a", "a-b", "a.example.com"], ["a.b", "1.2", "-a", "a_b", "a."]),
        ("ssn", ["123-45-6789"], ["123456789"]),
        ("email", ["a@b", '"x y"@b.c'], ["a", "a@b@c"]),
    ],
)
def test_formats_are_as_wide_as_the_references(format: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not formats.fits(format, value)] == []
    assert [value for value in bad if formats.fits(format, value)] == []


def test_of_alternatives_the_one_that_fits_best_is_told() -> None:
    schema = {
        "type": "object",
        "oneOf": [{"required": ["a"]}, {"required": ["b"], "properties": {"c": {"enum": ["x"]}}}],
    }
    found = told({"c": "x"}, schema, "spec")
    assert found == [
        '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
        "spec.b: Required value",
    ]


def test_only_one_of_may_fit() -> None:
    schema = {**STRING, "oneOf": [{"minLength": 1}, {"maxLength": 5}]}
    (found,) = told("abc", schema)
    assert (
        found
        == '<nil>: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid alternatives'
    )


def test_what_was_wrong_before_and_did_not_change_is_let_through() -> None:
    schema = {"type": "object", "properties": {"b": {**STRING, "maxLength": 1}, "c": {**STRING, "maxLength": 1}}}
    assert told({"b": "long", "c": "x"}, schema, old={"b": "long"}) == []
    assert len(told({"b": "longer", "c": "x"}, schema, old={"b": "long"})) == 1


def test_items_of_a_map_have_old_selves_and_items_of_other_lists_only_together() -> None:
    item = {"type": "object", "properties": {"k": STRING, "v": {**STRING, "maxLength": 1}}}
    keyed = {
        "type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
    }  # fmt: skip
    old = [{"k": "x", "v": "long"}]
    assert told([{"k": "new", "v": "s"}, *old], keyed, old=old) == []
    atomic = {"type": "array", "items": item}
    assert told(old, atomic, old=list(old)) == []
    assert len(told([*old, {"k": "new", "v": "s"}], atomic, old=old)) == 1


def test_sets_hold_nothing_twice_and_maps_no_key_twice() -> None:
    schema = {"type": "array", "x-kubernetes-list-type": "set", "items": STRING}
    assert [str(each) for each in extras.doubles(["a", "b", "a", "a"], schema, "s")] == ['s[2]: Duplicate value: "a"']
    schema = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    assert [str(each) for each in extras.doubles([{"k": 1}, None, {}], schema, "s")] == ["s[2]: Duplicate value: {}"]
    [error] = extras.doubles([{"k": 1}, {"k": 1}, "x"], schema, "s")
    assert str(error) == 's[2]: Invalid value: "x": must be an object for an array of list-type map'


def test_an_embedded_resource_says_what_it_is() -> None:
    schema = {"type": "object", "properties": {"e": {"type": "object", "x-kubernetes-embedded-resource": True}}}
    found = extras.embedded({"e": {"apiVersion": "v1", "metadata": {"name": "a/b"}}}, schema)
    assert [str(each) for each in found] == [
        "e.kind: Required value",
        "e.metadata.name: Invalid value: \"a/b\": may not contain '/'",
    ]


@pytest.mark.parametrize(
    ("format", "good", "bad"),
    [
        ("byte", "YWJj", "YWJ"),
        ("cidr", "10.0.0.0/8", "10.0.0.0"),
        ("creditcard", "4111 1111 1111 1111", "4111 1111 1111 1112"),
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2024-01-01T10:00:00.5+02:00", "2024-01-01 10:00:00Z"),
        ("datetime", "2024-01-01T10:00:00Z", "2024-01-01T24:00:00Z"),
        ("duration", "1h30m", "1 eon"),
        ("duration", "22 ns", "ns"),
        ("email", "a@b.example", "a.b.example"),
        ("hexcolor", "#FfF", "#FfFf"),
        ("hostname", "a-b.example", "a_b.example"),
        ("ipv4", "1.2.3.4", "1.2.3"),
        ("ipv6", "::1", "1.2.3.4"),
        ("isbn", "978-0321751041", "978-0321751042"),
        ("k8s-short-name", "a-b", "a.b"),
        ("k8s-long-name", "a.b", "A.b"),
        ("mac", "01:23:45:67:89:ab", "01:23:45:67:89"),
        ("password", "anything", ""),
        ("rgbcolor", "rgb(1, 2,255)", "rgb(1,2,256)"),
        ("ssn", "111-22-3333", "111-222-333"),
        ("uri", "https://a.example/b", "a b"),
        ("uuid", "a8098c1a-f86e-11da-bd1a-00112444be1e", "a8098c1a"),
        ("uuid4", "16fd2706-8baf-433b-82eb-8c7fada847da", "16fd2706-8baf-133b-82eb-8c7fada847da"),
    ],
)
def test_formats_are_met_and_missed(format: str, good: str, bad: str) -> None:
    assert formats.fits(format, good)
    assert formats.fits(format, bad) is (format == "password")


def test_durations_are_read_in_both_ways() -> None:
    assert formats.duration("1.5h") == 5400 * 10**9
    assert formats.duration("-2ms") == -2 * 10**6
    assert formats.duration("3 weeks") == 3 * 7 * 86400 * 10**9


def test_an_enumeration_is_of_any_type() -> None:
    assert told(False, {"type": "boolean", "enum": [True]}) == ['a: Unsupported value: false: supported values: "true"']
    assert told(2, {"type": "integer", "enum": [1, 3]}) == ['a: Unsupported value: 2: supported values: "1", "3"']
    assert told(None, {"type": "string", "nullable": True, "enum": ["x"]}) == [
        'a: Unsupported value: null: supported values: "x"'
    ]
