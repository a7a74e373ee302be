"""Whether a strategically patched tree is still an object of its type, in the words of Go's converter.

A strategic patch is made on maps and then turned into the type directly, not by the JSON decoder; so what
does not fit is told in words of its own (`unrecognized type: int32`, `cannot restore slice from map`).  Only
what the patch brought is looked at: what is shared with the original fitted before.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from steersman.api import quantity
from steersman.api.schema.node import Node


def misfit(new: Any, old: Any, node: Node | None) -> str | None:
    """Why a value does not fit its type; None where it does."""
    if new is old or new is None or node is None or node.kind in ("any", "int-or-string"):
        return None
    match node.kind:
        case "object" | "map":
            return _map(new, old, node)
        case "list":
            return _list(new, old, node)
        case "quantity":
            return _quantity(new)
        case "bytes":
            return _bytes(new)
        case "time" | "micro-time" | "duration":
            return None
    return _scalar(new, node)


def kind(value: Any) -> str:
    """The kind of Go value that a decoded JSON value is."""
    if isinstance(value, Mapping):
        return "map"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int):
        return "int64"
    return "float64" if isinstance(value, float) else "slice"


def _map(new: Any, old: Any, node: Node) -> str | None:
    if not isinstance(new, Mapping):
        struct = node.kind == "object"
        return f"cannot restore {'struct from:' if struct else 'map from'} {kind(new)}"
    before = old if isinstance(old, Mapping) else {}
    for name, item in new.items():
        found = misfit(item, before.get(name), node.child(name))
        if found:
            return found
    return None


def _list(new: Any, old: Any, node: Node) -> str | None:
    if not isinstance(new, list | tuple):
        return f"cannot restore slice from {kind(new)}"
    shared = {id(item) for item in old} if isinstance(old, list | tuple) else set()
    for item in new:
        found = None if id(item) in shared else misfit(item, None, node.item)
        if found:
            return found
    return None


def _quantity(new: Any) -> str | None:
    if isinstance(new, int | float) and not isinstance(new, bool):
        return None
    if not isinstance(new, str):
        return quantity.WRONG_FORMAT
    try:
        quantity.parse(new.strip())
    except ValueError as error:
        return str(error)
    return None


def _bytes(new: Any) -> str | None:
    if not isinstance(new, str):
        return f"cannot restore slice from {kind(new)}"
    try:
        base64.b64decode(new, validate=True)
    except binascii.Error:
        return "error decoding from base64"
    return None


def _scalar(new: Any, node: Node) -> str | None:
    """Simple types convert within their group only: texts, numbers, booleans."""
    wanted = {"string": "string", "boolean": "bool", "number": "float64"}.get(node.kind) or node.format or "int64"
    found = kind(new)
    if found == wanted or (found == "int64" and node.kind in ("integer", "number")):
        return None
    if found == "float64" and node.kind == "integer" and float(new).is_integer():
        return None
    if (found == "float64" and node.kind == "integer") or (found == "int64" and node.kind == "string"):
        return f"cannot convert {found} to {wanted}"
    return f"unrecognized type: {wanted}"
