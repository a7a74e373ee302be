"""cel-go's own functions of lists: `slice`, `flatten`, `distinct`, `reverse`, `sort`, `sortBy`, `lists.range`.

Version 3 of its library, with its prices.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from steersman.cel import ast, declarations, estimating, expanding, macros, meter, types, values
from steersman.cel.estimating import CREATE_LIST, LIMIT, STRING_TRAVERSAL, CallEstimate, Cost, Estimator, Node, Size

_MOST = 10_000_000
"""The longest list that `lists.range` makes."""
_COMPARABLE = {
    "int": types.INT,
    "uint": types.UINT,
    "double": types.DOUBLE,
    "bool": types.BOOL,
    "google.protobuf.Duration": types.DURATION,
    "google.protobuf.Timestamp": types.TIMESTAMP,
    "string": types.STRING,
    "bytes": types.BYTES,
}
_T = types.param("T")
_LIST, _LISTS, _ANY = types.list_of(_T), types.list_of(types.list_of(_T)), types.list_of(types.DYN)


def _refused(message: str) -> values.EvaluationError:
    return values.EvaluationError(message)


def _slice(items: Sequence[Any], start: int, end: int) -> Sequence[Any]:
    if start < 0 or end < 0:
        raise _refused(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        raise _refused(f"cannot slice({start}, {end}), start index must be less than or equal to end index")
    if len(items) < end:
        raise _refused(f"cannot slice({start}, {end}), list is length {len(items)}")
    meter.spend(meter.STEPS * (end - start))
    return [items[place] for place in range(start, end)]


def _flatten(items: Sequence[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise _refused("level must be non-negative")
    return list(_leaves(items, depth))


def _leaves(items: Sequence[Any], depth: int) -> Iterator[Any]:
    meter.spend(10 + 3 * len(items))
    for item in items:
        if depth and values.is_list(item):
            yield from _leaves(item, depth - 1)
        else:
            yield item


def _range(length: int) -> Sequence[int]:
    if length > _MOST:
        raise _refused(f"lists.range: size {length} exceeds maximum allowed ({_MOST})")
    return range(max(length, 0))


def _reverse(items: Sequence[Any]) -> list[Any]:
    meter.spend(meter.STEPS * len(items))
    return list(reversed(items))


def _distinct(items: Sequence[Any]) -> list[Any]:
    """The first of equal ones."""
    meter.spend(5 * len(items))
    found: list[Any] = []
    hashed: set[tuple[type, Any]] = set()
    for item in items:
        kind = _HASHED.get(type(item))
        if kind is not None and item == item:  # NaN is not, and equals nothing
            if (kind, item) in hashed:
                continue
            hashed.add((kind, item))
        elif _among(item, found):
            continue
        found.append(item)
    return found


def _among(item: Any, found: Sequence[Any]) -> bool:
    meter.spend(2 * len(found))
    return any(values.equal(item, other) for other in found)


_HASHED = {str: str, bytes: bytes, bool: bool, int: int, values.UInt: int, float: int}
"""What is equal only to its like, numbers being alike, so that a set may look for it."""


def _sort(items: Sequence[Any]) -> list[Any]:
    return _sort_by(items, items)


def _sort_by(items: Sequence[Any], keys: Sequence[Any]) -> list[Any]:
    if len(items) != len(keys):
        raise _refused(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, "
            f"but got {len(items)} and {len(keys)} elements respectively"
        )
    if not keys:
        return list(items)
    meter.spend(meter.STEPS * len(keys))
    kind = values.type_of(keys[0])
    if kind not in _COMPARABLE.values():
        raise _refused("list elements must be comparable")
    if any(values.type_of(key) != kind for key in keys):
        raise _refused("list elements must have the same type")
    by_key = functools.cmp_to_key(values.compare)
    order = sorted(range(len(items)), key=lambda place: by_key(keys[place]))
    return [items[place] for place in order]


_MAP = next(macro for macro in macros.STANDARD if macro.name == "map" and macro.arguments == 2)
_INPUT = "@__sortBy_input__"


def _expand_sort_by(to: expanding.Expander, target: ast.Expr | None, args: tuple[ast.Expr, ...]) -> ast.Expr:
    """Binds the list to a name, and sorts it by what the expression gives for each element."""
    if isinstance(target, ast.Literal | ast.CreateMap | ast.CreateStruct) or target is None:
        raise expanding.MacroError(
            target.offset if target else 0,
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
        )
    keys = _MAP.expand(to, to.ident(_INPUT), args)
    assert keys is not None
    call = to.member_call("@sortByAssociatedKeys", to.ident(_INPUT), keys)
    return to.fold(to.list(), "#unused", _INPUT, target, to.literal(False), to.ident(_INPUT), call)


# Prices.


def _allocating(factor: float, size: Size) -> CallEstimate:
    return CallEstimate(size.times(factor) + Cost.fixed(1 + CREATE_LIST), size)


def _charged(factor: float, size: int) -> int:
    return estimating.add(min(int(size * factor), LIMIT), 1 + CREATE_LIST)


def _written(node: Node, otherwise: int) -> int:
    if not isinstance(node.expr, ast.Literal) or type(node.expr.value) is not int:
        return otherwise
    return max(node.expr.value, 0)


def _expect_slice(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None or len(args) != 2:
        return None
    end = _written(args[1], estimator.size_of(target).max)
    return _allocating(1, Size.fixed((end - _written(args[0], 0)) & LIMIT))


def _expect_range(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return _allocating(1, Size.fixed(_written(args[0], LIMIT))) if len(args) == 1 else None


def _expect_reverse(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return None if target is None else _allocating(1, estimator.size_of(target))


def _expect_flatten(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None:
        return None
    depth = _written(args[0], LIMIT) if args else 1
    return _allocating(float(depth), estimator.size_of(target))


def _expect_distinct(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return None if target is None else _expect_comparing(estimator, target, types.DYN)


def _expect_comparing(estimator: Estimator, node: Node, element: types.Type) -> CallEstimate:
    """Each element with each."""
    size = estimator.size_of(node)
    text = element.kind in (types.Kind.STRING, types.Kind.BYTES)
    return _allocating(2.0 + (STRING_TRAVERSAL if text else 0), size * size)


def _expect_sort(element: types.Type) -> declarations.CostEstimate:
    def expected(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
        return None if target is None else _expect_comparing(estimator, target, element)

    return expected


def _expect_sort_by(element: types.Type) -> declarations.CostEstimate:
    def expected(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
        return _expect_comparing(estimator, args[0], element) if target is not None and len(args) == 1 else None

    return expected


def _result_size(args: Sequence[Any], result: Any) -> int:
    return _charged(1, values.actual_size(result))


def _flattening(args: Sequence[Any], result: Any) -> int:
    return _charged(float(args[1]) if len(args) == 2 else 1.0, values.actual_size(args[0]))


def _comparing(place: int) -> declarations.RuntimeCost:
    def cost(args: Sequence[Any], result: Any) -> int:
        items = args[place]
        factor = 2.0 + (STRING_TRAVERSAL if len(items) and isinstance(items[0], str | bytes) else 0)
        return _charged(factor, len(items) ** 2)

    return cost


def _member(
    id: str,
    arguments: tuple[types.Type, ...],
    result: types.Type,
    implementation: Callable[..., Any],
    cost: declarations.RuntimeCost,
    estimate: declarations.CostEstimate,
) -> declarations.Overload:
    return declarations.Overload(id, arguments, result, implementation, member=True, cost=cost, estimate=estimate)


_INT = types.INT

LIBRARY = declarations.Library(
    "cel.lib.ext.lists",
    (
        declarations.Function(
            "slice", (_member("list_slice", (_LIST, _INT, _INT), _LIST, _slice, _result_size, _expect_slice),)
        ),
        declarations.Function(
            "flatten",
            (
                _member("list_flatten", (_LISTS,), _LIST, _flatten, _flattening, _expect_flatten),
                _member("list_flatten_int", (_ANY, _INT), _ANY, _flatten, _flattening, _expect_flatten),
            ),
        ),
        declarations.Function(
            "sort",
            tuple(
                _member(
                    f"list_{name}_sort",
                    (types.list_of(element),),
                    types.list_of(element),
                    _sort,
                    _comparing(0),
                    _expect_sort(element),
                )
                for name, element in _COMPARABLE.items()
            ),
        ),
        declarations.Function(
            "@sortByAssociatedKeys",
            tuple(
                _member(
                    f"list_{name}_sortByAssociatedKeys",
                    (_LIST, types.list_of(element)),
                    _LIST,
                    _sort_by,
                    _comparing(1),
                    _expect_sort_by(element),
                )
                for name, element in _COMPARABLE.items()
            ),
        ),
        declarations.Function(
            "lists.range",
            (
                declarations.Overload(
                    "lists_range", (_INT,), types.list_of(_INT), _range, cost=_result_size, estimate=_expect_range
                ),
            ),
        ),
        declarations.Function(
            "reverse", (_member("list_reverse", (_LIST,), _LIST, _reverse, _result_size, _expect_reverse),)
        ),
        declarations.Function(
            "distinct", (_member("list_distinct", (_LIST,), _LIST, _distinct, _comparing(0), _expect_distinct),)
        ),
    ),
    macros=(declarations.Macro("sortBy", 2, True, _expand_sort_by),),
)
