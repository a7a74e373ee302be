"""What an expression works on: CEL values as Python values, and what is true of them without an operator.

None, bool, int (64 bits, checked by the operators), `UInt`, float, str, bytes, any sequence, any mapping (maps and
objects), `Timestamp`, `Duration`, `TypeValue`, `Optional`, and what libraries bring along as `Opaque`.  A tree from
the API is a value as it stands: nothing is wrapped, and nothing is ever changed in place.

Python finds `True == 1`, which CEL does not, and compares an int with a float exactly, where cel-go first makes a
double of the int: `equal` and `compare` are CEL's.  A sequence or mapping with a `cel_equals(other)` decides its own
equality, one with a `cel_add(other)` its own sum: Kubernetes has lists that are sets and lists that are maps.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, ClassVar, overload

from steersman.cel import meter, types
from steersman.cel.errors import EvaluationError as EvaluationError
from steersman.cel.errors import no_overload as no_overload

MIN_INT, MAX_INT, MAX_UINT = -(2**63), 2**63 - 1, 2**64 - 1


class UInt(int):
    """An unsigned integer; arithmetic on it gives plain ints, so the operators wrap their results."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}u"

    def __str__(self) -> str:
        return int.__repr__(self)


class Duration:
    __slots__ = ("nanos",)

    def __init__(self, nanos: int) -> None:
        self.nanos = nanos

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash((Duration, self.nanos))

    def __repr__(self) -> str:
        return f"Duration({self.nanos})"


