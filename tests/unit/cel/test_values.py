"""Equality, order, sizes, keys and types of values, where Python has another opinion than CEL."""

import math
from typing import Any

import pytest

from steersman.cel import types, values

NAN = math.nan


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, values.UInt(1)),
        (1, 1.0),
        (values.UInt(2), 2.0),
        (2**53 + 1, float(2**53)),  # cel-go makes a double of the int
        ([1, 2], (1.0, values.UInt(2))),
        ({"a": [1]}, {"a": [1.0]}),
        ({1: "x"}, {values.UInt(1): "x"}),
        (None, None),
        (values.Timestamp(5), values.Timestamp(5, offset=3600)),
        (values.Duration(5), values.Duration(5)),
        (values.TypeValue(types.list_of(types.INT)), values.TypeValue(types.list_of(types.STRING))),
        (values.NONE, values.Optional(present=False)),
        (values.Optional(1), values.Optional(1.0)),
        (values.Joined([1], [2]), [1, 2]),
        (values.Object("X", {"a": 1}), values.Object("X", {"a": 1})),
    ],
)
def test_equal(left: Any, right: Any) -> None:
    assert values.equal(left, right)
    assert values.equal(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0),
        (False, 0.0),
        (None, 0),
        (None, []),
        ("1", 1),
        ("a", b"a"),
        (NAN, NAN),
        ([NAN], [NAN]),
        ([1], [1, 2]),
        ({1: "x"}, {True: "x"}),
        ({"a": 1}, {"a": True}),
        (values.Duration(5), values.Timestamp(5)),
        (values.Duration(5), 5),
        (values.Optional(None), values.NONE),
        (values.Object("X", {}), values.Object("Y", {})),
        (values.Object("X", {}), {}),
        (values.TypeValue(types.INT), values.TypeValue(types.UINT)),
    ],
)
def test_not_equal(left: Any, right: Any) -> None:
    assert not values.equal(left, right)
    assert not values.equal(right, left)


def test_a_container_may_have_its_own_equality() -> None:
    class Set(list[Any]):
        def cel_equals(self, other: Any) -> bool:
            return sorted(self) == sorted(other)

    assert values.equal(Set([1, 2]), [2, 1])
    assert values.equal([2, 1], Set([1, 2]))
    assert values.equal({"set": Set([1, 2])}, {"set": [2, 1]})


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        (1, 2, -1),
        (values.UInt(3), 2, 1),
        (-1, values.UInt(0), -1),
        (1, 1.5, -1),
        (2.0, 2, 0),
        ("a", "b", -1),
        (b"b", b"a", 1),
        (False, True, -1),
        (values.Timestamp(1), values.Timestamp(2), -1),
        (values.Duration(2), values.Duration(2), 0),
    ],
)
def test_order(left: Any, right: Any, order: int) -> None:
    assert values.compare(left, right) == order


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (NAN, 1, "NaN values cannot be ordered"),
        (1, NAN, "NaN values cannot be ordered"),
        (1, "1", "no such overload"),
        (True, 1, "no such overload"),
        ([1], [2], "no such overload"),
        (None, None, "no such overload"),
    ],
)
def test_what_has_no_order(left: Any, right: Any, message: str) -> None:
    with pytest.raises(values.EvaluationError) as caught:
        values.compare(left, right)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("mapping", "key", "value"),
    [
        ({"a": 1}, "a", 1),
        ({1: "x"}, 1.0, "x"),
        ({1: "x"}, values.UInt(1), "x"),
        ({True: "x"}, True, "x"),
        ({1: "x"}, True, values.MISSING),
        ({True: "x"}, 1, values.MISSING),
        ({1: "x"}, 1.5, values.MISSING),
        ({}, "a", values.MISSING),
    ],
)
def test_keys(mapping: Any, key: Any, value: Any) -> None:
    assert values.find(mapping, key) is value


@pytest.mark.parametrize("key", [None, [1], b"a", values.Duration(1)])
def test_what_is_no_key(key: Any) -> None:
    with pytest.raises(values.EvaluationError, match="unsupported key type"):
        values.find({"a": 1}, key)


@pytest.mark.parametrize(
    ("value", "size"),
    [("é!", 2), (b"\xc3\xa9", 2), ([1], 1), ((), 0), ({}, 0), (7, None), (True, None), (None, None), (1.5, None)],
)
def test_sizes(value: Any, size: int | None) -> None:
    assert values.size(value) == size
    assert values.actual_size(value) == (1 if size is None else size)


def test_an_optional_is_charged_for_what_is_in_it() -> None:
    assert values.actual_size(values.Optional("abc")) == 3
    assert values.actual_size(values.NONE) == 1


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "bool"),
        (1, "int"),
        (values.UInt(1), "uint"),
        (1.0, "double"),
        ("", "string"),
        (b"", "bytes"),
        (None, "null_type"),
        ([], "list"),
        (range(3), "list"),
        ({}, "map"),
        (values.Timestamp(0), "google.protobuf.Timestamp"),
        (values.Duration(0), "google.protobuf.Duration"),
        (values.NONE, "optional_type"),
        (values.TypeValue(types.INT), "type"),
    ],
)
def test_type_names(value: Any, name: str) -> None:
    assert values.type_name(value) == name


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (-2.25, "-2.25"),
        (100000.0, "100000"),
        (1000000.0, "1e+06"),
        (123456789.0, "1.23456789e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e21, "1e+21"),
        (5e-324, "5e-324"),
        (1e100, "1e+100"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (NAN, "NaN"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_doubles_are_written_as_go_does(number: float, shown: str) -> None:
    assert values.double_text(number) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(1e21, "1" + "0" * 21), (0.00001, "0.00001"), (1.5, "1.5"), (-0.25, "-0.25"), (3.0, "3")]
)
def test_doubles_without_an_exponent(number: float, shown: str) -> None:
    assert values.fixed_text(number) == shown


def test_joined_lists_are_a_list() -> None:
    joined = values.Joined(values.Joined([1, 2], [3]), (4,))
    assert [*joined] == [1, 2, 3, 4]
    assert (joined[0], joined[3], joined[-1], joined[1:3], len(joined)) == (1, 4, 4, [2, 3], 4)
    with pytest.raises(IndexError):
        joined[4]
