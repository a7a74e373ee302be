"""What an expression really does, beside what cel-go charges for it.

cel-go's prices leave out some work: a format of a long list costs as much as of a short one, two trees are compared
for the price of their trunks, and a list that holds itself twice, and that one twice, is made for nothing and takes
forever to look at.  So whatever works through a value spends steps here, about a tenth of a microsecond each.
`STEPS` of them are a unit, and a run costs what it is charged or, but for the first `FREE`, what it did, whichever is
more.  Of everyday expressions that is what cel-go charges.

    with meter.brief(5_000):                  # raises errors.TooLong
        program.run(...)

lets all that this thread runs in the block together take so many units of time, and stops it where it would take
more.  A call that is dear without taking time (an authorization check) is no part of that.

What is counted is counted by thread: a run never leaves the thread it began on.
"""

import contextlib
import threading
from collections.abc import Iterator

from steersman.cel import errors

STEPS = 10
"""A unit."""
FREE = 1_000
"""Steps that a run may take for nothing."""
UNLIMITED = 10**18


class _Meter(threading.local):
    left: int = UNLIMITED
    """Steps that the run may still take."""
    full: int = UNLIMITED
    """Steps that it might, if it were not brief."""
    allowance: int = UNLIMITED
    """Units that a brief block may still take."""


_METER = _Meter()


def spend(steps: int) -> None:
    """To be called before the work is done.  Raises CostExceeded or TooLong."""
    meter = _METER
    left = meter.left = meter.left - steps
    if left >= 0:
        return
    if meter.full + left < 0:  # `full` is what the limit has beyond `left`
        raise errors.CostExceeded
    raise errors.TooLong


class Run:
    """The steps of one run, which may be inside another."""

    __slots__ = ("_before", "_start", "limit")

    def __init__(self, limit: int) -> None:
        meter = _METER
        self._before = meter.left, meter.full
        self.limit = min(limit, meter.allowance)
        """Units that the run may be charged before it is too much or too long."""
        self._start = meter.left = self.limit * STEPS
        meter.full = (limit - self.limit) * STEPS

    def end(self, charged: int, free: int) -> int:
        """What the run costs; `free` of what it was charged took no time."""
        meter = _METER
        worked = max(self._start - meter.left - FREE, 0) // STEPS
        meter.left, meter.full = self._before
        if meter.allowance != UNLIMITED:
            meter.allowance = max(meter.allowance - max(charged - free, worked), 0)
        return max(charged, worked)


@contextlib.contextmanager
def brief(units: int) -> Iterator[None]:
    meter = _METER
    before, meter.allowance = meter.allowance, units
    try:
        yield
    finally:
        meter.allowance = before
