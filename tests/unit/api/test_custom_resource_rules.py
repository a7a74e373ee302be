"""Rules in CEL are evaluated along an object, with its old self, a budget and the messages of the reference."""

# ruff: noqa: E501  (the cases are as long as they are)

from typing import Any

import pytest

from steersman.api.validation.customresources import evaluation

STRING: dict[str, Any] = {"type": "string"}
INT: dict[str, Any] = {"type": "integer"}


def ruled(rule: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**schema, "x-kubernetes-validations": [{"rule": rule, **more}]}


def run(schema: dict[str, Any], value: Any, old: Any = None, **how: Any) -> evaluation.Outcome:
    whole = {"type": "object", "properties": {"a": schema}}
    before = None if old is None else {"a": old}
    return evaluation.Rules(whole, is_root=True).check({"a": value}, before, **how)


def told(schema: dict[str, Any], value: Any, old: Any = None, **how: Any) -> list[str]:
    return [str(each) for each in run(schema, value, old, **how).errors]


OBJECT = {"type": "object", "properties": {"n": INT, "m": INT, "s": STRING}}


def test_a_scalar_is_shown_and_an_object_is_not() -> None:
    assert told(ruled("self < 3", INT), 2) == []
    assert told(ruled("self < 3", INT), 3) == ["a: Invalid value: 3: failed rule: self < 3"]
    assert told(ruled("self.n < self.m", OBJECT, message=" n below m "), {"n": 2, "m": 1}) == [
        "a: Invalid value: n below m"
    ]


def test_the_message_expression_wins_and_the_message_stands_in_for_it() -> None:
    schema = ruled("self.n < 3", OBJECT, messageExpression="'n is ' + string(self.n)", message="too much")
    assert told(schema, {"n": 4}) == ["a: Invalid value: n is 4"]
    for expression in ("'  '", "'a\\nb'", "string(self.m)"):
        schema = ruled("self.n < 3", OBJECT, messageExpression=expression, message="too much")
        assert told(schema, {"n": 4}) == ["a: Invalid value: too much"]


def test_the_reason_and_the_field_path_are_the_rules_own() -> None:
    schema = ruled("false", OBJECT, message="no", reason="FieldValueForbidden", fieldPath=".s")
    assert told(schema, {}) == ["a.s: Forbidden: no"]
    schema = ruled("false", OBJECT, message="no", reason="FieldValueRequired")
    assert told(schema, {}) == ["a: Required value: no"]
    assert told(ruled("false", STRING, reason="FieldValueDuplicate"), "x") == ['a: Duplicate value: "x"']
    assert told(ruled("false", OBJECT, reason="FieldValueDuplicate"), {}) == ["a: Duplicate value"]


def test_a_rule_that_fails_is_an_error_with_its_cause() -> None:
    assert told(ruled("self.n > 1", OBJECT), {}) == [
        'a: Invalid value: "object": no such key: n evaluating rule: self.n > 1'
    ]
    schema = ruled("self > 1", {"x-kubernetes-int-or-string": True}, message="above one")
    (found,) = told(schema, "x")
    assert found == (
        "a: Invalid value: \"\": 'no such overload': call arguments did not match a supported operator, function or macro "
        "signature for rule: above one"
    )


def test_a_transition_is_looked_at_where_there_is_an_old_self() -> None:
    schema = ruled("self == oldSelf", STRING, message="immutable")
    assert told(schema, "x") == []
    assert told(schema, "x", "x") == []
    assert told(schema, "x", "y") == ['a: Invalid value: "x": immutable']
    schema = ruled("!oldSelf.hasValue() || oldSelf.value() == self", STRING, optionalOldSelf=True)
    assert told(schema, "x") == []
    assert len(told(schema, "x", "y")) == 1


def test_items_of_a_map_are_matched_by_their_keys() -> None:
    item = {"type": "object", "properties": {"k": STRING, "v": ruled("self >= oldSelf", INT)}}
    schema = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}
    old = [{"k": "a", "v": 5}, {"k": "b", "v": 7}]
    assert told(schema, [{"k": "b", "v": 8}, {"k": "c", "v": 1}, {"k": "a", "v": 5}], old) == []
    (found,) = told(schema, [{"k": "c", "v": 9}, {"k": "b", "v": 6}], old)
    assert found.startswith("a[1].v: Invalid value: 6")


def test_what_did_not_change_is_a_warning_only() -> None:
    schema = ruled("self.n < 3", OBJECT, message="too much")
    outcome = run(schema, {"n": 5}, {"n": 5}, ratcheting=True)
    assert outcome.errors == []
    assert outcome.warnings == ["a: Invalid value: too much"]
    assert len(run(schema, {"n": 6}, {"n": 5}, ratcheting=True).errors) == 1
    transition = ruled("self.n > oldSelf.n", OBJECT, message="must grow")
    assert len(run(transition, {"n": 5}, {"n": 5}, ratcheting=True).errors) == 1


