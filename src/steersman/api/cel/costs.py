"""What Kubernetes charges for calls, beside what cel-go charges.

Kubernetes prices functions by name, whoever declared them: those of its own libraries, and cel-go's string functions
too.  Its own libraries name their prices in their overloads, made by the helpers here; `priced` puts the prices of
the rest on cel-go's libraries.  "Run-time" is what a call is charged when it ran, "estimate" what is expected of it
when nothing but sizes is known.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.cel import ast, declarations, meter, types, values
from steersman.cel.estimating import (
    CREATE_LIST,
    CREATE_STRUCT,
    LIMIT,
    STRING_TRAVERSAL,
    UNIT,
    CallEstimate,
    Cost,
    Estimator,
    Node,
    Size,
)
from steersman.cel.library import costs as language

AUTHORIZATION_CHECK = 350_000
"""So that an expression can afford two."""


# Run-time.


def size(value: Any) -> int:
    """As the function `size` counts; 1 for what has none."""
    if isinstance(value, str | bytes | Sequence | Mapping):
        return len(value)
    return int(getattr(value, "cel_size", 1))


def traversed(count: float) -> int:
    return math.ceil(count * STRING_TRAVERSAL)


def nominal(args: Sequence[Any], result: Any) -> int:
    return 1


def authorization_check(args: Sequence[Any], result: Any) -> int:
    return AUTHORIZATION_CHECK


one_pass = language.traversal
two_passes = language.traversal_and_copy


def two_passes_of_result(args: Sequence[Any], result: Any) -> int:
    return math.ceil(size(result) * 2 * STRING_TRAVERSAL)


def whole(value: Any) -> int:
    """For looking at all of a value once; of a text, its bytes, rounded down."""
    if isinstance(value, str):
        return int(len(value if value.isascii() else value.encode()) * STRING_TRAVERSAL)
    if isinstance(value, bytes):
        return int(len(value) * STRING_TRAVERSAL)
    if isinstance(value, Mapping):
        meter.spend(4 * len(value))
        return sum(whole(key) + whole(value[key]) for key in value)
    if isinstance(value, Sequence):
        meter.spend(4 * len(value))
        return sum(map(whole, value))
    return 1


def whole_target(args: Sequence[Any], result: Any) -> int:
    return whole(args[0])


# Estimates.


def expect_nominal(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return CallEstimate(UNIT)


def expect_authorization_check(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return CallEstimate(Cost.fixed(AUTHORIZATION_CHECK))


def expect_one_pass_of_argument(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if len(args) != 1:
        return None
    length = estimator.size_of(args[0])
    return CallEstimate(length.times(STRING_TRAVERSAL), length)


def expect_reading(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    """The first argument read once, to make something of it that has no size."""
    return CallEstimate(estimator.size_of(args[0]).times(STRING_TRAVERSAL))


def expect_reading_twice(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return CallEstimate(estimator.size_of(args[0]).times(2 * STRING_TRAVERSAL))


def expect_one_pass(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None:
        return None
    length = estimator.size_of(target)
    return CallEstimate(length.times(STRING_TRAVERSAL), length)


def items(list: Node) -> Node | None:
    """The node of a list's elements."""
    if not list.type.parameters:
        return None
    path = None if list.path is None else (*list.path, "@items")
    return Node(path, list.type.parameters[0], None)


