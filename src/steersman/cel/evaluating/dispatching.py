"""Which implementation a call is of.

Where the checker knows the types of all operands and found one overload, its implementation is called as it stands,
or a faster one for plain values.  Where an operand is dyn, an operator's implementation sorts out what it was given;
of any other function the overload is chosen by the values.  What does not fit fails in cel-go's words.
"""

from collections.abc import Callable, Sequence
from typing import Any

from steersman.cel import declarations, types, values

Kind = types.Kind

_CHOSEN_BY_VALUE = frozenset(
    {
        *("bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"),
        *("getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    }
)
"""Of the standard library; the others of it take any operands and say so themselves."""


def choose(
    function: str, candidates: Sequence[declarations.Overload], given: Sequence[types.Type], standard: bool
) -> tuple[Callable[..., Any], declarations.RuntimeCost | None]:
    """What a call does and what it costs, None for one unit: of the overloads that fit the types given."""
    if not candidates or candidates[0].implementation is None:
        raise values.EvaluationError(f"no such overload: {function}")
    first, cost = candidates[0], candidates[0].cost
    if standard and len(candidates) > 1:
        cost = None  # cel-go has prices by overload
    assert first.implementation is not None
    if standard and function not in _CHOSEN_BY_VALUE:
        general = _operator(function, first.implementation)
    else:
        general = _by_value(function, candidates)
    if len(candidates) == 1 and all(map(_promised, given, first.arguments)):
        quick = _PLAIN.get(first.id, None if standard else first.implementation)
        if quick is not None:
            return _hopeful(quick, general), cost
    return general, cost


def _promised(given: types.Type, wanted: types.Type) -> bool:
    """Whether the checker knew that a value of the wanted type comes; but a null may come in place of any field."""
    return wanted.kind in (Kind.DYN, Kind.PARAM) or given.kind is wanted.kind


def _hopeful(quick: Callable[..., Any], general: Callable[..., Any]) -> Callable[..., Any]:
    """Python refuses what is not of the type; then `general` says so in the right words."""

    def run(*arguments: Any) -> Any:
        try:
            return quick(*arguments)
        except (TypeError, AttributeError):
            return general(*arguments)

    return run


def _operator(function: str, implementation: Callable[..., Any]) -> Callable[..., Any]:
    """Of the standard library's functions that take any operands, with cel-go's two ways to refuse them: of a type
    without the operator it also tells which operator."""
    able = _ABLE.get(function)
    if able is None:
        return implementation

    def run(*arguments: Any) -> Any:
        try:
            return implementation(*arguments)
        except values.EvaluationError as error:
            if error.message != "no such overload" or values.type_of(arguments[0]).kind in able:
                raise
            raise values.EvaluationError(f"no such overload: {function}") from None

    return run


_NUMBERS = frozenset({Kind.INT, Kind.UINT, Kind.DOUBLE})
_RECEIVERS = frozenset({Kind.STRING, Kind.TIMESTAMP, Kind.DURATION})
"""They could have functions of their own, so cel-go asks them, and they do not know of which it was."""
_ORDERED = _NUMBERS | _RECEIVERS | {Kind.BOOL, Kind.BYTES}
_SIZED = _RECEIVERS | {Kind.BYTES, Kind.LIST, Kind.MAP}
_ABLE = {
    "_+_": _NUMBERS | _RECEIVERS | {Kind.BYTES, Kind.LIST},
    "_-_": _NUMBERS | _RECEIVERS,
    "_*_": _NUMBERS | _RECEIVERS,
    "_/_": _NUMBERS | _RECEIVERS,
    "_%_": {Kind.INT, Kind.UINT} | _RECEIVERS,
    "-_": _NUMBERS | _RECEIVERS | {Kind.BOOL},
    "_<_": _ORDERED,
    "_<=_": _ORDERED,
    "_>_": _ORDERED,
    "_>=_": _ORDERED,
    "size": _SIZED,
    "matches": _RECEIVERS,
}


def _by_value(function: str, candidates: Sequence[declarations.Overload]) -> Callable[..., Any]:
    choices = tuple((each.arguments, each.implementation) for each in candidates)

    def run(*arguments: Any) -> Any:
        for wanted, implementation in choices:
            if implementation is not None and all(map(_fits, arguments, wanted)):
                return implementation(*arguments)
        shown = ", ".join(values.type_name(argument) for argument in arguments)
        raise values.EvaluationError(f"no such overload: {function}({shown})")

    return run


def _fits(value: Any, wanted: types.Type) -> bool:
    kind = wanted.kind
    if kind in (Kind.DYN, Kind.PARAM):
        return True
    of = values.type_of(value)
    return of.kind is kind and of.name == wanted.name


def _add(left: int, right: int) -> int:
    total = left + right
    if values.MIN_INT <= total <= values.MAX_INT:
        return total
    raise values.EvaluationError("integer overflow")


def _subtract(left: int, right: int) -> int:
    rest = left - right
    if values.MIN_INT <= rest <= values.MAX_INT:
        return rest
    raise values.EvaluationError("integer overflow")


def _multiply(left: int, right: int) -> int:
    product = left * right
    if values.MIN_INT <= product <= values.MAX_INT:
        return product
    raise values.EvaluationError("integer overflow")


_PLAIN: dict[str, Callable[..., Any]] = {
    "add_int64": _add,
    "subtract_int64": _subtract,
    "multiply_int64": _multiply,
    "add_string": lambda left, right: left + right,
    "size_string": len,
    "size_list": len,
    "size_map": len,
    "string_size": len,
    "list_size": len,
    "map_size": len,
    "starts_with_string": lambda text, part: text.startswith(part),
    "ends_with_string": lambda text, part: text.endswith(part),
    "contains_string": lambda text, part: part in text,
}
"""By overload: what does the same of operands of just these types, faster."""
for _name, _does in {
    "less": lambda left, right: left < right,
    "less_equals": lambda left, right: left <= right,
    "greater": lambda left, right: left > right,
    "greater_equals": lambda left, right: left >= right,
}.items():
    for _type in ("int64", "uint64", "string"):
        _PLAIN[f"{_name}_{_type}"] = _does
