"""Whatever text they are given, Kubernetes' functions give a value or an evaluation error."""

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steersman.api.cel import environments, netip
from steersman.cel import types, values

_ENVIRONMENT = environments.BASE.extended(variables={"a": types.STRING, "b": types.STRING})
_FUNCTIONS = (
    "ip(a).family()",
    "ip.isCanonical(a)",
    "cidr(a).masked().containsIP(b)",
    "cidr(a).containsCIDR(b)",
    "url(a).getQuery()",
    "url(a).getEscapedPath() + url(a).getHostname() + url(a).getPort()",
    "quantity(a).add(quantity(b)).asInteger()",
    "quantity(a).asApproximateFloat()",
    "semver(a).compareTo(semver(b))",
    "semver(a, true).major()",
    "a.findAll(b)",
    "format.named(a).value().validate(b)",
    "[" + ", ".join(f"format.{name}().validate(a).hasValue()" for name in ("uri", "uuid", "byte", "datetime")) + "]",
)
_PROGRAMS = {text: _ENVIRONMENT.program(_ENVIRONMENT.compile(text)) for text in _FUNCTIONS}
_LIKELY = st.text(alphabet="0123456789.:/%abfv-+eEGiKm[]@?#&= (*)\\", max_size=24)


@pytest.mark.parametrize("text", _FUNCTIONS)
@given(a=_LIKELY | st.text(max_size=12), b=_LIKELY)
def test_there_is_a_value_or_an_evaluation_error(text: str, a: str, b: str) -> None:
    with contextlib.suppress(values.EvaluationError):
        _PROGRAMS[text].evaluate({"a": a, "b": b}, limit=environments.PER_CALL_LIMIT)


@given(st.text(alphabet="0123456789.:/abf", max_size=20))
def test_an_address_is_one_where_python_finds_one(text: str) -> None:
    try:
        expected: object = ipaddress.ip_address(text)
    except ValueError:
        expected = None
    try:
        found: object = netip.parse_address(text)[0]
    except netip.Refused:
        found = None
    assert found == expected


@given(st.ip_addresses())
def test_an_address_is_read_and_written_again(address: netip.Address) -> None:
    assert netip.parse_address(str(address)) == (address, "")
