"""CEL values from trees that keep a schema.

Values stay the trees that they are.  `adapter` makes another value only where a type needs one: times, durations,
bytes, doubles, lists that are sets or maps, and what contains such, which is wrapped so that it compares as they do.
"""

import base64
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steersman.api import durations
from steersman.api.cel.declaring import Declared
from steersman.api.patch import gotext
from steersman.cel import times, values

Adapt = Callable[[Any], Any]


def value_of(declared: Declared, value: Any) -> Any:
    """The CEL value of what stands in a tree."""
    adapt = adapter(declared)
    return value if adapt is None else adapt(value)


@functools.lru_cache(maxsize=4096)
def adapter(declared: Declared) -> Adapt | None:
    """Makes the CEL value of what stands in the tree; None where that is the value."""
    inner = _adapter(declared)
    if inner is None:
        return None
    make, is_nullable = inner, bool(declared.schema.get("nullable"))

    def adapt(value: Any) -> Any:
        if value is not None:
            return make(value)
        if is_nullable:
            return None
        raise values.EvaluationError("invalid data, got null for schema with nullable=false")

    return adapt


def _adapter(declared: Declared) -> Adapt | None:
    scalar = _SCALARS.get((declared.kind, declared.schema.get("format") if declared.kind == "timestamp" else None))
    if scalar is not None:
        return scalar
    if declared.kind == "list":
        return _list_adapter(declared)
    if declared.kind == "map":
        assert declared.element is not None
        element = adapter(declared.element)
        if element is None and not _compares(declared):
            return None
        return lambda value: Entries(declared, {key: _given(element, each) for key, each in _map(value).items()})
    if declared.kind == "object" and _compares(declared):
        return lambda value: Entries(declared, _map(value))
    return None


def _given(adapt: Adapt | None, value: Any) -> Any:
    return value if adapt is None else adapt(value)


def _map(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise values.EvaluationError("invalid data, expected a map for the provided schema with type=object")
    return value


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise values.EvaluationError("invalid data, expected an array for the provided schema with type=array")
    return value


def _list_adapter(declared: Declared) -> Adapt | None:
    assert declared.element is not None
    element, how = adapter(declared.element), declared.schema.get("x-kubernetes-list-type")
    if how == "set":
        return lambda value: SetList(_given(element, each) for each in _list(value))
    if how == "map":
        keys = tuple(declared.schema.get("x-kubernetes-list-map-keys") or ())
        return lambda value: MapList(keys, (_given(element, each) for each in _list(value)))
    if element is None:
        return None
    return lambda value: [element(each) for each in _list(value)]


@functools.lru_cache(maxsize=4096)
def _compares(declared: Declared) -> bool:
    """Whether a list that compares in its own way, or a time, is somewhere in a value."""
    if declared.kind == "list" and declared.schema.get("x-kubernetes-list-type") in ("set", "map"):
        return True
    if declared.kind in ("timestamp", "duration", "bytes"):
        return True
    below = [*(declared.fields or {}).values(), *([declared.element] if declared.element is not None else [])]
    return any(_compares(each) for each in below)


class Entries(dict[str, Any]):
    """An object or map that compares as its schema has it."""

    __slots__ = ("declared",)

    def __init__(self, declared: Declared, value: Mapping[str, Any]) -> None:
        super().__init__(value)
        self.declared = declared

    def cel_equals(self, other: Any) -> bool:
        if not isinstance(other, Mapping) or len(self) != len(other):
            return False
        keys = {key: escaped for escaped, key in (self.declared.keys or {}).items()}
        fields = self.declared.fields or {}
        for key, value in self.items():
            if key not in other:
                return False
            child = fields.get(keys.get(key, ""))
            adapt = adapter(child) if child is not None else None
            if not values.equal(_given(adapt, value), _given(adapt, other[key])):
                return False
        return True


class SetList(list[Any]):
    """A list whose order says nothing and that holds nothing twice."""

    __slots__ = ()

    def cel_equals(self, other: Any) -> bool:
        if not values.is_list(other) or len(self) != len(other):
            return False
        own = {_token(each) for each in self}
        return all(_token(each) in own for each in other)

    def cel_add(self, other: Sequence[Any]) -> "SetList":
        made, seen = SetList(self), {_token(each) for each in self}
        for each in other:
            if _token(each) not in seen:
                seen.add(_token(each))
                made.append(each)
        return made


class MapList(list[Any]):
    """A list of objects that are told apart by some of their fields."""

    __slots__ = ("keys",)

    def __init__(self, keys: tuple[str, ...], items: Any) -> None:
        super().__init__(items)
        self.keys = keys

    def _token(self, item: Any) -> str:
        return _token([item.get(key) for key in self.keys] if isinstance(item, Mapping) else item)

    def cel_equals(self, other: Any) -> bool:
        if not values.is_list(other) or len(self) != len(other):
            return False
        own = {self._token(each): each for each in self}
        for each in other:
            token = self._token(each)
            if token not in own or not values.equal(own[token], each):
                return False
        return True

    def cel_add(self, other: Sequence[Any]) -> "MapList":
        """Of two with one key the second, in the first's place."""
        made = {self._token(each): each for each in self}
        for each in other:
            made[self._token(each)] = each
        return MapList(self.keys, made.values())


def _token(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise values.EvaluationError(f"invalid data, expected float, got {gotext.type_name(value)}")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise values.EvaluationError(f"invalid data, expected string, got {gotext.type_name(value)}")
    return value


def _bytes(value: Any) -> bytes:
    text = _text(value)
    try:
        return base64.urlsafe_b64decode(text)
    except ValueError as error:
        raise values.EvaluationError(f"Invalid byte formatted string {text}: {error}") from error


def _duration(value: Any) -> values.Duration:
    text = _text(value)
    try:
        return values.Duration(durations.duration(text))
    except ValueError as error:
        raise values.EvaluationError(f"Invalid duration {text}: {error}") from error


def _date(value: Any) -> values.Timestamp:
    text = _text(value)
    found = times.parse_timestamp(f"{text}T00:00:00Z")
    if found is None:
        raise values.EvaluationError(f"Invalid date formatted string {text}: it is no RFC 3339 date")
    return found


def _moment(value: Any) -> values.Timestamp:
    text = _text(value)
    found = times.parse_timestamp(text.upper())
    if found is None:
        raise values.EvaluationError(f"Invalid date-time formatted string {text}: it is no RFC 3339 time")
    return found


_SCALARS: Mapping[tuple[str, str | None], Adapt] = {
    ("double", None): _double, ("bytes", None): _bytes, ("duration", None): _duration,
    ("timestamp", "date"): _date, ("timestamp", "date-time"): _moment,
}  # fmt: skip
