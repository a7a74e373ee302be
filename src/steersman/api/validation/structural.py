"""Structural schemas: every field has a type, lists that are maps have keys, defaults are of their type.

What is checked is the part that a definition of everyday use meets; what needs a full JSON schema validator or
CEL (defaults that break patterns, rules) is checked where custom resources are served.
"""

from collections.abc import Iterator
from typing import Any

from steersman.api import field
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors

TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LIST_TYPES = ("atomic", "set", "map")
_EMPTY = {
    "root": "must not be empty at the root",
    "field": "must not be empty for specified object fields",
    "item": "must not be empty for specified array items",
}
_KINDS: dict[str, tuple[type, ...]] = {
    "array": (list,), "boolean": (bool,), "integer": (int,), "number": (int, float), "object": (dict,),
    "string": (str,),
}  # fmt: skip


def root(schema: Any, at: str, e: Errors) -> None:
    before = len(e)
    _structure(schema, "root", at, e)
    if len(e) == before:
        _defaults(schema, at, e)
    shape(schema, at, e)


def _children(schema: Any, at: str) -> Iterator[tuple[str, Any, str]]:
    """Level, schema and place of everything below."""
    for name, child in (schema.get("properties") or {}).items():
        yield "field", child, f"{at}.properties[{name}]"
    if isinstance(schema.get("additionalProperties"), dict):
        yield "field", schema["additionalProperties"], f"{at}.additionalProperties"
    if isinstance(schema.get("items"), dict):
        yield "item", schema["items"], f"{at}.items"


def shape(schema: Any, at: str, e: Errors) -> None:
    """What must be true of any schema: lists and known types."""
    for _, child, where in _children(schema, at):
        shape(child, where, e)
    items = schema.get("items")
    kind = schema.get("type") or ""
    if kind and kind not in TYPES:
        e.unsupported(f"{at}.type", kind, TYPES)
    _list(schema, items, kind, at, e)


def _list(schema: Any, items: Any, kind: str, at: str, e: Errors) -> None:
    list_type, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or []
    if list_type is not None and kind != "array":
        if not kind:
            e.required(f"{at}.type", "must be array if x-kubernetes-list-type is specified")
        else:
            e.invalid(f"{at}.type", kind, "must be array if x-kubernetes-list-type is specified")
    if kind == "array" and items is None:
        e.required(f"{at}.items", "must be specified")
    if list_type is not None:
        e.one_of(f"{at}.x-kubernetes-list-type", list_type, _LIST_TYPES)
    if keys and list_type != "map":
        place, why = f"{at}.x-kubernetes-list-type", "must be map if x-kubernetes-list-map-keys is non-empty"
        if list_type is None:
            e.required(place, why)
        else:
            e.invalid(place, list_type, why)
    if list_type == "map":
        if not keys:
            e.required(f"{at}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
        _map_items(items, keys, at, e)


def _map_items(items: Any, keys: list[str], at: str, e: Errors) -> None:
    if items is None:
        e.required(f"{at}.items", "must have a schema if x-kubernetes-list-type is map")
        return
    if (items.get("type") or "") != "object":
        why = "must be object if parent array's x-kubernetes-list-type is map"
        e.invalid(f"{at}.items.type", items.get("type") or "", why)
    known, needed = items.get("properties") or {}, items.get("required") or ()
    for key in keys:
        if known and key not in known:
            e.invalid(f"{at}.x-kubernetes-list-map-keys", keys, "entries must all be names of item properties")
        elif known and key not in needed and "default" not in known[key]:
            why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
            e.required(f"{at}.items.properties[{key}].default", why)


def _defaults(schema: Any, at: str, e: Errors) -> None:
    for _, child, where in _children(schema, at):
        _defaults(child, where, e)
    if "default" not in schema:
        return
    value, kind, allowed = schema["default"], schema.get("type") or "", schema.get("enum")
    found = _kind(value)
    if kind and not (isinstance(value, _KINDS.get(kind, ())) and (kind == "boolean" or not isinstance(value, bool))):
        why = f' in body must be of type {kind}: "{found}"'
        e.found.append(field.type_invalid(field.Path(f"{at}.default"), found, why))
    elif allowed is not None and value not in allowed:
        e.unsupported(f"{at}.default", value, [str(each) for each in allowed])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for name in ("string", "integer", "number", "array", "object"):
        if isinstance(value, _KINDS[name]):
            return name
    return "null"


def _structure(schema: Tree, level: str, at: str, e: Errors) -> None:
    kind = schema.get("type") or ""
    free = schema.get("x-kubernetes-preserve-unknown-fields") or schema.get("x-kubernetes-int-or-string")
    if not kind and (level == "root" or not free):
        e.required(f"{at}.type", _EMPTY[level])
    if level == "root" and kind and kind != "object":
        e.invalid(f"{at}.type", kind, "must be object at the root")
    for below, child, where in _children(schema, at):
        _structure(child, below, where, e)
