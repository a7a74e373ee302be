"""Corners that cel-go and Python see differently, as cel-go sees them."""

from typing import Any

import pytest

from steersman.api.cel import compiling, devices, environments
from steersman.cel import types, values

_ENVIRONMENT = environments.BASE.extended(variables={"a": types.DYN})


def _value(text: str, **variables: Any) -> Any:
    return _ENVIRONMENT.program(_ENVIRONMENT.compile(text)).evaluate(variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{dyn(true): 'b', dyn(1): 'n'}.size()", 2),
        ("{dyn(true): 'b', dyn(1): 'n'}[1]", "n"),
        ("{dyn(1): 'n', dyn(true): 'b'}[true]", "b"),
        ("{dyn(1): 'n', dyn(true): 'b'}[1.0]", "n"),
        ("{dyn(1): 'i', dyn(1u): 'u'}[1u]", "u"),
        ("{1: 'a', 1: 'b'}.size()", 1),
        ("{1: 'a'}.exists(k, k == 1)", True),
        ("{dyn(true): 1, dyn(1): 2} == {dyn(1): 2, dyn(true): 1}", True),
        ("[dyn(true), dyn(1)].transformMapEntry(i, v, {v: i})", values.Mixed([(True, 0), (1, 1)])),
    ],
)
def test_true_and_one_are_two_keys(text: str, expected: Any) -> None:
    assert values.equal(_value(text), expected)


@pytest.mark.parametrize("domain", ["'absent.example.com'", "dyn('absent.example.com')"])
def test_a_device_has_no_domain_that_is_only_empty(domain: str) -> None:
    found = devices.compile(f"{domain} in device.attributes || device.attributes[{domain}].size() > 0")
    assert devices.matches(found, {"attributes": {"x": {"int": 1}}}, "d.example.com") is False


def test_a_zone_that_is_no_text_is_refused() -> None:
    with pytest.raises(values.EvaluationError, match="no such overload"):
        _value("timestamp(0).getMilliseconds(a)", a=1)


def test_an_object_has_its_own_type() -> None:
    assert _value("type(a) == type({})", a=values.Object("Object", {})) is False
    assert values.type_name(values.Object("Object.spec", {})) == "Object.spec"


@pytest.mark.parametrize("call", ["find('[')", "findAll('[')", "findAll('[', 1)"])
def test_a_bad_pattern_is_refused_before_it_is_used(call: str) -> None:
    with pytest.raises(compiling.Refused) as refused:
        compiling.compile(f"'a'.{call}.size() == 1", _ENVIRONMENT)
    assert str(refused.value) == "program instantiation failed: error parsing regexp: missing closing ]: `[`"


def test_a_pattern_that_is_no_constant_is_refused_when_it_is_used() -> None:
    with pytest.raises(values.EvaluationError, match="Illegal regex: error parsing regexp: missing closing"):
        _value("'a'.find(a)", a="[")


def test_a_network_does_not_tell_what_is_wrong_with_an_address() -> None:
    with pytest.raises(values.EvaluationError, match="no such overload"):
        _value("cidr('10.0.0.0/8').containsIP('ten')")
