"""Operators, conversions and functions that every expression has."""

import math
from typing import Any

import pytest

from steersman.cel import environment, types, values
from steersman.cel.library import standard

ENVIRONMENT = environment.Environment(
    (standard.LIBRARY,), {"null_int": types.INT, "null_string": types.STRING, "null_list": types.list_of(types.INT)}
)
NULLS = {"null_int": None, "null_string": None, "null_list": None}


def evaluate(text: str) -> Any:
    return ENVIRONMENT.program(ENVIRONMENT.compile(text)).evaluate(NULLS)


def failure(text: str) -> str:
    with pytest.raises(values.EvaluationError) as caught:
        evaluate(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 / 2 == 3 && -7 / 2 == -3 && 7 % -3 == 1 && -7 % 3 == -1", True),
        ("7u / 2u == 3u && 7u % 4u == 3u", True),
        ("3u + 2u * 4u - 1u == 10u", True),
        ("7.5 / 2.0 == 3.75 && -(2.5) == -2.5", True),
        ("'a' + 'b' == 'ab' && b'a' + b'b' == b'ab' && [1] + [2] == [1, 2]", True),
        ("duration('1h') + duration('30m') - duration('90m') == duration('0')", True),
        ("timestamp('2020-01-01T00:00:00Z') + duration('24h') == timestamp('2020-01-02T00:00:00Z')", True),
        ("timestamp('2020-01-02T00:00:00Z') - timestamp('2020-01-01T00:00:00Z') == duration('24h')", True),
        ("1 < 2 && 1 < 1.5 && 1u < 2 && 'a' < 'b' && false < true && b'a' < b'b'", True),
        ("2 >= 2 && 2.0 <= 2 && 'b' > 'a' && duration('1s') < duration('1m')", True),
        ("1 == 1 && dyn(1) == 1u && dyn(1.0) == 1 && 'a' != 'b' && null == null", True),
        ("1 in dyn([1.0]) && !(dyn('1') in [1])", True),
        ("dyn(1u) in {1: 'one'} && !(dyn(true) in {1: 'one'})", True),
        ("size('é') + size(b'é') + size([1]) + size({}) + 'ab'.size()", 6),
        ("'abc'.startsWith('a') && 'abc'.endsWith('bc') && 'abc'.contains('b')", True),
        ("matches('abc', '^a.c$') && 'abc'.matches('b') && !'abc'.matches('^b')", True),
        ("type(1.0) == double && type('a') == string && type(null) == null_type && type({}) == map", True),
    ],
)
def test_operators_and_functions(text: str, value: Any) -> None:
    assert evaluate(text) == value


def test_dividing_doubles_never_fails() -> None:
    assert evaluate("1.0 / 0.0") == math.inf
    assert evaluate("-1.0 / 0.0") == -math.inf
    assert math.isnan(evaluate("0.0 / 0.0"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9223372036854775807 + 1", "integer overflow"),
        ("-9223372036854775808 - 1", "integer overflow"),
        ("9223372036854775807 * 2", "integer overflow"),
        ("-9223372036854775808 / -1", "integer overflow"),
        ("-9223372036854775808 % -1", "integer overflow"),
        ("-(-9223372036854775808)", "integer overflow"),
        ("1u - 2u", "unsigned integer overflow"),
        ("18446744073709551615u + 1u", "unsigned integer overflow"),
        ("1 / 0", "division by zero"),
        ("1u / 0u", "division by zero"),
        ("1 % 0", "modulus by zero"),
        ("duration('2562047h') + duration('2562047h')", "duration overflow"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "timestamp overflow"),
        ("timestamp('0001-01-01T00:00:00Z') - duration('1ns')", "timestamp overflow"),
        ("dyn(true) + 1", "no such overload: _+_"),
        ("dyn('a') - 1", "no such overload"),
        ("dyn([1]) < 1", "no such overload: _<_"),
        ("size(dyn(1))", "no such overload: size"),
        ("1 in dyn(2)", "no such overload"),
        ("!dyn(1)", "no such overload"),
        ("'a'.startsWith(dyn(1))", "no such overload"),
        ("int(dyn([1]))", "no such overload: int(list)"),
    ],
)
def test_failures(text: str, message: str) -> None:
    assert failure(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("null_int + 1", "no such overload: _+_"),
        ("1 + null_int", "no such overload"),
        ("null_int < 1", "no such overload: _<_"),
        ("null_string.startsWith('a')", "no such overload"),
        ("null_string + 'a'", "no such overload: _+_"),
        ("size(null_list)", "no such overload: size"),
        ("null_string.matches('a')", "no such overload: matches"),
        ("string(null_int)", "no such overload: string(null_type)"),
        ("null_list.exists(x, x == 1)", "got 'types.Null', expected iterable type"),
    ],
)
def test_a_null_in_place_of_a_value_fails_properly(text: str, message: str) -> None:
    assert failure(text) == message