def expect_whole(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    """1 an element, and more where elements are texts.  The target may be a text, too."""
    if target is None:
        return None
    element = items(target)
    if element is None:
        return CallEstimate(estimator.size_of(target).times(STRING_TRAVERSAL))
    each = UNIT
    if element.type.kind in (types.Kind.STRING, types.Kind.BYTES):
        each += estimator.size_of(element).times(STRING_TRAVERSAL)
    return CallEstimate(estimator.size_of(target).each(each))


def _expect_replace(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None or len(args) < 2:
        return None
    text, old, new = estimator.size_of(target), estimator.size_of(args[0]), estimator.size_of(args[1])
    most = least = kept_most = kept_least = 0
    if old.min == 0:  # nothing is replaced: what comes instead is put round every code point
        most, kept_most = min(text.max + 1, LIMIT), text.max
    elif new.max <= old.min:  # it cannot grow
        kept_most = text.max
    else:
        most = math.ceil(float(text.max) / float(old.min))
    if old.max == 0:
        least, kept_least = min(text.min + 1, LIMIT), text.min
    elif old.max <= new.min:  # it cannot shrink
        kept_least = text.min
    else:
        least = math.ceil(float(text.min) / float(old.max))
    result = Size(least, min(most, LIMIT)) * new + Size(kept_least, kept_most)
    return CallEstimate(text.times(2 * STRING_TRAVERSAL), result)


def _expect_split(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None:
        return None
    text = estimator.size_of(target)
    most = text.max  # each code point alone
    if len(args) > 1 and isinstance(args[1].expr, ast.Literal) and isinstance(args[1].expr.value, int):
        most = args[1].expr.value & LIMIT
    return CallEstimate(text.times(2 * STRING_TRAVERSAL), Size(0, most))


def _expect_join(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    if target is None:
        return None
    count, element = estimator.size_of(target), items(target)
    result = count * estimator.size_of(element) if element is not None else Size(0, 0)
    if args:
        result += estimator.size_of(args[0]) * Size(max(count.min - 1, 0), max(count.max - 1, 0))
    return CallEstimate(result.times(STRING_TRAVERSAL), result)


def _expect_equals(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    left, right = (node.type for node in args)
    if left != right:
        return None
    if left.name in _EQUAL_AT_ONCE:
        return CallEstimate(UNIT)
    if left.name == "kubernetes.NamedFormat":
        return CallEstimate(Cost(1, MAX_FORMAT_SIZE).times(STRING_TRAVERSAL))
    if left.name == "kubernetes.URL":
        most = args[1].size.max if args[1].size is not None else 1
        return CallEstimate(Cost(1, most).times(STRING_TRAVERSAL))
    return None


MAX_FORMAT_SIZE = 64
_EQUAL_AT_ONCE = frozenset(
    (
        "net.IP",
        "net.CIDR",
        "kubernetes.Quantity",
        "kubernetes.Semver",
        "kubernetes.authorization.Authorizer",
        "kubernetes.authorization.PathCheck",
        "kubernetes.authorization.GroupCheck",
        "kubernetes.authorization.ResourceCheck",
        "kubernetes.authorization.Decision",
    )
)


def _expect_sets(factor: float) -> declarations.CostEstimate:
    """Each element with each."""

    def expected(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
        if len(args) != 2:
            return None
        return CallEstimate((estimator.size_of(args[0]) * estimator.size_of(args[1])).times(factor) + UNIT)

    return expected


_SETS = {"sets.contains": _expect_sets(1), "sets.intersects": _expect_sets(1), "sets.equivalent": _expect_sets(2)}

# A selector is a list of requirements, each of which takes at least two code points and is a struct and a list.
_REQUIREMENTS_BY_LENGTH = 0.5
_REQUIREMENT = float(CREATE_LIST + CREATE_STRUCT)


def expect_selector(estimator: Estimator, target: Node | None, args: Sequence[Node]) -> CallEstimate | None:
    return CallEstimate(_selector(estimator.size_of(args[0]))) if len(args) == 1 else None


def selector(args: Sequence[Any], result: Any) -> int:
    return _selector(Size.fixed(size(args[1]))).max


def _selector(length: Size) -> Cost:
    requirements = length.times(_REQUIREMENTS_BY_LENGTH).times(_REQUIREMENT)
    return Cost.fixed(CREATE_LIST) + length.times(STRING_TRAVERSAL) + requirements


# Libraries that are not Kubernetes' own.

_STRINGS: Mapping[str, tuple[declarations.RuntimeCost, declarations.CostEstimate]] = {
    "lowerAscii": (one_pass, expect_one_pass),
    "upperAscii": (one_pass, expect_one_pass),
    "substring": (one_pass, expect_one_pass),
    "trim": (one_pass, expect_one_pass),
    "replace": (two_passes, _expect_replace),
    "split": (two_passes, _expect_split),
    "join": (two_passes_of_result, _expect_join),
    "indexOf": (whole_target, expect_whole),
    "lastIndexOf": (whole_target, expect_whole),
}


def priced(library: declarations.Library) -> declarations.Library:
    """The library at Kubernetes' prices."""
    return dataclasses.replace(library, functions=tuple(map(_priced, library.functions)))


def _priced(function: declarations.Function) -> declarations.Function:
    if function.name == "_==_":
        overloads = tuple(
            dataclasses.replace(overload, cost=_at_once(overload.cost), estimate=_expect_equals)
            for overload in function.overloads
        )
    elif function.name in _STRINGS:
        cost, estimate = _STRINGS[function.name]
        overloads = tuple(dataclasses.replace(o, cost=cost, estimate=estimate) for o in function.overloads)
    elif function.name in _SETS:
        overloads = tuple(dataclasses.replace(o, estimate=_SETS[function.name]) for o in function.overloads)
    else:
        return function
    return declarations.Function(function.name, overloads)


def _at_once(usual: declarations.RuntimeCost | None) -> declarations.RuntimeCost:
    """Values of Kubernetes' own types are compared for 1, whatever their size."""

    def cost(args: Sequence[Any], result: Any) -> int:
        if usual is None or isinstance(args[0], values.Opaque):
            return 1
        return usual(args, result)

    return cost