def test_lists_without_keys_did_not_change_only_as_a_whole() -> None:
    schema = {"type": "array", "items": ruled("self < 3", INT)}
    assert run(schema, [5], [5], ratcheting=True).errors == []
    assert len(run(schema, [5, 1], [5], ratcheting=True).errors) == 1


def test_an_endless_rule_ends() -> None:
    schema = ruled("self.all(x, self.all(y, self.all(z, x + y + z >= 0)))", {"type": "array", "items": INT})
    outcome = run(schema, list(range(300)))
    (found,) = map(str, outcome.errors)
    assert found.startswith(
        "a: Invalid value: \"array\": 'operation cancelled: actual cost limit exceeded': no further validation rules will "
        "be run due to call cost exceeds limit for rule: self.all"
    )
    assert outcome.remaining == -1


def test_the_budget_is_for_all_rules_together() -> None:
    schema = {"type": "array", "items": ruled("self.size() < 3", STRING)}
    outcome = run(schema, ["ab"] * 50, budget=20)
    assert [str(each) for each in outcome.errors] == [
        (
            'a[6]: Invalid value: "string": validation failed due to running out of cost budget, no '
            "further validation rules will be run"
        )
    ]
    assert outcome.remaining == -1


@pytest.mark.parametrize(
    ("rule", "schema", "good", "bad"),
    [
        ("self < timestamp('2024-01-01T00:00:00Z')", {**STRING, "format": "date-time"}, "2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"),
        ("self.getFullYear() == 2024", {**STRING, "format": "date"}, "2024-05-05", "2023-05-05"),
        ("self <= duration('1h')", {**STRING, "format": "duration"}, "60m", "61m"),
        ("self == b'abc'", {**STRING, "format": "byte"}, "YWJj", "YWJk"),
        ("self / 2.0 == 0.5", {"type": "number"}, 1, 2),
        ("type(self) == int || self.endsWith('%')", {"x-kubernetes-int-or-string": True}, "5%", "5"),
        ("self == ['b', 'a']", {"type": "array", "items": STRING, "x-kubernetes-list-type": "set"}, ["a", "b"], ["a"]),
        ("(self + ['b']).size() == 2", {"type": "array", "items": STRING, "x-kubernetes-list-type": "set"}, ["a", "b"], ["a", "c"]),
        ("self.a__dot__b + self.__for__ == 3", {"type": "object", "properties": {"a.b": INT, "for": INT}}, {"a.b": 1, "for": 2}, {"a.b": 1, "for": 1}),
        ("self.all(k, k.size() < 2 && self[k] > 0.5)", {"type": "object", "additionalProperties": {"type": "number"}}, {"a": 1}, {"a": 0}),
        ("has(self.n) && dyn(self.n) == null", {"type": "object", "properties": {"n": {**STRING, "nullable": True}}}, {"n": None}, {}),
        ("self.exists(x, x.when > timestamp('2024-01-01T00:00:00Z'))", {"type": "array", "items": {"type": "object", "properties": {"when": {**STRING, "format": "date-time"}}}}, [{"when": "2024-02-01T00:00:00Z"}], [{"when": "2023-02-01T00:00:00Z"}]),
        ("quantity(self).isLessThan(quantity('1Gi'))", STRING, "5Mi", "2Gi"),
        ("isURL(self) && url(self).getScheme() == 'https'", STRING, "https://a.example", "http://a.example"),
        ("self.isSorted()", {"type": "array", "items": INT}, [1, 2], [2, 1]),
    ],
)  # fmt: skip
def test_values_are_of_the_types_of_their_schema(rule: str, schema: dict[str, Any], good: Any, bad: Any) -> None:
    ruled_schema = ruled(rule, schema)
    assert told(ruled_schema, good) == []
    assert len(told(ruled_schema, bad)) == 1


def test_the_root_sees_its_kind_and_its_name() -> None:
    schema = ruled("self.kind == 'K' && self.metadata.name.startsWith('a')", {"type": "object"}, message="no")
    rules = evaluation.Rules(schema, is_root=True)
    assert rules.check({"kind": "K", "apiVersion": "v1", "metadata": {"name": "ab"}}, None).errors == []
    (found,) = rules.check({"kind": "K", "apiVersion": "v1", "metadata": {"name": "b"}}, None).errors
    assert str(found) == "<nil>: Invalid value: no"


def test_objects_with_sets_inside_compare_as_sets() -> None:
    inner = {"type": "array", "items": STRING, "x-kubernetes-list-type": "set"}
    schema = ruled("self == oldSelf", {"type": "object", "properties": {"s": inner}})
    assert told(schema, {"s": ["a", "b"]}, {"s": ["b", "a"]}) == []
    assert len(told(schema, {"s": ["a"]}, {"s": ["b"]})) == 1