class Timestamp:
    """A moment, with the offset it was written in: that is how it is written again, and nothing else."""

    __slots__ = ("nanos", "offset")

    def __init__(self, nanos: int, offset: int = 0) -> None:
        self.nanos = nanos
        """Since 1970 in UTC."""
        self.offset = offset
        """Seconds east of UTC."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash((Timestamp, self.nanos))

    def __repr__(self) -> str:
        return f"Timestamp({self.nanos})"


class Opaque:
    """A value of a library's own type; the library's functions know its insides, and it has an `__eq__`."""

    __slots__ = ()
    cel_type: ClassVar[types.Type]


class Optional:
    """Something or nothing; `NONE` is the only nothing."""

    __slots__ = ("_value", "present")

    def __init__(self, value: Any = None, *, present: bool = True) -> None:
        self._value = value
        self.present = present

    @property
    def value(self) -> Any:
        if not self.present:
            raise EvaluationError("optional.none() dereference")
        return self._value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Optional):
            return False
        return self.present == other.present and (not self.present or equal(self._value, other._value))

    def __hash__(self) -> int:
        return hash((Optional, self.present))

    def __repr__(self) -> str:
        return f"optional.of({self._value!r})" if self.present else "optional.none()"


NONE = Optional(present=False)


class Joined(Sequence[Any]):
    """Two lists seen as one: their sum costs one unit however long they are, so it must not copy them."""

    __slots__ = ("_left", "_length", "_right")

    def __init__(self, left: Sequence[Any], right: Sequence[Any]) -> None:
        self._left, self._right = left, right
        self._length = len(left) + len(right)
        if self._length > MAX_INT:
            raise EvaluationError("integer overflow")

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        at = index if index >= 0 else index + self._length
        if not 0 <= at < self._length:
            raise IndexError(index)
        return self._left[at] if at < len(self._left) else self._right[at - len(self._left)]

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain(self._left, self._right)

    def __repr__(self) -> str:
        return repr(list(self))


class Object(dict[str, Any]):
    """An object that an expression made, `Object.spec{replicas: 1}`: its tree, and what type it is of."""

    __slots__ = ("type_name",)

    def __init__(self, type_name: str, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self.type_name = type_name

    def cel_equals(self, other: Any) -> bool:
        return type(other) is Object and self.type_name == other.type_name and equal_maps(self, other)


class Mixed(MutableMapping[Any, Any]):
    """A map with keys that are one to Python and several to CEL: true and 1, 1 and 1u."""

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[tuple[Any, Any]]) -> None:
        self._entries = {(type(key), key): value for key, value in entries}

    def __getitem__(self, key: Any) -> Any:
        kinds = (bool,) if type(key) is bool else (type(key), int, UInt)
        for kind in kinds:
            if (kind, key) in self._entries:
                return self._entries[kind, key]
        raise KeyError(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._entries[type(key), key] = value

    def __delitem__(self, key: Any) -> None:
        del self._entries[type(key), key]

    def __iter__(self) -> Iterator[Any]:
        return (key for _, key in self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def mapping_of(entries: Sequence[tuple[Any, Any]]) -> MutableMapping[Any, Any]:
    """Of two entries with one key the second."""
    made = dict(entries)
    return made if len(made) == len(entries) else _unmixed(Mixed(entries))


def with_entry(mapping: MutableMapping[Any, Any], key: Any, value: Any) -> MutableMapping[Any, Any]:
    """The map itself with one entry more, or one that can have it."""
    if type(mapping) is dict and key in mapping:
        mapping = Mixed(mapping.items())
    mapping[key] = value
    return mapping


def _unmixed(mixed: Mixed) -> MutableMapping[Any, Any]:
    made = dict(mixed.items())
    return made if len(made) == len(mixed) else mixed


class TypeValue:
    """A type as a value; lists of whatever are one type while an expression runs."""

    __slots__ = ("type",)

    def __init__(self, type: types.Type) -> None:
        self.type = type

    @property
    def name(self) -> str:
        return runtime_name(self.type)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeValue) and self.name == other.name

    def __hash__(self) -> int:
        return hash((TypeValue, self.name))

    def __repr__(self) -> str:
        return f"TypeValue({self.name})"


_LIST = types.list_of(types.DYN)
_MAP = types.map_of(types.DYN, types.DYN)
_OPTIONAL = types.optional(types.DYN)
_TYPES: dict[type, types.Type] = {
    bool: types.BOOL,
    int: types.INT,
    UInt: types.UINT,
    float: types.DOUBLE,
    str: types.STRING,
    bytes: types.BYTES,
    type(None): types.NULL,
    dict: _MAP,
    list: _LIST,
    tuple: _LIST,
    Timestamp: types.TIMESTAMP,
    Duration: types.DURATION,
    Optional: _OPTIONAL,
    TypeValue: types.TYPE,
}


def type_of(value: Any) -> types.Type:
    """The type a value has while an expression runs: its parameters are dyn, and an object is a map."""
    known = _TYPES.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Opaque):
        return value.cel_type
    if type(value) is Object:
        return types.object_(value.type_name)
    if isinstance(value, Mapping):
        return _MAP
    if isinstance(value, str):
        return types.STRING
    if isinstance(value, bytes | bytearray):
        return types.BYTES
    if isinstance(value, Sequence):
        return _LIST
    for python in (bool, UInt, int, float):
        if isinstance(value, python):
            return _TYPES[python]
    raise TypeError(f"{type(value).__name__} is no CEL value")


def runtime_name(type: types.Type) -> str:
    """What cel-go calls a type in an evaluation error: without parameters, and protobuf's own names in full."""
    if type.kind is types.Kind.NULL:
        return "null_type"
    return type.name or type.kind.value


def type_name(value: Any) -> str:
    return runtime_name(type_of(value))


MOST_TEXT = 2**24
"""Code points that a function makes at most: prices do not keep a text from being put into itself."""


def reasonable(length: int) -> None:
    if length > MOST_TEXT:
        raise EvaluationError(f"text of {length} characters is too long")
    meter.spend(length >> 6)


def weigh(value: Any) -> None:
    """Spends what it takes to look at all of a value, before somebody does who does not spend."""
    if is_map(value):
        meter.spend(10 + 2 * len(value))
        for element in value.values():
            if type(element) not in _PLAIN:
                weigh(element)
    elif is_list(value):
        meter.spend(10 + len(value))
        for element in value:
            if type(element) not in _PLAIN:
                weigh(element)


def is_list(value: Any) -> bool:
    kind = type(value)
    return (
        kind is list
        or kind is tuple
        or (isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview))
    )


def is_map(value: Any) -> bool:
    return type(value) is dict or isinstance(value, Mapping)


_PLAIN = frozenset({str, int, bool, float, bytes, type(None), UInt})
_NUMBERS = frozenset({int, float, UInt})


