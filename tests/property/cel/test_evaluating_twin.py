"""Random well-typed expressions have the value that Google's C++ evaluator gives them, or neither has one."""

import functools
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from steersman.cel import environment, types, values
from steersman.cel.library import optional, standard

cel = pytest.importorskip("cel_expr_python.cel", reason="Google's evaluator is for x86_64 only")

LISTS, MAPS = types.list_of(types.INT), types.map_of(types.STRING, types.INT)
VARIABLES = {"i": types.INT, "s": types.STRING, "b": types.BOOL, "f": types.DOUBLE, "xs": LISTS, "m": MAPS}
Text = st.SearchStrategy[str]


@functools.cache
def environments() -> tuple[environment.Environment, Any]:
    ours = environment.Environment((standard.LIBRARY, optional.LIBRARY), VARIABLES)
    theirs = cel.NewEnv(
        variables={
            "i": cel.Type.INT,
            "s": cel.Type.STRING,
            "b": cel.Type.BOOL,
            "f": cel.Type.DOUBLE,
            "xs": cel.Type.List(cel.Type.INT),
            "m": cel.Type.Map(cel.Type.STRING, cel.Type.INT),
        }
    )
    return ours, theirs


def form(template: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda given: template.format(*given))


def of(template: str, choices: str, *parts: Text) -> Text:
    """`template` with one of the operators first."""
    return st.tuples(st.sampled_from(choices.split()), *parts).map(lambda given: template.format(*given))


def literals(kind: str) -> Text:
    return {
        "int": st.sampled_from(["i", "0", "1", "2", "-3", "7", "9223372036854775807", "-9223372036854775808"]),
        "bool": st.sampled_from(["b", "true", "false"]),
        "string": st.sampled_from(["s", "''", "'a'", "'ab'", "'é'", "'b.c'"]),
        "double": st.sampled_from(["f", "0.0", "1.5", "-2.0", "1e300"]),
        "list": st.sampled_from(["xs", "[5]", "[1, 2, 3]", "[i, 1 / i]"]),
        "map": st.sampled_from(["m", "{'q': 0}", "{'a': 1, 'b': i}", "{s: 2}"]),
    }[kind]


@functools.cache
def grown(kind: str, depth: int) -> Text:
    """Expressions of one type, of so many levels at most."""
    if depth == 0:
        return literals(kind)
    below = {other: grown(other, depth - 1) for other in KINDS}
    i, b, s, f, xs, m = (below[other] for other in KINDS)
    any_of_two = st.one_of(*(st.tuples(each, each) for each in below.values())).map(lambda pair: " == ".join(pair))
    numbers = literals("double")  # NaN has no order in cel-go, and false is its order in C++
    inner = {
        "int": [
            of("({1} {0} {2})", "+ - * / %", i, i),
            form("-({0})", i),
            form("size({0})", st.one_of(s, xs, m)),
            form("{0}[{1}]", xs, i),
            form("{0}[{1}]", m, s),
            form("({0}).a", m),
            form("int({0})", st.one_of(i, form("{0} + f", f))),  # of a constant it would fail while planning
        ],
        "bool": [
            of("({1} {0} {2})", "&& ||", b, b),
            form("!({0})", b),
            of("({1} {0} {2})", "< <= > >= == !=", i, i),
            of("({1} {0} {2})", "< <= > >= == !=", s, s),
            of("({1} {0} {2})", "< <= > >=", numbers, numbers),
            of("(dyn({1}) {0} {2})", "< >=", i, numbers),
            form("({0})", any_of_two),
            form("({0} in {1})", i, xs),
            form("({0} in {1})", s, m),
            form("has(({0}).a)", m),
            of("({1}).{0}({2})", "startsWith endsWith contains", s, s),
            of("({1}).{0}(x, {2} == x || x > {3})", "all exists exists_one", xs, i, i),
            of("({1}).{0}(k, {2}[k] > {3})", "all exists exists_one", m, m, i),
        ],
        "string": [
            form("({0} + {1})", s, s),
            form("string({0})", st.one_of(i, b)),
            form("(type({0}) == int ? {1} : {2})", i, s, s),
        ],
        "double": [of("({1} {0} {2})", "+ - * /", f, f), form("double({0})", i)],
        "list": [
            form("({0} + {1})", xs, xs),
            form("[{0}, {1}]", i, i),
            form("({0}).map(x, x + {1})", xs, i),
            form("({0}).map(x, x > {1}, x * {2})", xs, i, i),
            form("({0}).filter(x, {1} % x != {2})", xs, i, i),
        ],
        "map": [form("{{{0}: {1}, 'zz': {2}}}", s, i, i)],
    }[kind]
    choice = form("({0} ? {1} : {2})", b, below[kind], below[kind])
    return st.one_of(literals(kind), *inner, choice)


KINDS = ("int", "bool", "string", "double", "list", "map")
EXPRESSIONS = st.one_of(*(grown(kind, 3) for kind in KINDS))


@hypothesis.settings(max_examples=300, deadline=None)
@hypothesis.given(
    text=EXPRESSIONS,
    variables=st.fixed_dictionaries(
        {
            "i": st.integers(-5, 5) | st.sampled_from([values.MAX_INT, values.MIN_INT]),
            "s": st.sampled_from(["", "a", "xyz", "ab"]),
            "b": st.booleans(),
            "f": st.sampled_from([0.0, 0.5, -1.0, 3.0]),
            "xs": st.lists(st.integers(-3, 3), max_size=4),
            "m": st.dictionaries(st.sampled_from("abc"), st.integers(0, 3), max_size=3),
        }
    ),
)
def test_the_value_is_googles_or_neither_has_one(text: str, variables: dict[str, Any]) -> None:
    ours, theirs = environments()
    result = theirs.compile(text).eval(data=variables)
    checked = ours.compile(text)
    try:
        value: Any = ours.program(checked).evaluate(variables)
    except values.EvaluationError:
        assert result.type() == cel.Type.ERROR, f"{text}: we have no value, Google {result.plain_value()!r}"
        return
    assert result.type() != cel.Type.ERROR, f"{text}: Google says {result.value()}, we {value!r}"
    assert repr(value) == repr(result.plain_value()) or value == result.plain_value(), text
