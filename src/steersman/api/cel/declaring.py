"""What an OpenAPI schema declares of a value, as far as expressions see it: its kind, fields and largest size.

Fields whose schema shows nothing (unknown fields, arrays of those) are not there.  A name that is no CEL identifier
is escaped: `a.b` is `a__dot__b`, `for` is `__for__`.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]
MAX_REQUEST = 3 * 1024 * 1024
MAX_DURATION, MAX_MOMENT, DATE_SIZE = 32, 32, 12
MIN_DURATION, MIN_MOMENT, MIN_STRING, MIN_BOOL, MIN_NUMBER = 3, 21, 2, 4, 1
RESERVED = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
_ESCAPED = re.compile(r"__|[^a-zA-Z0-9_]")
_SIGNS = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """What a schema declares."""

    kind: str
    """bool, int, double, string, bytes, duration, timestamp, dyn, list, map or object."""
    schema: Schema
    max_elements: int = 0
    min_size: int = 0
    fields: Mapping[str, "Declared"] | None = None
    """Of an object, by escaped name."""
    keys: Mapping[str, str] | None = None
    """The names in the tree, by escaped name."""
    element: "Declared | None" = None
    """Of a list or map."""

    @property
    def max_cardinality(self) -> int:
        """How often a value of this size fits into a request."""
        return MAX_REQUEST // (self.min_size + 1)


def escape(name: str) -> str | None:
    """A property's name as an expression writes it; None where it cannot."""
    if not name or name[0].isdigit():
        return None
    if name in RESERVED:
        return f"__{name}__"
    if any(sign not in _SIGNS for sign in _ESCAPED.findall(name)):
        return None
    return _ESCAPED.sub(lambda match: _SIGNS[match[0]], name)


def declare(schema: Schema | None, *, is_root: bool = False) -> Declared | None:
    """None where expressions see nothing of a value."""
    if not isinstance(schema, Mapping):
        return None
    if schema.get("x-kubernetes-int-or-string"):
        longest = schema.get("maxLength")
        return Declared("dyn", schema, MAX_REQUEST - 2 if longest is None else max(longest, 0) * 4, 1)
    if is_root or schema.get("x-kubernetes-embedded-resource"):
        schema = with_type_meta(schema)
    make = _MAKERS.get(schema.get("type") or "")
    return None if make is None else make(schema)


def with_type_meta(schema: Schema) -> Schema:
    """The schema with the fields that rules may ask of every resource."""
    text = {"type": "string"}
    metadata = {"type": "object", "properties": {"name": text, "generateName": text}}
    properties = dict(schema.get("properties") or {})
    given = properties.get("metadata") or {}
    known = given.get("properties") or {}
    whole = (
        all((properties.get(name) or {}).get("type") == "string" for name in ("kind", "apiVersion"))
        and given.get("type") == "object"
        and all((known.get(name) or {}).get("type") == "string" for name in ("name", "generateName"))
    )
    if whole:
        return schema
    return {**schema, "properties": {**properties, "kind": text, "apiVersion": text, "metadata": metadata}}


def _array(schema: Schema) -> Declared | None:
    element = declare(schema.get("items"))
    if element is None:
        return None
    most = schema.get("maxItems")
    limit = (MAX_REQUEST - 2) // (element.min_size + 1) if most is None else max(most, 0)
    return Declared("list", schema, limit, 2, element=element)


def _object(schema: Schema) -> Declared | None:
    additional = schema.get("additionalProperties")
    if isinstance(additional, Mapping):
        element = declare(additional)
        if element is None:
            return None
        most = schema.get("maxProperties")
        limit = (MAX_REQUEST - 2) // (element.min_size + 6) if most is None else max(most, 0)
        return Declared("map", schema, limit, 2, element=element)
    fields: dict[str, Declared] = {}
    keys: dict[str, str] = {}
    required, smallest = set(schema.get("required") or ()), 2
    for name, child in (schema.get("properties") or {}).items():
        declared = declare(child)
        if declared is None:
            continue
        escaped = escape(name)
        if escaped is not None:
            fields[escaped], keys[escaped] = declared, name
        if name in required and child.get("default") is None:
            smallest += len(name.encode()) + declared.min_size + 4
    return Declared("object", schema, 0, smallest, fields, keys)


def _string(schema: Schema) -> Declared | None:
    format, longest = schema.get("format") or "", schema.get("maxLength")
    if format == "duration":
        return Declared("duration", schema, MAX_DURATION, MIN_DURATION)
    if format == "date":
        return Declared("timestamp", schema, DATE_SIZE, DATE_SIZE)
    if format == "date-time":
        return Declared("timestamp", schema, MAX_MOMENT, MIN_MOMENT)
    if format == "byte":
        return Declared("bytes", schema, MAX_REQUEST - 2 if longest is None else max(longest, 0), MIN_STRING)
    if longest is not None:
        limit = max(longest, 0) * 4
    elif schema.get("enum"):
        limit = max((len(each.encode()) for each in schema["enum"] if isinstance(each, str)), default=0)
    else:
        limit = MAX_REQUEST - 2
    return Declared("string", schema, limit, MIN_STRING)


def _scalar(kind: str, smallest: int) -> Callable[[Schema], Declared]:
    return lambda schema: Declared(kind, schema, 0, smallest)


_MAKERS: Mapping[str, Callable[[Schema], Declared | None]] = {
    "array": _array, "object": _object, "string": _string, "boolean": _scalar("bool", MIN_BOOL),
    "number": _scalar("double", MIN_NUMBER), "integer": _scalar("int", MIN_NUMBER),
}  # fmt: skip
