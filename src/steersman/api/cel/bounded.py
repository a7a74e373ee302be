"""Expressions on the loop and off it.

An expression within its budget may take a second, and what takes more than a few milliseconds must not hold the loop.
Which one does is not known before it is tried.  So whoever has a function of values that runs expressions (the rules
of an object, the conditions of a policy) has it run here:

    found = await bounded.run(services.aside, rules.check, schema, new, old)

It is tried on the loop; where the expressions in it together would take more than `BRIEF` it is stopped and done from
its beginning in the thread of `kit.aside`.  So it must change nothing but what it returns: a list that it adds warnings
to would get them twice.

Promised: the answer or the exception of the function, no later than the expressions' own limits.  Authorization checks
count for nothing here although they are dear: they take no time, but in the thread they read what the loop changes,
and the `Authorizer` of a function that may be done there has to bear that.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from steersman.cel import errors, meter
from steersman.kit import aside as asides

T = TypeVar("T")
BRIEF = 5_000
"""Units of all expressions of one function: 5 ms where a unit takes longest, half a millisecond as a rule."""


async def run(aside: asides.Aside, function: Callable[..., T], *arguments: Any) -> T:
    try:
        with meter.brief(BRIEF):
            return function(*arguments)
    except errors.TooLong:
        return await aside.run(function, *arguments)
