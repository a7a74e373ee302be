"""Functions of lists: `isSorted`, `sum`, `min`, `max`, `indexOf`, `lastIndexOf`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from steersman.api.cel import costs
from steersman.cel import declarations, meter, types, values

_SUMMABLE = {"int": types.INT, "uint": types.UINT, "double": types.DOUBLE, "duration": types.DURATION}
_COMPARABLE = {
    "int": types.INT,
    "uint": types.UINT,
    "double": types.DOUBLE,
    "bool": types.BOOL,
    "duration": types.DURATION,
    "timestamp": types.TIMESTAMP,
    "string": types.STRING,
    "bytes": types.BYTES,
}
_MAX_DURATION = 2**63 - 1


def _is_sorted(items: Sequence[Any]) -> bool:
    meter.spend(5 * len(items))
    return all(values.compare(items[i], items[i + 1]) <= 0 for i in range(len(items) - 1))


def _sum_of(kind: type[int], low: int, high: int, error: str) -> Callable[[Sequence[Any]], Any]:
    def total(items: Sequence[Any]) -> Any:
        so_far = 0
        for item in _all_of(kind, items):
            so_far += item
            if not low <= so_far <= high:
                raise values.EvaluationError(error)
        return kind(so_far)

    return total


def _all_of(kind: type, items: Sequence[Any]) -> Iterator[Any]:
    """Of a list that was dyn anything may come: the first overload got it."""
    meter.spend(5 * len(items))
    for item in items:
        if type(item) is not kind:
            raise values.no_overload()
        yield item


def _sum_doubles(items: Sequence[Any]) -> float:
    total = 0.0
    for item in _all_of(float, items):
        total += item
    return total


def _sum_durations(items: Sequence[Any]) -> values.Duration:
    total = 0
    for item in _all_of(values.Duration, items):
        total += item.nanos
        if abs(total) > _MAX_DURATION:
            raise values.EvaluationError("duration overflow")
    return values.Duration(total)


_SUMS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "int": _sum_of(int, values.MIN_INT, values.MAX_INT, "integer overflow"),
    "uint": _sum_of(values.UInt, 0, values.MAX_UINT, "unsigned integer overflow"),
    "double": _sum_doubles,
    "duration": _sum_durations,
}


def _extreme(name: str, keep: int) -> Callable[[Sequence[Any]], Any]:
    """Of equal ones the first."""

    def extreme(items: Sequence[Any]) -> Any:
        if not items:
            raise values.EvaluationError(f"{name} called on empty list")
        meter.spend(5 * len(items))
        found = items[0]
        for item in items[1:]:
            if values.compare(item, found) == keep:
                found = item
        return found

    return extreme


def _index_of(items: Sequence[Any], item: Any) -> int:
    meter.spend(2 * len(items))
    return next((place for place, each in enumerate(items) if values.equal(each, item)), -1)


def _last_index_of(items: Sequence[Any], item: Any) -> int:
    meter.spend(2 * len(items))
    return next((place for place in range(len(items) - 1, -1, -1) if values.equal(items[place], item)), -1)


def _member(
    id: str, arguments: tuple[types.Type, ...], result: types.Type, implementation: Callable[..., Any]
) -> declarations.Overload:
    return declarations.Overload(
        id, arguments, result, implementation, member=True, cost=costs.whole_target, estimate=costs.expect_whole
    )


def _of_lists(
    name: str, of: dict[str, types.Type], make: Callable[[str, types.Type], declarations.Overload]
) -> declarations.Function:
    return declarations.Function(name, tuple(make(type_name, type) for type_name, type in of.items()))


_A = types.param("A")

LIBRARY = declarations.Library(
    "kubernetes.lists",
    (
        _of_lists(
            "isSorted",
            _COMPARABLE,
            lambda name, item: _member(f"list_{name}_is_sorted_bool", (types.list_of(item),), types.BOOL, _is_sorted),
        ),
        _of_lists(
            "sum",
            _SUMMABLE,
            lambda name, item: _member(f"list_{name}_sum_{name}", (types.list_of(item),), item, _SUMS[name]),
        ),
        _of_lists(
            "max",
            _COMPARABLE,
            lambda name, item: _member(f"list_{name}_max_{name}", (types.list_of(item),), item, _extreme("max", 1)),
        ),
        _of_lists(
            "min",
            _COMPARABLE,
            lambda name, item: _member(f"list_{name}_min_{name}", (types.list_of(item),), item, _extreme("min", -1)),
        ),
        declarations.Function(
            "indexOf", (_member("list_a_index_of_int", (types.list_of(_A), _A), types.INT, _index_of),)
        ),
        declarations.Function(
            "lastIndexOf", (_member("list_a_last_index_of_int", (types.list_of(_A), _A), types.INT, _last_index_of),)
        ),
    ),
)