def test_a_null_in_place_of_a_value_can_be_compared() -> None:
    assert evaluate("null_string == 'a' || null_int == 0 || null_list == [1]") is False
    assert evaluate("null_string != 'a' && null_int != 0") is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("int('-42') + int(42u) + int(1.9) + int(-1.9)", 0),
        ("int(timestamp('1970-01-01T00:01:00Z')) + int(duration('1ns'))", 61),
        ("uint('7') + uint(3) + uint(1.9)", values.UInt(11)),
        ("double('1.5e3') + double(1) + double(2u)", 1503.0),
        ("double('-Inf') < 0.0 && double('0x1p-2') == 0.25", True),
        ("bool('true') && bool('t') && !bool('0')", True),
        ("bytes('é')", b"\xc3\xa9"),
        ("string(b'\\303\\251')", "é"),
        ("string(1) + string(1u) + string(1.0) + string(true) + string(2.5e20)", "111true2.5e+20"),
        ("string(duration('1m30.5s')) + string(duration('-2ms'))", "90.5s-0.002s"),
        ("string(timestamp('2020-01-02T03:04:05.600Z'))", "2020-01-02T03:04:05.6Z"),
        ("string(timestamp('2020-01-02T03:04:05+02:00'))", "2020-01-02T03:04:05+02:00"),
        ("string(timestamp(0))", "1970-01-01T00:00:00Z"),
    ],
)
def test_conversions(text: str, value: Any) -> None:
    result = evaluate(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("int('')", "type conversion error from 'string' to 'int'"),
        ("int(' 1')", "type conversion error from 'string' to 'int'"),
        ("int('1_0')", "type conversion error from 'string' to 'int'"),
        ("int('9223372036854775808')", "type conversion error from 'string' to 'int'"),
        ("int(1e19)", "integer overflow"),
        ("int(18446744073709551615u)", "integer overflow"),
        ("uint(-1)", "unsigned integer overflow"),
        ("uint('-1')", "type conversion error from 'string' to 'uint'"),
        ("double('1_0')", "type conversion error from 'string' to 'double'"),
        ("double('1e400')", "type conversion error from 'string' to 'double'"),
        ("bool('yes')", "type conversion error from 'string' to 'bool'"),
        ("string(b'\\377')", "invalid UTF-8 in bytes, cannot convert to string"),
        ("timestamp(253402300799 + 1)", "timestamp overflow"),
    ],
)
def test_failed_conversions(text: str, message: str) -> None:
    assert failure(text) == message


MOMENT = "timestamp('2020-02-29T23:30:15.250Z')"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{MOMENT}.getFullYear()", 2020),
        (f"{MOMENT}.getMonth()", 1),
        (f"{MOMENT}.getDayOfMonth()", 28),
        (f"{MOMENT}.getDate()", 29),
        (f"{MOMENT}.getDayOfYear()", 59),
        (f"{MOMENT}.getDayOfWeek()", 6),
        (f"{MOMENT}.getHours()", 23),
        (f"{MOMENT}.getMinutes()", 30),
        (f"{MOMENT}.getSeconds()", 15),
        (f"{MOMENT}.getMilliseconds()", 250),
        (f"{MOMENT}.getMonth('Europe/Berlin')", 2),
        (f"{MOMENT}.getHours('-08:30')", 15),
        (f"{MOMENT}.getHours('05:00')", 4),
        (f"{MOMENT}.getHours('UTC')", 23),
        ("timestamp('2020-01-01T00:00:00+02:00').getHours()", 22),
        ("duration('-90m').getHours()", -1),
        ("duration('90m').getMinutes()", 90),
        ("duration('1.5s').getSeconds() + duration('1.5s').getMilliseconds()", 1501),
    ],
)
def test_parts_of_times(text: str, value: int) -> None:
    assert evaluate(text) == value


def test_no_time_zone() -> None:
    assert failure(f"{MOMENT}.getHours('Mars/Phobos')") == "unknown time zone Mars/Phobos"
    assert failure(f"{MOMENT}.getHours('x:00')") == 'strconv.Atoi: parsing "x": invalid syntax'


def test_a_long_sum_of_lists_copies_nothing() -> None:
    wide = ENVIRONMENT.extended(variables={"big": types.list_of(types.INT)})
    program = wide.program(wide.compile("big.map(x, big + big).map(x, size(x))[3]"))
    assert program.evaluate({"big": range(2000)}) == 4000
