"""Names, and the selections and indices after them: `self.spec.ports[0].?name` is one attribute.

An attribute starts at a variable or at any other value and goes on by qualifiers.  After an optional one, or from an
optional value, what is not there makes the whole `optional.none()`, and what is there is wrapped.  `has(a.b)` is an
attribute whose last qualifier only looks.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from steersman.cel import values
from steersman.cel.evaluating import frames
from steersman.cel.values import MISSING, EvaluationError

Adapt = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Qualifier:
    key: Any = None
    """The constant key, or"""
    index: frames.Step | None = None
    """what computes it."""
    adapt: Adapt | None = None
    optional: bool = False
    cost: int = 1
    """With what computing the key costs."""


def qualify(value: Any, key: Any) -> Any:
    """The value at a key or index; raises EvaluationError where there is none."""
    found = find(value, key)
    if found is MISSING:
        if values.is_list(value):
            raise EvaluationError(f"index out of bounds: {values.text(key)}")
        raise EvaluationError(f"no such key: {values.text(key)}")
    return found


def find(value: Any, key: Any) -> Any:
    """The value at a key or index, or MISSING; a value with neither keys nor indices has nothing there."""
    if type(value) is dict or isinstance(value, Mapping):
        return values.find(value, key)
    if values.is_list(value):
        at = _index(key)
        return value[at] if 0 <= at < len(value) else MISSING
    return MISSING


def _index(key: Any) -> int:
    kind = type(key)
    if kind is int or kind is values.UInt:
        return int(key)
    if kind is float:
        if key.is_integer() and abs(key) < 2.0**63:
            return int(key)
        raise EvaluationError(f"unsupported index value {values.text(key)} in list")
    raise EvaluationError(f"unsupported index type '{values.type_name(key)}' in list")


def follow(frame: frames.Frame, value: Any, qualifiers: tuple[Qualifier, ...]) -> Any:
    """All qualifiers one after the other, the general way.

    They were charged all together before; those that are not reached, and an optional one without a value, are free.
    """
    optional = False
    if type(value) is values.Optional:
        if not value.present:
            frame[0] -= _cost(qualifiers)
            return value
        value, optional = value.value, True
    for at, qualifier in enumerate(qualifiers):
        key = qualifier.key if qualifier.index is None else qualifier.index(frame)
        optional = optional or qualifier.optional
        if optional:
            value = find(value, key)
            if value is MISSING:
                frame[0] -= 1 + _cost(qualifiers[at + 1 :])
                return values.NONE
        else:
            try:
                value = qualify(value, key)
            except EvaluationError:
                frame[0] -= _cost(qualifiers[at + 1 :])
                raise
        if qualifier.adapt is not None and value is not None:
            value = qualifier.adapt(value)
    return values.Optional(value) if optional else value


def _cost(qualifiers: tuple[Qualifier, ...]) -> int:
    return sum(qualifier.cost for qualifier in qualifiers)


def look(frame: frames.Frame, value: Any, qualifiers: tuple[Qualifier, ...]) -> bool:
    """Whether there is something at the last qualifier; those before it must be there."""
    try:
        value = follow(frame, value, qualifiers[:-1]) if len(qualifiers) > 1 else value
    except EvaluationError:
        frame[0] -= 1
        raise
    if type(value) is values.Optional:
        if not value.present:
            frame[0] -= 1
            return False
        value = value.value
    return find(value, qualifiers[-1].key) is not MISSING


def variable(slot: int, name: str) -> frames.Step:
    def read(frame: frames.Frame) -> Any:
        value = frame[slot]
        if type(value) in frames.UNSETTLED:
            return frames.resolve(frame, slot, name)
        return value

    return read


def path(slot: int, name: str, qualifiers: tuple[Qualifier, ...]) -> frames.Step:
    """From a variable.  Constant keys without further ado are subscripts; whatever goes wrong is done again slowly."""
    if all(_plain(qualifier) for qualifier in qualifiers):
        return _keys(slot, name, qualifiers)
    if len(qualifiers) == 1 and _plain(qualifiers[0], adapted=True):
        return _adapted(slot, name, qualifiers)

    def general(frame: frames.Frame) -> Any:
        return follow(frame, frames.resolve(frame, slot, name), qualifiers)

    return general


def _plain(qualifier: Qualifier, *, adapted: bool = False) -> bool:
    """A string as key is safe to subscript with: nothing but a mapping takes it."""
    return (
        qualifier.index is None
        and type(qualifier.key) is str
        and not qualifier.optional
        and (adapted or qualifier.adapt is None)
    )


def _keys(slot: int, name: str, qualifiers: tuple[Qualifier, ...]) -> frames.Step:
    keys = tuple(qualifier.key for qualifier in qualifiers)

    def slowly(frame: frames.Frame) -> Any:
        return follow(frame, frames.resolve(frame, slot, name), qualifiers)

    if len(keys) == 1:
        (only,) = keys

        def one(frame: frames.Frame) -> Any:
            try:
                return frame[slot][only]
            except (KeyError, TypeError):
                return slowly(frame)

        return one
    if len(keys) == 2:
        first, second = keys

        def two(frame: frames.Frame) -> Any:
            try:
                return frame[slot][first][second]
            except (KeyError, TypeError):
                return slowly(frame)

        return two

    def many(frame: frames.Frame) -> Any:
        value = frame[slot]
        try:
            for key in keys:
                value = value[key]
        except (KeyError, TypeError):
            return slowly(frame)
        return value

    return many


def _adapted(slot: int, name: str, qualifiers: tuple[Qualifier, ...]) -> frames.Step:
    (qualifier,) = qualifiers
    key, adapt = qualifier.key, qualifier.adapt
    assert adapt is not None

    def read(frame: frames.Frame) -> Any:
        try:
            value = frame[slot][key]
        except (KeyError, TypeError):
            return follow(frame, frames.resolve(frame, slot, name), qualifiers)
        return None if value is None else adapt(value)

    return read


def relative(base: frames.Step, qualifiers: tuple[Qualifier, ...]) -> frames.Step:
    """From any other value."""

    def read(frame: frames.Frame) -> Any:
        return follow(frame, base(frame), qualifiers)

    return read


def presence(base: frames.Step, qualifiers: tuple[Qualifier, ...]) -> frames.Step:
    def read(frame: frames.Frame) -> bool:
        return look(frame, base(frame), qualifiers)

    return read
