"""Pruning and defaulting along a structural schema.

Both copy the path of what they change and share the rest.  Pruning drops what the schema does not name, unless
it says to keep it, and nulls where null may not be and no default stands in for it; defaulting fills in what is
absent, and what is null where null may not be.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api import codec
from steersman.api import schema as schemas
from steersman.api.schema.node import Node
from steersman.api.validation.customresources.values import Schema, below

META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_ROOT = ("apiVersion", "kind", "metadata")
_EMPTY: Schema = {}
_DEEP = frozenset({float, dict, list})
"""What may be or hold a number with a fraction."""


def pruned(value: Any, schema: Schema, unknown: list[str]) -> Any:
    """An object without what its schema does not know; the paths of what went are added to `unknown`."""
    return _object(value, schema, "", unknown, root=True)


def pruned_value(value: Any, schema: Schema, unknown: list[str]) -> Any:
    """The same for a value inside of an object."""
    return _prune(value, schema, "", unknown)


def _prune(value: Any, schema: Schema | None, path: str, unknown: list[str]) -> Any:
    if isinstance(value, dict):
        root = schema is not None and bool(schema.get("x-kubernetes-embedded-resource"))
        return _object(value, schema or _EMPTY, path, unknown, root)
    if isinstance(value, list):
        if schema is not None and "items" not in schema and schema.get("x-kubernetes-preserve-unknown-fields"):
            return value
        items = schema.get("items") if schema is not None else None
        known = items if isinstance(items, Mapping) else None
        made = [_prune(each, known, f"{path}[{index}]", unknown) for index, each in enumerate(value)]
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    return value


def _object(value: dict[str, Any], schema: Schema, path: str, unknown: list[str], root: bool) -> Any:
    keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    properties: Schema = schema.get("properties") or _EMPTY
    additional = schema.get("additionalProperties")
    out: dict[str, Any] | None = None
    for name, child in value.items():
        made, known = child, properties.get(name)
        if root and name in _ROOT:
            if path and name == "metadata" and isinstance(child, dict):
                made = _metadata(child, f"{path}.metadata", unknown)
        else:
            where = below(path, name)
            if known is None and isinstance(additional, Mapping):
                known = additional
            if known is not None:
                # What is named below what is kept is pruned by its own schema again.
                made = _prune(child, known, where, unknown)
            elif additional is True:
                made = _prune(child, None, where, unknown)
            elif not keep:
                unknown.append(where)
                out = dict(value) if out is None else out
                del out[name]
                continue
        if made is None and known is not None and not known.get("nullable") and known.get("default") is None:
            out = dict(value) if out is None else out
            del out[name]
        elif made is not child:
            out = dict(value) if out is None else out
            out[name] = made
    return value if out is None else out


def _metadata(value: dict[str, Any], path: str, unknown: list[str]) -> Any:
    """The metadata of an embedded resource."""
    node: Node = schemas.definition(META)
    try:
        accepted = codec.accept(node, value)
    except codec.DecodeError:
        return value  # told by validation
    prefix, end = 'unknown field "', '"'
    unknown += [f"{path}.{each.removeprefix(prefix).removesuffix(end)}" for each in accepted.problems]
    return accepted.tree


def plain_numbers(value: Any) -> Any:
    """The value with 2 for 2.0, as Go writes it."""
    kind = type(value)
    if kind is float:
        return int(value) if abs(value) < 1e21 and value.is_integer() else value
    if kind is dict:
        out = None
        for key, each in value.items():
            if type(each) in _DEEP:
                made = plain_numbers(each)
                if made is not each:
                    out = dict(value) if out is None else out
                    out[key] = made
        return value if out is None else out
    if kind is list and any(type(each) in _DEEP for each in value):
        items = [plain_numbers(each) for each in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def has_defaults(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    if "default" in schema:
        return True
    children = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(has_defaults(each) for each in children)


def defaulted(value: Any, schema: Schema) -> Any:
    """The value with the schema's defaults."""
    if isinstance(value, dict):
        return _defaulted(value, schema)
    items = schema.get("items")
    if isinstance(value, list) and isinstance(items, Mapping):
        made = [defaulted(_copied(items["default"]) if _wants_default(each, items) else each, items) for each in value]
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    return value


def _wants_default(value: Any, schema: Schema) -> bool:
    return value is None and not schema.get("nullable") and schema.get("default") is not None


def _defaulted(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    out = value
    properties: Schema = schema.get("properties") or _EMPTY
    additional = schema.get("additionalProperties")

    def put(name: str, made: Any) -> None:
        nonlocal out
        if out is value:
            out = dict(value)
        out[name] = made

    for name, child in properties.items():
        if child.get("default") is not None and (name not in out or _wants_default(out[name], child)):
            put(name, _copied(child["default"]))
        present = out.get(name)
        if present is not None:
            made = defaulted(present, child)
            if made is not present:
                put(name, made)
    if isinstance(additional, Mapping):
        for name, present in value.items():
            if name not in properties:
                first = _copied(additional["default"]) if _wants_default(present, additional) else present
                made = defaulted(first, additional)
                if made is not present:
                    put(name, made)
    return out


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
