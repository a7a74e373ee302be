"""cel-go's functions of lists as sets: `sets.contains`, `sets.equivalent`, `sets.intersects`.

They look at every element of one list for every element of the other, and are charged for it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from steersman.cel import declarations, types, values

_LIST = types.list_of(types.param("T"))


def _among(element: Any, elements: Iterable[Any]) -> bool:
    return any(values.equal(element, other) for other in elements)


def contains(whole: Sequence[Any], part: Sequence[Any]) -> bool:
    return all(_among(element, whole) for element in part)


def equivalent(left: Sequence[Any], right: Sequence[Any]) -> bool:
    return contains(left, right) and contains(right, left)


def intersects(left: Sequence[Any], right: Sequence[Any]) -> bool:
    return any(_among(element, right) for element in left)


def _cost(rounds: int) -> declarations.RuntimeCost:
    def cost(arguments: Sequence[Any], result: Any) -> int:
        return 1 + values.actual_size(arguments[0]) * values.actual_size(arguments[1]) * rounds

    return cost


LIBRARY = declarations.Library(
    "cel.lib.ext.sets",
    functions=tuple(
        declarations.Function(
            f"sets.{name}",
            (declarations.Overload(f"list_sets_{name}_list", (_LIST, _LIST), types.BOOL, does, cost=_cost(rounds)),),
        )
        for name, does, rounds in (
            ("contains", contains, 1),
            ("equivalent", equivalent, 2),
            ("intersects", intersects, 1),
        )
    ),
)
