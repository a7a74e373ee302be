"""What the operators do, and the functions of strings and collections that every expression has.

Each is total over CEL values: operands it has no meaning for give "no such overload", since the checker lets dyn
through.  Integers are held to 64 bits.
"""

import math
from typing import Any

from steersman.cel import meter, patterns, times, values
from steersman.cel.values import MAX_INT, MAX_UINT, MIN_INT, Duration, EvaluationError, Timestamp, UInt, no_overload

_SHORT = 64
"""Lists up to here are copied into one."""


def _int(value: int) -> int:
    if MIN_INT <= value <= MAX_INT:
        return value
    raise EvaluationError("integer overflow")


def _uint(value: int) -> UInt:
    if 0 <= value <= MAX_UINT:
        return UInt(value)
    raise EvaluationError("unsigned integer overflow")


def _duration(nanos: int) -> Duration:
    if MIN_INT <= nanos <= MAX_INT:
        return Duration(nanos)
    raise EvaluationError("duration overflow")


def _moved(timestamp: Timestamp, nanos: int) -> Timestamp:
    return times.checked(Timestamp(timestamp.nanos + nanos, timestamp.offset))


def add(left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind is other:
        if kind is int:
            return _int(left + right)
        if kind is str or kind is float or kind is bytes:
            return left + right
        if kind is UInt:
            return _uint(int(left) + int(right))
        if kind is Duration:
            return _duration(left.nanos + right.nanos)
    if kind is Timestamp and other is Duration:
        return _moved(left, right.nanos)
    if kind is Duration and other is Timestamp:
        return _moved(right, left.nanos)
    own = getattr(left, "cel_add", None)
    if own is not None:
        values.weigh(right)
        return own(right)
    if values.is_list(left) and values.is_list(right):
        return [*left, *right] if len(left) + len(right) <= _SHORT else values.Joined(left, right)
    raise no_overload()


def subtract(left: Any, right: Any) -> Any:
    kind, other = type(left), type(right)
    if kind is other:
        if kind is int:
            return _int(left - right)
        if kind is float:
            return left - right
        if kind is UInt:
            return _uint(int(left) - int(right))
        if kind is Duration:
            return _duration(left.nanos - right.nanos)
        if kind is Timestamp:
            return _duration(left.nanos - right.nanos)
    if kind is Timestamp and other is Duration:
        return _moved(left, -right.nanos)
    raise no_overload()


def multiply(left: Any, right: Any) -> Any:
    kind = type(left)
    if kind is type(right):
        if kind is int:
            return _int(left * right)
        if kind is float:
            return left * right
        if kind is UInt:
            return _uint(int(left) * int(right))
    raise no_overload()


def divide(left: Any, right: Any) -> Any:
    kind = type(left)
    if kind is type(right):
        if kind is float:
            return _divide_doubles(left, right)
        if kind is int or kind is UInt:
            if right == 0:
                raise EvaluationError("division by zero")
            if kind is UInt:
                return UInt(int(left) // int(right))
            quotient = abs(left) // abs(right)
            return _int(quotient if (left < 0) == (right < 0) else -quotient)
    raise no_overload()


def _divide_doubles(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0 or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def modulo(left: Any, right: Any) -> Any:
    kind = type(left)
    if kind is type(right) and (kind is int or kind is UInt):
        if right == 0:
            raise EvaluationError("modulus by zero")
        if kind is UInt:
            return UInt(int(left) % int(right))
        if left == MIN_INT and right == -1:
            raise EvaluationError("integer overflow")
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    raise no_overload()


def negate(value: Any) -> Any:
    kind = type(value)
    if kind is int:
        return _int(-value)
    if kind is float:
        return -value
    if kind is Duration:
        return _duration(-value.nanos)
    raise no_overload()


def negate_bool(value: Any) -> bool:
    if value is True:
        return False
    if value is False:
        return True
    raise no_overload()


def not_equal(left: Any, right: Any) -> bool:
    return not values.equal(left, right)


def less(left: Any, right: Any) -> bool:
    return values.compare(left, right) < 0


def less_equals(left: Any, right: Any) -> bool:
    return values.compare(left, right) <= 0


def greater(left: Any, right: Any) -> bool:
    return values.compare(left, right) > 0


def greater_equals(left: Any, right: Any) -> bool:
    return values.compare(left, right) >= 0


def contains(element: Any, container: Any) -> bool:
    """`element in container`."""
    if values.is_map(container):
        if type(element) is str:  # a mapping may give something for a key that it does not have
            return element in container
        return values.find(container, element) is not values.MISSING
    if values.is_list(container):
        meter.spend(len(container))
        return any(values.equal(element, there) for there in container)
    raise no_overload()


def size(value: Any) -> int:
    length = values.size(value)
    if length is None:
        raise no_overload()
    return length


def text_contains(text: Any, part: Any) -> bool:
    if isinstance(text, str) and isinstance(part, str):
        return part in text
    raise no_overload()


def starts_with(text: Any, part: Any) -> bool:
    if isinstance(text, str) and isinstance(part, str):
        return text.startswith(part)
    raise no_overload()


def ends_with(text: Any, part: Any) -> bool:
    if isinstance(text, str) and isinstance(part, str):
        return text.endswith(part)
    raise no_overload()


def matches(text: Any, pattern: Any) -> bool:
    if isinstance(text, str) and isinstance(pattern, str):
        return patterns.finds(pattern, text)
    raise no_overload()
