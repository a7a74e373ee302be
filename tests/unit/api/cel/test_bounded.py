"""What takes long is done beside the loop, and authorization checks are not what takes long."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from steersman.api.cel import authorizer, bounded, environments, requests
from steersman.cel import evaluating
from steersman.kit import aside as asides
from steersman.kit import clock, http


@pytest.fixture
def aside() -> Iterator[asides.Aside]:
    made = asides.Aside(clock.RealClock())
    yield made
    made.close()


def _where(text: str, **variables: Any) -> tuple[Any, bool]:
    """The value, and whether it was made on the loop's thread."""
    environment = requests.environment()
    program = environment.program(environment.compile(text))
    value = program.evaluate(variables, limit=environments.PER_CALL_LIMIT)
    return value, threading.current_thread() is threading.main_thread()


async def test_a_short_expression_runs_on_the_loop(aside: asides.Aside) -> None:
    assert await bounded.run(aside, _where, "1 + 1 == 2") == (True, True)


async def test_a_long_one_runs_in_the_thread(aside: asides.Aside) -> None:
    assert await bounded.run(aside, _where, "lists.range(9000).all(x, x >= 0)") == (True, False)


async def test_one_that_costs_too_much_is_refused_there(aside: asides.Aside) -> None:
    with pytest.raises(evaluating.CostExceeded):
        await bounded.run(aside, _where, "lists.range(9000).all(x, lists.range(9000).all(y, y >= x || true))")
    assert aside.done == 1


async def test_authorization_checks_stay_on_the_loop(aside: asides.Aside) -> None:
    asked: list[bool] = []

    def authorize(attributes: authorizer.Attributes) -> authorizer.Decision:
        asked.append(threading.current_thread() is threading.main_thread())
        return authorizer.Decision(True)

    def check() -> Any:
        environment = requests.environment()
        text = "['/a', '/b'].all(path, authorizer.path(path).check('get').allowed())"
        program = environment.program(environment.compile(text))
        variables = {requests.AUTHORIZER: authorizer.Authorizer(http.User("ann"), authorize)}
        return program.run(variables, limit=environments.PER_CALL_LIMIT)

    outcome = await bounded.run(aside, check)
    assert (outcome.value, asked) == (True, [True, True])
    assert outcome.cost > 2 * 350_000
