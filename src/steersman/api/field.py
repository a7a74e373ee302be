"""Field errors: what is wrong with which field, in Kubernetes' words.

A validation returns a list of `FieldError`; an empty list is consent.  The texts are those of
`k8s.io/apimachinery/pkg/util/validation/field`, because people and programs match on them.
"""

import dataclasses
import enum
import json
from collections.abc import Iterable, Sequence
from typing import Any


class Type(enum.StrEnum):
    """The machine-readable cause, as it stands in `details.causes[].reason`."""

    NOT_FOUND = "FieldValueNotFound"
    REQUIRED = "FieldValueRequired"
    DUPLICATE = "FieldValueDuplicate"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    FORBIDDEN = "FieldValueForbidden"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"
    INTERNAL = "InternalError"
    TYPE_INVALID = "FieldValueTypeInvalid"


@dataclasses.dataclass(frozen=True, slots=True)
class FieldError:
    type: Type
    field: str
    message: str
    """The text without the field, as a cause carries it."""

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Path:
    """Where in an object: `Path("spec").child("ports").index(0)` reads `spec.ports[0]`."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Path({self._text!r})"

    def child(self, *names: str) -> "Path":
        return Path(".".join((self._text, *names)) if self._text else ".".join(names))

    def index(self, index: int) -> "Path":
        return Path(f"{self._text}[{index}]")

    def key(self, key: str) -> "Path":
        return Path(f"{self._text}[{key}]")


def quoted(value: Any) -> str:
    """A value as the messages show it: strings quoted, booleans and numbers bare, the rest as Go's JSON."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None:
        return "null"
    made = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return made.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def required(path: Path, detail: str = "") -> FieldError:
    return FieldError(Type.REQUIRED, str(path), "Required value" + (f": {detail}" if detail else ""))


def invalid(path: Path, value: Any, detail: str) -> FieldError:
    return FieldError(Type.INVALID, str(path), f"Invalid value: {quoted(value)}" + (f": {detail}" if detail else ""))


def type_invalid(path: Path, value: Any, detail: str) -> FieldError:
    text = f"Invalid value: {quoted(value)}" + (f": {detail}" if detail else "")
    return FieldError(Type.TYPE_INVALID, str(path), text)


def not_supported(path: Path, value: Any, supported: Iterable[str]) -> FieldError:
    listed = ", ".join(quoted(s) for s in supported)
    text = f"Unsupported value: {quoted(value)}" + (f": supported values: {listed}" if listed else "")
    return FieldError(Type.NOT_SUPPORTED, str(path), text)


def forbidden(path: Path, detail: str) -> FieldError:
    return FieldError(Type.FORBIDDEN, str(path), f"Forbidden: {detail}" if detail else "Forbidden")


def duplicate(path: Path, value: Any) -> FieldError:
    return FieldError(Type.DUPLICATE, str(path), f"Duplicate value: {quoted(value)}")


def not_found(path: Path, value: Any) -> FieldError:
    return FieldError(Type.NOT_FOUND, str(path), f"Not found: {quoted(value)}")


def too_long(path: Path, limit: int) -> FieldError:
    unit = "byte" if limit == 1 else "bytes"
    return FieldError(Type.TOO_LONG, str(path), f"Too long: may not be more than {limit} {unit}")


def too_many(path: Path, actual: int, limit: int) -> FieldError:
    unit = "item" if limit == 1 else "items"
    return FieldError(Type.TOO_MANY, str(path), f"Too many: {actual}: must have at most {limit} {unit}")


def internal(path: Path, detail: str) -> FieldError:
    return FieldError(Type.INTERNAL, str(path), f"Internal error: {detail}")


def summary(errors: Sequence[FieldError]) -> str:
    """All errors as one text: alone, or in brackets, each text once."""
    texts = list(dict.fromkeys(str(error) for error in errors))
    return texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
