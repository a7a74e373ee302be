"""Functions and overloads as most libraries here have them.

`reading` makes a value of a text, `member` asks such a value for something that costs nothing to speak of; `one` is a
function with a single overload.
"""

from steersman.api.cel import costs
from steersman.cel import declarations, types


def one(name: str, overload: declarations.Overload) -> declarations.Function:
    return declarations.Function(name, (overload,))


def reading(
    id: str, result: types.Type, implementation: declarations.Implementation, *more: types.Type
) -> declarations.Overload:
    return declarations.Overload(
        id, (types.STRING, *more), result, implementation, cost=costs.one_pass, estimate=costs.expect_reading
    )


def member(
    of: types.Type, id: str, result: types.Type, implementation: declarations.Implementation, *more: types.Type
) -> declarations.Overload:
    return declarations.Overload(
        id, (of, *more), result, implementation, member=True, cost=costs.nominal, estimate=costs.expect_nominal
    )
