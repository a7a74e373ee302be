"""Label selectors: `app=web,tier in (a,b),!legacy,size>3`.

`parse` reads the query parameter, `from_object` a LabelSelector of an object (matchLabels and
matchExpressions); both give a `Selector`, a value with `matches(labels)`.  The texts of what is refused are
the reference's, including the odd ones: `found '' ...` at the end of the input, and a key's error that
speaks of `<nil>`.
"""

import dataclasses
import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.kit import limits

Labels = Mapping[str, str]

IN, NOT_IN, EXISTS, DOES_NOT_EXIST = "in", "notin", "exists", "!"
EQUALS, DOUBLE_EQUALS, NOT_EQUALS, GREATER, LESS = "=", "==", "!=", "gt", "lt"
MAX_REQUIREMENTS = 1000
"""Each is asked of each object.  (A requirement may have as many values as it likes.)"""
MAX_TOKENS = 65_536
_BINARY_OPERATORS = "in, notin, =, ==, !=, gt, lt"


class SelectorError(ValueError):
    """A selector that cannot be read; the text is the reference's."""


@dataclasses.dataclass(frozen=True, slots=True)
class Requirement:
    """One condition.  `values` are sorted and free of repeats."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Labels) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "=" | "==" | "in":
                return value is not None and value in self.values
            case "!=" | "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        number, limit = _integer(value), _integer(self.values[0])
        if number is None or limit is None:
            return False
        return number > limit if self.operator == GREATER else number < limit

    def __str__(self) -> str:
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return "!" + self.key
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
            case "gt":
                return f"{self.key}>{self.values[0]}"
            case "lt":
                return f"{self.key}<{self.values[0]}"
        return f"{self.key}{self.operator}{self.values[0]}"


@dataclasses.dataclass(frozen=True)
class Selector:
    """All of its requirements, or nothing at all."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False

    @property
    def everything(self) -> bool:
        return not self.requirements and not self.nothing

    @functools.cached_property
    def _equal(self) -> tuple[tuple[str, str], ...]:
        """The requirements that are plain equality: nearly always all of them, and cheap to ask first."""
        return tuple((r.key, r.values[0]) for r in self.requirements if r.operator in (EQUALS, DOUBLE_EQUALS))

    @functools.cached_property
    def _others(self) -> tuple[Callable[[Labels], bool], ...]:
        return tuple(_test(r) for r in self.requirements if r.operator not in (EQUALS, DOUBLE_EQUALS))

    def matches(self, labels: Labels | None) -> bool:
        if self.nothing:
            return False
        found = labels or {}
        for key, value in self._equal:
            if found.get(key) != value:
                return False
        return all(test(found) for test in self._others)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)


def _test(requirement: Requirement) -> Callable[[Labels], bool]:
    """What asks a requirement; one with many values looks them up instead of going through them."""
    if requirement.operator not in (IN, NOT_IN) or len(requirement.values) < 8:
        return requirement.matches
    key, values, among = requirement.key, frozenset(requirement.values), requirement.operator == IN
    return lambda labels: (labels.get(key) in values) is among


EVERYTHING = Selector()
NOTHING = Selector(nothing=True)


def _integer(text: str | None) -> int | None:
    """A number as Go's ParseInt takes it, within 64 bits."""
    if not text or not text.isascii() or not text.lstrip("+-").isdigit() or len(text) - len(text.lstrip("+-")) > 1:
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


