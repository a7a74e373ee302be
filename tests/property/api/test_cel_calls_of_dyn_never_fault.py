"""Whatever values a function of the environment is given where types are not known, it has a value or an evaluation
error: no Python exception comes out of an expression."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.api.cel import authorizer, cidr, environments, format, ip, quantity, semver, urls
from steersman.cel import declarations, types, values
from steersman.kit import http

_ENVIRONMENT = environments.BASE.extended(variables=dict.fromkeys("abcd", types.DYN))
_AUTHORIZER = authorizer.Authorizer(http.User("ann"), lambda attributes: authorizer.Decision(True))
_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 7, 2**63 - 1, -(2**63), values.UInt(3), 1.5, float("nan"), float("inf")),
    *("", "a", "abc", "10.0.0.1", "10.0.0.0/8", "1Gi", "1.2.3", "2020-01-01T00:00:00Z", "1h", "(", b"", b"\xff"),
    *([], [1, 2], ["a", "b"], [1.5, "x"], [[1], [2]], {}, {"a": 1}, {1: 2}),
    *(values.Duration(10**9), values.Timestamp(10**18), values.TypeValue(types.INT)),
    *(values.NONE, values.Optional(1), values.Optional("a")),
    *(ip.parse("::1"), cidr.parse("10.0.0.0/8"), quantity.parse("1Gi"), semver.parse("1.2.3")),
    *(urls.parse("https://a.b/c?d=e"), format.FORMATS["uuid"], _AUTHORIZER, authorizer.GroupCheck(_AUTHORIZER, "")),
    *(authorizer.ResourceCheck(_AUTHORIZER, "", "pods"), authorizer.PathCheck(_AUTHORIZER, "/")),
]
_MACROS = (
    "a.all(x, x > b)", "a.map(x, x + b)", "a.filter(x, x == b)", "a.sortBy(x, x)", "a.exists_one(x, x == b)",
    "a.transformMap(k, v, v)", "a.?x", "a[?b]", "a.exists(i, v, i == v)", "has(a.b)", "{a: b}", "[?a]", "a.b.c",
    "a in b", "a[b]", "a ? b : c", "!a", "-a",
)  # fmt: skip


def _calls() -> Iterator[str]:
    for function in _ENVIRONMENT.functions.values():
        for overload in function.overloads:
            yield from _call(function.name, overload)


def _call(name: str, overload: declarations.Overload) -> Iterator[str]:
    names = list("abcd"[: len(overload.arguments)])
    if re.fullmatch(r"_[-+*/%<>=!&|]+_", name):
        yield f"a {name[1:-1]} b"
    elif re.fullmatch(r"[A-Za-z_.0-9]+", name):
        yield f"{names[0]}.{name}({', '.join(names[1:])})" if overload.member else f"{name}({', '.join(names)})"


_PROGRAMS = {text: _ENVIRONMENT.program(_ENVIRONMENT.compile(text)) for text in sorted({*_calls(), *_MACROS})}


@settings(max_examples=1000, deadline=None)
@given(
    text=st.sampled_from(sorted(_PROGRAMS)),
    given_values=st.tuples(*(st.sampled_from(range(len(_VALUES))) for _ in range(4))),
)
def test_there_is_a_value_or_an_evaluation_error(text: str, given_values: tuple[int, ...]) -> None:
    variables = {name: _VALUES[place] for name, place in zip("abcd", given_values, strict=True)}
    with contextlib.suppress(values.EvaluationError):
        _PROGRAMS[text].run(variables, limit=environments.PER_CALL_LIMIT)
