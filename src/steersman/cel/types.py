"""What kinds of values there are, and who knows the fields of an object.

A type is compared by value; `str()` is how cel-go writes it in an error.  Whether one type may stand for another
is the checker's affair (`checking`), since that depends on what type parameters have been found to be.
"""

import dataclasses
import enum
from collections.abc import Callable
from typing import Any, Protocol


class Kind(enum.Enum):
    DYN = "dyn"
    ERROR = "!error!"
    NULL = "null"
    BOOL = "bool"
    INT = "int"
    UINT = "uint"
    DOUBLE = "double"
    STRING = "string"
    BYTES = "bytes"
    DURATION = "google.protobuf.Duration"
    TIMESTAMP = "google.protobuf.Timestamp"
    LIST = "list"
    MAP = "map"
    TYPE = "type"
    OPAQUE = "opaque"
    """A named type with parameters and no fields: `optional_type(int)`, `kubernetes.Quantity`."""
    OBJECT = "object"
    """A named type with fields, which a `Provider` knows."""
    PARAM = "param"
    """A type to be found: the `A` of `list(A)`."""
    WRAPPER = "wrapper"
    """A value of `parameters[0]`, or null."""

    __hash__ = object.__hash__  # Enum's own is slow, and kinds are looked up a lot


@dataclasses.dataclass(frozen=True, slots=True)
class Type:
    kind: Kind
    name: str = ""
    """Of OPAQUE, OBJECT and PARAM."""
    parameters: tuple["Type", ...] = ()

    def __str__(self) -> str:
        name = {Kind.DURATION: "duration", Kind.TIMESTAMP: "timestamp"}.get(self.kind) or self.name or self.kind.value
        if not self.parameters:
            return name
        return f"{name}({', '.join(map(str, self.parameters))})"


DYN = Type(Kind.DYN)
ERROR = Type(Kind.ERROR)
NULL = Type(Kind.NULL)
BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
UINT = Type(Kind.UINT)
DOUBLE = Type(Kind.DOUBLE)
STRING = Type(Kind.STRING)
BYTES = Type(Kind.BYTES)
DURATION = Type(Kind.DURATION)
TIMESTAMP = Type(Kind.TIMESTAMP)
TYPE = Type(Kind.TYPE)


def list_of(element: Type) -> Type:
    return Type(Kind.LIST, parameters=(element,))


def map_of(key: Type, value: Type) -> Type:
    return Type(Kind.MAP, parameters=(key, value))


def type_of(of: Type) -> Type:
    return Type(Kind.TYPE, parameters=(of,))


def optional(of: Type) -> Type:
    return Type(Kind.OPAQUE, "optional_type", (of,))


def opaque(name: str, *parameters: Type) -> Type:
    return Type(Kind.OPAQUE, name, parameters)


def object_(name: str) -> Type:
    return Type(Kind.OBJECT, name)


def param(name: str) -> Type:
    return Type(Kind.PARAM, name)


def wrapper(of: Type) -> Type:
    return Type(Kind.WRAPPER, parameters=(of,))


@dataclasses.dataclass(frozen=True, slots=True)
class FieldType:
    type: Type
    key: str
    """In the tree; an expression may have to escape it (`a__dot__b` for `a.b`)."""
    adapt: Callable[[Any], Any] | None = None
    """Makes the CEL value of what stands in the tree, where that is not the same: a time from its text."""


class Provider(Protocol):
    """Knows the named types.  A value of an object type is a mapping."""

    def find(self, name: str) -> Type | None:
        """The object type of that name; None when there is none."""
        ...

    def field(self, type_name: str, field: str) -> FieldType | None: ...

    def fields(self, type_name: str) -> tuple[str, ...]:
        """All of them, as expressions write them; for object construction."""
        ...


class NoTypes:
    def find(self, name: str) -> Type | None:
        return None

    def field(self, type_name: str, field: str) -> FieldType | None:
        return None

    def fields(self, type_name: str) -> tuple[str, ...]:
        return ()