def requirement(key: str, operator: str, values: Sequence[str], path: str = "") -> Requirement:
    """A checked requirement.  `path` is where it stands, for the error's text."""
    prefix = f"{path}." if path else ""
    errors = [f"{prefix}key: Invalid value: {_quoted(key)}: {'; '.join(e)}" for e in [names.qualified_name(key)] if e]
    shown = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    wrong = {
        IN: not values and "for 'in', 'notin' operators, values set can't be empty",
        EQUALS: len(values) != 1 and "exact-match compatibility requires one single value",
        EXISTS: bool(values) and "values set must be empty for exists and does not exist",
        GREATER: len(values) != 1 and "for 'Gt', 'Lt' operators, exactly one value is required",
    }[_family(operator)]
    if wrong:
        errors.append(f"{prefix}values: Invalid value: {shown}: {wrong}")
    if operator in (GREATER, LESS):
        errors.extend(
            f"{prefix}values[{i}]: Invalid value: {_quoted(value)}: for 'Gt', 'Lt' operators, the value must be an integer"  # noqa: E501
            for i, value in enumerate(values)
            if _integer(value) is None
        )
    for i, value in enumerate(values):
        problems = names.label_value(value)
        if problems:
            errors.append(f"{prefix}values[{i}][{key}]: Invalid value: {_quoted(value)}: {'; '.join(problems)}")
    if errors:
        raise SelectorError(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
    return Requirement(key, operator, tuple(sorted(set(values))))


def _family(operator: str) -> str:
    if operator in (IN, NOT_IN):
        return IN
    if operator in (EXISTS, DOES_NOT_EXIST):
        return EXISTS
    return GREATER if operator in (GREATER, LESS) else EQUALS


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@limits.remembered(1024)
def parse(text: str) -> Selector:
    """Read a selector from its text; empty selects everything.  Raises SelectorError."""
    return Selector(_Parser(text).requirements()) if text else EVERYTHING


_WORDS = frozenset({")", ",", "!", "==", "=", ">", "in", "<", "!=", "notin", "("})
_OPERATORS = {"=": EQUALS, "==": DOUBLE_EQUALS, "!=": NOT_EQUALS, ">": GREATER, "<": LESS, "in": IN, "notin": NOT_IN}
_END = ""


_TOKEN = re.compile(r"==|!=|[=!(),><]|[^=!(),>< \t\r\n]++")


def _tokens(text: str) -> list[tuple[str, str]]:
    """Pairs of kind and literal: a word's kind is itself, an identifier's is `id`, the end's is empty."""
    tokens: list[tuple[str, str]] = []
    for found in _TOKEN.finditer(text):
        if len(tokens) == MAX_TOKENS:
            raise SelectorError(f"a selector may have {MAX_TOKENS} words and signs")
        word = found[0]
        tokens.append((word if word in _WORDS else "id", word))
    tokens.append((_END, ""))
    return tokens


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._position = 0

    def _peek(self) -> tuple[str, str]:
        """The next token, where `in` and `notin` are names like others."""
        kind, literal = self._tokens[min(self._position, len(self._tokens) - 1)]
        return ("id" if kind in ("in", "notin") else kind), literal

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._position += 1
        return token

    def requirements(self) -> tuple[Requirement, ...]:
        found: list[Requirement] = []
        while True:
            kind, literal = self._peek()
            if kind == _END:
                break
            if kind not in ("id", "!"):
                raise SelectorError(f"found '{literal}', expected: !, identifier, or 'end of string'")
            if len(found) == MAX_REQUIREMENTS:
                raise SelectorError(f"a selector may have {MAX_REQUIREMENTS} requirements")
            try:
                found.append(self._requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            kind, literal = self._take()
            if kind == _END:
                break
            if kind != ",":
                raise SelectorError(f"found '{literal}', expected: ',' or 'end of string'")
            kind, literal = self._peek()
            if kind not in ("id", "!"):
                raise SelectorError(f"found '{literal}', expected: identifier after ','")
        return tuple(sorted(found, key=lambda r: r.key))

    def _requirement(self) -> Requirement:
        kind, key = self._take()
        absent = kind == "!"
        if absent:
            kind, key = self._take()
        if kind != "id":
            raise SelectorError(f"found '{key}', expected: identifier")
        errors = names.qualified_name(key)
        if errors:
            raise SelectorError(f"<nil>: Invalid value: {_quoted(key)}: {'; '.join(errors)}")
        if absent:
            return requirement(key, DOES_NOT_EXIST, ())
        if self._peek()[0] in (_END, ","):
            return requirement(key, EXISTS, ())
        kind, literal = self._tokens[self._position]
        self._position += 1
        if kind not in _OPERATORS:
            raise SelectorError(f"found '{literal}', expected: {_BINARY_OPERATORS}")
        operator = _OPERATORS[kind]
        values = self._values() if operator in (IN, NOT_IN) else self._value()
        return requirement(key, operator, sorted(values))

    def _value(self) -> set[str]:
        if self._peek()[0] in (_END, ","):
            return {""}
        kind, literal = self._take()
        if kind != "id":
            raise SelectorError(f"found '{literal}', expected: identifier")
        return {literal}

    def _values(self) -> set[str]:
        kind, literal = self._take()
        if kind != "(":
            raise SelectorError(f"found '{literal}' expected: '('")
        kind, literal = self._peek()
        if kind == ")":
            self._take()
            return {""}
        if kind not in ("id", ","):
            raise SelectorError(f"found '{literal}', expected: ',', ')' or identifier")
        values = self._listed()
        if self._take()[0] != ")":
            raise SelectorError(f"found '{literal}', expected: ')'")
        return values

    def _listed(self) -> set[str]:
        """Names between commas; a missing one counts as the empty text."""
        values: set[str] = set()
        while True:
            kind, literal = self._take()
            if kind == "id":
                values.add(literal)
                following, literal = self._peek()
                if following == ")":
                    return values
                if following != ",":
                    raise SelectorError(f"found '{literal}', expected: ',' or ')'")
            elif kind == ",":
                if not values:
                    values.add("")
                following = self._peek()[0]
                if following == ")":
                    values.add("")
                    return values
                if following == ",":
                    self._take()
                    values.add("")
            else:
                raise SelectorError(f"found '{literal}', expected: ',', or identifier")


_EXPRESSIONS = {"In": IN, "NotIn": NOT_IN, "Exists": EXISTS, "DoesNotExist": DOES_NOT_EXIST}


def from_object(selector: Tree | None) -> Selector:
    """A LabelSelector as a Selector: null selects nothing, an empty one everything.  Raises SelectorError."""
    if selector is None:
        return NOTHING
    found = [requirement(key, EQUALS, (value,)) for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        operator = expression.get("operator", "")
        if operator not in _EXPRESSIONS:
            raise SelectorError(f"{_quoted(operator)} is not a valid label selector operator")
        found.append(requirement(expression.get("key", ""), _EXPRESSIONS[operator], expression.get("values") or ()))
    return Selector(tuple(sorted(found, key=lambda r: r.key))) if found else EVERYTHING


def from_map(labels: Labels | None) -> Selector:
    """Plain equality with every pair, as a Service's or ReplicationController's selector is; none is everything."""
    pairs = sorted((labels or {}).items())
    return Selector(tuple(Requirement(key, EQUALS, (value,)) for key, value in pairs)) if pairs else EVERYTHING


def of(tree: Tree) -> Labels:
    """An object's labels."""
    found: Any = (tree.get("metadata") or {}).get("labels")
    return found or {}
