"""What an expression really does is counted, and a brief run stops before it takes long."""

from typing import Any

import pytest

from steersman.api.cel import environments
from steersman.cel import errors, evaluating, meter, types, values

_ENVIRONMENT = environments.BASE.extended(variables={"xs": types.list_of(types.INT), "a": types.DYN})
_BOMB = "[dyn([1])]" + ".map(x, dyn([x, x]))" * 40
"""Two to the power of forty ones, for a few hundred units."""


def _run(text: str, limit: int = environments.PER_CALL_LIMIT, **variables: Any) -> evaluating.Outcome:
    return _ENVIRONMENT.program(_ENVIRONMENT.compile(text)).run(variables, limit=limit)


@pytest.mark.parametrize(
    "text",
    [
        f"{_BOMB}.all(x, x == x)",
        f"{_BOMB}.all(x, [x].flatten(50) == [1])",
        f"{_BOMB}.all(x, '%s'.format([x]) == '')",
        f"{_BOMB}.all(x, [dyn(1), x].indexOf(x) == 1)",
        f"[[1]]{'.map(x, x + x)' * 40}.all(x, x.sum() > 0)",
        f"[[1]]{'.map(x, x + x)' * 40}.all(x, x.all(i, v, v == 1))",
    ],
)
def test_values_within_themselves_do_not_run_forever(text: str) -> None:
    with pytest.raises(evaluating.CostExceeded) as refused:
        _run(text, limit=20_000)
    assert refused.value.cost > 20_000


def test_a_value_within_itself_is_not_written_into_an_error() -> None:
    with pytest.raises(values.EvaluationError) as refused:
        _run(f"{_BOMB}.join()")
    assert refused.value.message == "join: invalid input: list"


def test_an_everyday_expression_costs_what_cel_go_charges() -> None:
    assert _run("xs.all(x, isURL('https://example.com') || x > 0)", xs=[1, 2, 3]).cost == 14


def test_work_beyond_the_price_is_charged() -> None:
    assert _run("'%s'.format([a]).size() > 0", a=list(range(1000))).cost > 900


def test_a_brief_run_is_stopped_and_can_be_done_again() -> None:
    with pytest.raises(errors.TooLong), meter.brief(100):
        _run("xs.all(x, x >= 0)", xs=range(1000))
    assert _run("xs.all(x, x >= 0)", xs=range(1000)).value is True


def test_runs_of_one_block_share_what_is_allowed() -> None:
    with pytest.raises(errors.TooLong), meter.brief(100):
        for _ in range(100):
            _run("xs.all(x, x >= 0)", xs=[1, 2])


def test_more_than_the_limit_is_too_much_however_brief() -> None:
    with pytest.raises(evaluating.CostExceeded), meter.brief(10_000):
        _run("xs.all(x, x >= 0)", limit=100, xs=range(1000))


def test_native_work_is_stopped_too() -> None:
    with pytest.raises(errors.TooLong), meter.brief(100):
        _run("'%s'.format([a]).size() > 0", a=list(range(10_000)))
