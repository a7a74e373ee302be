"""What a run costs, counted as cel-go counts it, and that it stops at its limit."""

from typing import Any

import pytest

from steersman.cel import environment, evaluating, types, values
from steersman.cel.library import optional, sets, standard, twovar

ENVIRONMENT = environment.Environment(
    (standard.LIBRARY, optional.LIBRARY, sets.LIBRARY, twovar.LIBRARY),
    {"self": types.DYN, "s": types.STRING, "n": types.INT, "xs": types.list_of(types.INT)},
)
VARIABLES = {"self": {"a": {"b": 1}, "s": "y" * 50}, "s": "x" * 25, "n": 3, "xs": [1, 2, 3]}


def run(text: str, **more: Any) -> evaluating.Outcome:
    return ENVIRONMENT.program(ENVIRONMENT.compile(text)).run(VARIABLES, **more)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("n", 1),
        ("1 + 2", 1),
        ("self.a.b", 3),
        ("self.a[s.size() > 3 ? 'b' : 'c']", 2 + 1 + 3),
        ("has(self.a)", 1),
        ("has(self.a.b)", 2),
        ("n == 3", 2),
        ("n == 3 && n < 5", 4),
        ("n == 4 && n < 5", 2),
        ("n == 3 || n < 5", 2),
        ("s == 'abc'", 1 + 1),
        ("s == s", 2 + 3),
        ("s < self.s", 1 + 2 + 3),
        ("'' == s", 1),
        ("s + s", 2 + 5),
        ("s.startsWith('x')", 1 + 3),
        ("s.contains('x')", 1 + 3 * 1),
        ("s.matches('^x+$')", 1 + 3 * 1),
        ("n in xs", 2 + 3),
        ("n in [1, 2]", 1),
        ("n in [1, n]", 1 + 11 + 2),
        ("[1, 2]", 0),
        ("[n]", 11),
        ("{'a': 1}", 0),
        ("{'a': n}", 31),
        ("duration('1s') == duration('1s')", 1),
        ("n > 2 ? n : n", 2),
        ("n > 2 ? n + 1 : n", 2 + 2),
        ("(n > 2 ? self : self.a).a", 2 + 1),
        ("dyn(s).startsWith('x')", 2 + 3),
        ("xs.all(x, x > 0)", 1 + 3 * (2 + 1 + 2) + 1),
        ("xs.all(x, x > 1)", 1 + (2 + 1 + 2) + 2 + 1),
        ("xs.exists(x, x == 3)", 1 + 3 * (3 + 1 + 2) + 1),
        ("xs.map(x, x)", 1 + 3 * (1 + 11 + 1) + 1),
        ("xs.map(x, 1)", 1 + 3 * (1 + 1) + 1),
        ("xs.filter(x, x > 1)", 1 + 3 * 2 + 2 * 13 + 1),
        ("xs.exists_one(x, x == 1)", 1 + 3 * 2 + 2 + 2),
        ("xs.transformMap(i, x, x)", 1 + 3 * 4 + 1),
        ("self.?a.b.orValue(n)", 3),
        ("self.?z.b.orValue(n)", 2),
        ("sets.contains(xs, [1, 2])", 1 + 1 + 6),
    ],
)
def test_what_it_costs(text: str, cost: int) -> None:
    assert run(text).cost == cost


def test_a_cost_at_the_limit_is_allowed_and_one_more_is_not() -> None:
    text = "xs.all(x, x > 0)"
    cost = run(text).cost
    assert run(text, limit=cost).value is True
    with pytest.raises(evaluating.CostExceeded, match=r"^operation cancelled: actual cost limit exceeded$"):
        run(text, limit=cost - 1)


@pytest.mark.parametrize(
    "text",
    [
        "big.all(x, big.all(y, big.all(z, x + y + z >= 0)))",
        "big.map(x, big.map(y, x * y)).size() > 0",
        "true || big.all(x, big.all(y, x + y >= 0))",
        "big.all(x, big.all(y, x + y >= 0)) || true",
        "big.all(x, big.exists(y, x + y < 0) || true)",
        "big.transformMap(i, x, big.filter(y, y > x)).size() > 0",
    ],
)
def test_a_fold_of_folds_stops_at_the_limit_whatever_would_absorb_an_error(text: str) -> None:
    wide = ENVIRONMENT.extended(variables={"big": types.list_of(types.INT)})
    program = wide.program(wide.compile(text))
    if text.startswith("true"):
        assert program.evaluate({"big": range(2000)}, limit=10_000) is True
        return
    with pytest.raises(evaluating.CostExceeded) as caught:
        program.run({"big": range(2000)}, limit=10_000)
    assert 10_000 < caught.value.cost < 20_000


def test_an_error_tells_what_it_cost() -> None:
    with pytest.raises(values.EvaluationError) as caught:
        run("n == 3 && n / 0 == 1")
    assert caught.value.cost == 5


@pytest.mark.parametrize("text", ["{} == {}", "3 in {}", "sets.contains({}, {})"])
def test_what_is_too_long_to_look_at_is_charged_for_before(text: str) -> None:
    endless = "[xs].map(x, x + x)" + ".map(x, x + x)" * 50 + "[0]"
    program = ENVIRONMENT.program(ENVIRONMENT.compile(text.format(endless, endless)))
    with pytest.raises(evaluating.CostExceeded):
        program.run({"xs": list(range(100))}, limit=1_000_000)
