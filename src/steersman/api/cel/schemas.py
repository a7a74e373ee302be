"""Types for CEL from OpenAPI schemas, and CEL values from trees that keep such a schema.

    declared = declare(schema, is_root=True)        # None where a schema shows nothing to expressions
    known = Types(declared, "self")                 # a types.Provider
    env = BASE.extended(variables={"self": known.root}, provider=known)
    checked = env.compile("self.spec.size < 3")
    estimate(checked, env, Sizes(declared))
    env.program(checked).evaluate({"self": value_of(declared, tree)})

A `Declared` is what a schema declares: a kind of type, how many elements a value has at most, how small it is in
JSON.  Fields whose schema shows nothing (unknown fields, arrays of those) are not there.  A name that is no CEL
identifier is escaped: `a.b` is `a__dot__b`, `for` is `__for__`.

Where a type needs another value than what stands in the tree, the field says so by `FieldType.adapt` (`adapting`).
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from steersman.api.cel import adapting
from steersman.cel import estimating, types

Schema = Mapping[str, Any]
value_of = adapting.value_of
"""The CEL value of what stands in a tree: `value_of(declared, value)`."""

MAX_REQUEST = 3 * 1024 * 1024
MAX_DURATION, MAX_MOMENT, DATE_SIZE = 32, 32, 12
MIN_DURATION, MIN_MOMENT, MIN_STRING, MIN_BOOL, MIN_NUMBER = 3, 21, 2, 4, 1
_RESERVED = frozenset({
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
})  # fmt: skip
_ESCAPED = re.compile(r"__|[^a-zA-Z0-9_]")
_SIGNS = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """What a schema declares.  `type` of an object is `types.DYN` here: its name is given by `Types`."""

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
    if name in _RESERVED:
        return f"__{name}__"
    if any(sign not in _SIGNS for sign in _ESCAPED.findall(name)):
        return None
    return _ESCAPED.sub(lambda match: _SIGNS[match[0]], name)


# From schemas to declarations


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
_PLAIN: Mapping[str, types.Type] = {
    "bool": types.BOOL, "int": types.INT, "double": types.DOUBLE, "string": types.STRING, "bytes": types.BYTES,
    "duration": types.DURATION, "timestamp": types.TIMESTAMP, "dyn": types.DYN,
}  # fmt: skip


# Types for the checker


class Types:
    """The object types below a declaration, named by their place: `self.spec.items.@idx`.  A types.Provider."""

    def __init__(self, declared: Declared, name: str = "selfType", *, keywords: bool = False) -> None:
        self._known: dict[str, Declared] = {}
        self._fields: dict[tuple[str, str], types.FieldType] = {}
        self._keywords = keywords
        """Whether `object.spec.namespace` may be written without escape."""
        self.root = self._typed(declared, name)

    def _typed(self, declared: Declared, name: str) -> types.Type:
        if declared.kind == "object":
            self._known[name] = declared
            return types.object_(name)
        if declared.kind == "list":
            assert declared.element is not None
            return types.list_of(self._typed(declared.element, f"{name}.@idx"))
        if declared.kind == "map":
            assert declared.element is not None
            return types.map_of(types.STRING, self._typed(declared.element, f"{name}.@elem"))
        return _PLAIN[declared.kind]

    def find(self, name: str) -> types.Type | None:
        return types.object_(name) if name in self._known else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        made = self._fields.get((type_name, field))
        if made is None:
            declared = self._known.get(type_name)
            if declared is None or declared.fields is None or declared.keys is None:
                return None
            name = field
            if name not in declared.fields and self._keywords and field in _RESERVED:
                name = f"__{field}__"
            child = declared.fields.get(name)
            if child is None:
                return None
            made = types.FieldType(
                self._typed(child, f"{type_name}.{name}"), declared.keys[name], adapting.adapter(child)
            )
            self._fields[type_name, field] = made
        return made

    def fields(self, type_name: str) -> tuple[str, ...]:
        declared = self._known.get(type_name)
        return tuple(declared.fields or ()) if declared is not None else ()


# Sizes for the estimate


class Sizes:
    """How large what a path leads to is at most; an `estimating.Sizer`.

    Kubernetes takes every path to start at `self`, whatever its first step is.  The elements of a list that an
    expression computed have a path of that one step (`self.split(".").all(l, ...)`), and so count as large as
    `self` itself is.
    """

    def __init__(self, root: Declared) -> None:
        self._root = root

    def size(self, node: estimating.Node) -> estimating.Size | None:
        if not node.path:
            return None
        found: Declared | None = self._root
        for step in node.path[1:]:
            if found is None:
                return None
            if step in ("@items", "@values"):
                found = found.element
            elif step == "@keys":
                found = _KEY if found.kind == "map" else None
            else:
                found = (found.fields or {}).get(step)
        return None if found is None else estimating.Size(0, found.max_elements)


_KEY = Declared("string", {}, 0, MIN_STRING)