def equal(left: Any, right: Any) -> bool:
    """Values of different types are not equal, except numbers of one size; NaN is equal to nothing."""
    kind, other = type(left), type(right)
    if kind is other and kind in _PLAIN:
        return bool(left == right)
    if kind in _NUMBERS:
        return other in _NUMBERS and compare_numbers(left, right) == 0
    if kind in _PLAIN or other in _PLAIN:
        return False
    own = getattr(left, "cel_equals", None)
    if own is not None:
        weigh(right)
        return bool(own(right))
    if is_map(left):
        own = getattr(right, "cel_equals", None)
        if own is not None:
            weigh(left)
            return bool(own(left))
        return is_map(right) and equal_maps(left, right)
    if is_list(left):
        if not is_list(right):
            return False
        own = getattr(right, "cel_equals", None)
        if own is not None:
            weigh(left)
            return bool(own(left))
        if len(left) != len(right):
            return False
        meter.spend(10 + len(left))
        return all(map(equal, left, right))
    return bool(left == right)


def equal_maps(left: Mapping[Any, Any], right: Mapping[Any, Any]) -> bool:
    if len(left) != len(right):
        return False
    meter.spend(10 + 3 * len(left))
    for key, value in left.items():
        other = find(right, key)
        if other is MISSING or not equal(value, other):
            return False
    return True


class _Missing:
    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
"""What `find` gives where there is nothing; not a CEL value."""


def find(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value at a key, or MISSING.  2, 2u and 2.0 are one key, true and 1 are not."""
    kind = type(key)
    if kind is float:
        if not key.is_integer():
            return MISSING
        key = int(key)
    elif kind is not str and kind is not int and kind is not bool and kind is not UInt:
        raise EvaluationError(f"unsupported key type: {type_name(key)}")
    try:
        value = mapping[key]
    except KeyError:
        return MISSING
    if kind is not str and _wrong_key(mapping, key):
        return MISSING
    return value


def _wrong_key(mapping: Mapping[Any, Any], key: Any) -> bool:
    """Whether Python took true for 1 or 1 for true.  No map has keys of both kinds but a Mixed one."""
    if key not in (0, 1) or type(mapping) is Mixed:
        return False
    return isinstance(next(iter(mapping)), bool) != isinstance(key, bool)


def compare_numbers(left: float, right: float) -> int | None:
    """-1, 0 or 1; None with a NaN.  An int beside a double is made one, as cel-go does it."""
    if type(left) is float:
        if type(right) is not float:
            right = _double(right)
    elif type(right) is float:
        left = _double(left)
    if left < right:
        return -1
    if left > right:
        return 1
    return 0 if left == right else None


def _double(value: float) -> float:
    return float(value)


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1 of two values that have an order."""
    kind, other = type(left), type(right)
    if kind in _NUMBERS and other in _NUMBERS:
        order = compare_numbers(left, right)
        if order is None:
            raise EvaluationError("NaN values cannot be ordered")
        return order
    if kind is not other:
        raise no_overload()
    if kind is str or kind is bool or kind is bytes:
        return int(left > right) - int(left < right)
    if kind is Timestamp or kind is Duration:
        return int(left.nanos > right.nanos) - int(left.nanos < right.nanos)
    raise no_overload()


def size(value: Any) -> int | None:
    """Code points, bytes, elements or entries; None of what has no size."""
    kind = type(value)
    if kind is str or kind is bytes or kind is list or kind is dict or kind is tuple:
        return len(value)
    if kind in _NUMBERS or kind is bool or value is None:
        return None
    if is_map(value) or is_list(value) or isinstance(value, str | bytes):
        return len(value)
    return None


def actual_size(value: Any) -> int:
    """The size a call is charged for: 1 of what has none."""
    if type(value) is Optional and value.present:
        return actual_size(value.value)
    length = size(value)
    return 1 if length is None else length


def double_text(value: float) -> str:
    """As Go prints a double with %g: as few digits as tell it from others, an exponent below 1e-4 and from 1e6 on."""
    return _go_double(value, -4, 6)


def _go_double(value: float, low: int, high: int) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0") or "0"
    power = point - 1
    if power < low or power >= high:
        shown = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
        return f"{sign}{shown}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if len(digits) <= point:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def fixed_text(value: float) -> str:
    """As Go prints a double with %f and as few digits as tell it from others: never an exponent."""
    return _go_double(value, -400, 400)


def text(value: Any) -> str:
    """A value in an error message; of a list or map, which may be of any size, only what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    if is_list(value) or is_map(value):
        return type_name(value)
    return str(value)
