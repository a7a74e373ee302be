"""Where the values of one run stand: a list with the cost so far, the limits, the variables, and the folds' own.

The planner gives every name its place, so that reading a variable is reading a list.  A place may hold what is not a
value yet or never will be: `resolve` is the slow way that knows.  None of those can be subscripted, which is how the
fast ways notice them.
"""

from collections.abc import Callable
from typing import Any

from steersman.cel import values
from steersman.cel.errors import CostExceeded as CostExceeded

Frame = list[Any]
Step = Callable[[Frame], Any]
"""A planned node."""

COST, LIMIT, FULL_LIMIT, FIRST = 0, 1, 2, 3
"""The full limit is more than the limit where the run is to be brief."""


class Lazy:
    """A variable's value that is computed when it is first asked for, once a run."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class Deferred:
    """The value of a fold's accumulator that is computed when it is first asked for."""

    __slots__ = ("cost", "step")

    def __init__(self, step: Step, cost: int) -> None:
        self.step = step
        self.cost = cost


class Failed:
    """A fold's accumulator after a step without a value: reading it fails the same way."""

    __slots__ = ("error",)

    def __init__(self, error: values.EvaluationError) -> None:
        self.error = error


UNSETTLED = frozenset({Lazy, Deferred, Failed, type(values.MISSING)})


def resolve(frame: Frame, slot: int, name: str) -> Any:
    """The value of a place that may hold something UNSETTLED."""
    there = frame[slot]
    kind = type(there)
    if kind is Lazy:
        there = frame[slot] = there.make()
    elif kind is Deferred:
        charge(frame, there.cost)
        there = frame[slot] = there.step(frame)
    elif kind is Failed:
        raise there.error
    elif there is values.MISSING:
        raise values.EvaluationError(f"no such attribute(s): {name}")
    return there


def charge(frame: Frame, cost: int) -> None:
    frame[COST] += cost
    if frame[COST] > frame[LIMIT]:
        raise CostExceeded
