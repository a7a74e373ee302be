"""The conversions that are functions with a type's name: `int("5")`, `string(duration)`."""

import math
import re
from typing import Any

from steersman.cel import times, types, values
from steersman.cel.values import MAX_INT, MAX_UINT, Duration, EvaluationError, Timestamp, UInt


def _failed(value: Any, to: types.Type) -> EvaluationError:
    return EvaluationError(
        f"type conversion error from '{values.type_name(value)}' to '{values.runtime_name(to)}'",
    )


def to_dyn(value: Any) -> Any:
    return value


def to_type(value: Any) -> values.TypeValue:
    return values.TypeValue(values.type_of(value))


_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def to_bool(value: Any) -> bool:
    if type(value) is bool:
        return value
    if type(value) is str:
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    raise _failed(value, types.BOOL)


def to_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    raise _failed(value, types.BYTES)


_DOUBLE = re.compile(
    r"[+-]?(?:inf(?:inity)?|nan|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)|[+-]?0x[0-9a-f]*\.?[0-9a-f]*p[+-]?[0-9]+",
    re.IGNORECASE,
)


def to_double(value: Any) -> float:
    kind = type(value)
    if kind is float:
        return float(value)
    if kind is int or kind is UInt:
        return float(value)
    if kind is str and _DOUBLE.fullmatch(value):
        try:
            number = float.fromhex(value) if "x" in value.lower() else float(value)
        except (ValueError, OverflowError):
            raise _failed(value, types.DOUBLE) from None
        if not math.isinf(number) or "inf" in value.lower():  # otherwise it is out of range
            return number
    raise _failed(value, types.DOUBLE)


_INT = re.compile(r"[+-]?[0-9]+")
_UINT = re.compile(r"[0-9]+")


def to_int(value: Any) -> int:
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is UInt:
        if value > MAX_INT:
            raise EvaluationError("integer overflow")
        return int(value)
    if kind is float:
        if not -(2.0**63) < value < 2.0**63:
            raise EvaluationError("integer overflow")
        return int(value)
    if kind is str and _INT.fullmatch(value) and len(value) < 100:
        number = int(value)
        if values.MIN_INT <= number <= MAX_INT:
            return number
    if kind is Timestamp:
        return int(value.nanos // times.SECOND)
    if kind is Duration:
        return int(value.nanos)
    raise _failed(value, types.INT)


def to_uint(value: Any) -> UInt:
    kind = type(value)
    if kind is UInt:
        return UInt(value)
    if kind is int:
        if value < 0:
            raise EvaluationError("unsigned integer overflow")
        return UInt(value)
    if kind is float:
        if not 0 <= value < 2.0**64:
            raise EvaluationError("unsigned integer overflow")
        return UInt(int(value))
    if kind is str and _UINT.fullmatch(value) and len(value) < 100:
        number = int(value)
        if number <= MAX_UINT:
            return UInt(number)
    raise _failed(value, types.UINT)


def to_string(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is UInt:
        return str(value)
    if kind is float:
        return values.double_text(value)
    if kind is bytes:
        try:
            return str(value, "utf-8")
        except UnicodeDecodeError:
            raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None
    if kind is Timestamp:
        return times.timestamp_text(value)
    if kind is Duration:
        return times.duration_text(value)
    if kind is values.TypeValue:
        return str(value.name)
    raise _failed(value, types.STRING)


def to_timestamp(value: Any) -> Timestamp:
    if type(value) is Timestamp:
        return value
    if type(value) is int:
        return times.checked(Timestamp(value * times.SECOND))
    if type(value) is str:
        moment = times.parse_timestamp(value)
        if moment is not None:
            return moment
    raise _failed(value, types.TIMESTAMP)


def to_duration(value: Any) -> Duration:
    if type(value) is Duration:
        return value
    if type(value) is str:
        duration = times.parse_duration(value)
        if duration is not None:
            return duration
    raise _failed(value, types.DURATION)
