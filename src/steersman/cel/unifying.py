"""Whether one type may stand for another, and what that tells of types that are not known yet.

cel-go's rules, which are not quite a subtype relation: dyn fits everywhere and everything fits it, a null stands for
whatever has no better zero value, a wrapper is the type it wraps, and of two types that fit each other the one that
says less is kept.
"""

import operator
from collections.abc import Callable, Iterable

from steersman.cel import types

_NULLABLE = frozenset({types.Kind.OPAQUE, types.Kind.OBJECT, types.Kind.DURATION, types.Kind.TIMESTAMP})
"""Besides wrappers: a null may stand for one of these."""
ANY = frozenset({types.Kind.DYN, types.Kind.ERROR})
"""These fit everywhere."""
_PLAIN = frozenset(types.Kind) - ANY - {types.Kind.PARAM, types.Kind.NULL, types.Kind.WRAPPER}
_WITH_PARAMETERS = frozenset({types.Kind.OPAQUE, types.Kind.LIST, types.Kind.MAP})


class Unifier:
    """What type parameters have been found to be, by name."""

    def __init__(self) -> None:
        self._found: dict[str, types.Type] = {}
        self._trail: list[tuple[str, types.Type | None]] = []
        """What was known before, to go back to."""

    def assignable(self, pairs: Iterable[tuple[types.Type, types.Type]]) -> bool:
        """Whether each first may stand for its second; what that tells of parameters is kept only if all may."""
        fits = all(self._assignable(one, other) for one, other in pairs)
        while self._trail:
            name, before = self._trail.pop()
            if fits:
                continue
            if before is None:
                del self._found[name]
            else:
                self._found[name] = before
        return fits

    def _learn(self, parameter: types.Type, type: types.Type) -> None:
        self._trail.append((parameter.name, self._found.get(parameter.name)))
        self._found[parameter.name] = type

    def known(
        self,
        type: types.Type,
        *,
        free: types.Type | None = None,
        known: Callable[[types.Type], types.Type] | None = None,
    ) -> types.Type:
        """The type with all that was found put in, and `free` for parameters of which nothing was.

        `known` does the same for the types inside, if somebody remembers them.
        """
        inside = known or (lambda each: self.known(each, free=free))
        if type.kind is types.Kind.PARAM:
            there = self._found.get(type.name)
            if there is not None:
                return inside(there)
            return type if free is None else free
        if not type.parameters or type.kind is types.Kind.WRAPPER:
            return type
        parameters = tuple(map(inside, type.parameters))
        if all(map(operator.is_, parameters, type.parameters)):
            return type
        return types.Type(type.kind, type.name, parameters)

    def _assignable(self, one: types.Type, other: types.Type) -> bool:
        if other.kind is types.Kind.PARAM:
            fits, bound = self._substitute(one, other)
            if fits or bound:
                return fits
        if one.kind is types.Kind.PARAM:
            return self._substitute(other, one)[0]
        if one.kind in ANY or other.kind in ANY:
            return True
        if one.kind is types.Kind.NULL:
            return _nullable(other)
        if other.kind is types.Kind.NULL:
            return _nullable(one)
        if one.kind is types.Kind.TYPE:
            return other.kind is types.Kind.TYPE
        if one.kind in _WITH_PARAMETERS:
            return (
                one.kind is other.kind
                and one.name == other.name
                and len(one.parameters) == len(other.parameters)
                and all(map(self._assignable, one.parameters, other.parameters))
            )
        return same(one, other)

    def _substitute(self, type: types.Type, parameter: types.Type) -> tuple[bool, bool]:
        """Whether the parameter may be this type, and whether something was known of it before."""
        if type == parameter:
            return True, True
        there = self._found.get(parameter.name)
        if there is None:
            if not self._apart(parameter, type):
                return False, False
            self._learn(parameter, type)
            return True, False
        if same(type, there):
            return True, True
        if not self._assignable(type, there):
            return False, True
        general = more_general(type, there)
        if self._apart(parameter, general):
            self._learn(parameter, general)
        return True, True

    def _apart(self, parameter: types.Type, type: types.Type) -> bool:
        """The parameter does not occur in the type."""
        if type == parameter:
            return False
        if type.kind is types.Kind.PARAM:
            there = self._found.get(type.name)
            return there is None or self._apart(parameter, there)
        if type.kind in _WITH_PARAMETERS:
            return all(self._apart(parameter, each) for each in type.parameters)
        return True


def _nullable(type: types.Type) -> bool:
    return type.kind in _NULLABLE or type.kind in (types.Kind.WRAPPER, types.Kind.NULL)


def more_general(one: types.Type, other: types.Type) -> types.Type:
    return one if _less_specific(one, other) else other


def _less_specific(one: types.Type, other: types.Type) -> bool:
    if one.kind in (types.Kind.DYN, types.Kind.PARAM):
        return True
    if other.kind in (types.Kind.DYN, types.Kind.PARAM):
        return False
    if one.kind in _WITH_PARAMETERS:
        return (
            one.kind is other.kind
            and one.name == other.name
            and len(one.parameters) == len(other.parameters)
            and all(map(_less_specific, one.parameters, other.parameters))
        )
    return one.kind is other.kind is types.Kind.TYPE or same(one, other)


def same(one: types.Type, other: types.Type) -> bool:
    """But for whether they may be null."""
    return one is other or one == other or without_wrappers(one) == without_wrappers(other)


def without_wrappers(type: types.Type) -> types.Type:
    if type.kind is types.Kind.WRAPPER:
        return type.parameters[0]
    if not type.parameters:
        return type
    return types.Type(type.kind, type.name, tuple(map(without_wrappers, type.parameters)))


def never(one: types.Type, other: types.Type) -> bool:
    """For sure not assignable: the many overloads that are out of the question are not looked at more closely."""
    return one.kind is not other.kind and one.kind in _PLAIN and other.kind in _PLAIN
