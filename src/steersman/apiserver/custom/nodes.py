"""Structural schemas as nodes: what patches, apply and managed fields need to know of a type.

`fill` makes a node of a schema in place; `envelope` is the type that a body is first decoded as: metadata is
typed, everything else is kept as it is.
"""

import functools
from collections.abc import Mapping
from typing import Any

from steersman.api import schema as schemas
from steersman.api.schema.node import Node

META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_SCALARS = ("string", "integer", "number", "boolean")


def fill(node: Node, schema: Mapping[str, Any], *, root: bool = False) -> None:
    node.nullable = bool(schema.get("nullable"))
    node.default = schema.get("default")
    node.description = schema.get("description") or ""
    node.format = schema.get("format") or ""
    node.preserve_unknown = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    properties = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    kind = schema.get("type") or ""
    if root or schema.get("x-kubernetes-embedded-resource"):
        node.kind = "object"
        node.fields = {name: of(each) for name, each in properties.items()} | _type_meta()
    elif schema.get("x-kubernetes-int-or-string"):
        node.kind = "int-or-string"
    elif kind == "object" and properties:
        node.kind = "object"
        node.fields = {name: of(each) for name, each in properties.items()}
    elif kind == "object" and isinstance(additional, Mapping):
        node.kind = "map"
        node.item = of(additional)
    elif kind == "object" and not node.preserve_unknown and additional is not True:
        node.kind = "object"
    elif kind == "array":
        node.kind = "list"
        node.item = of(schema.get("items") or {})
        node.list_type = schema.get("x-kubernetes-list-type") or "atomic"
        node.list_keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    elif kind in _SCALARS:
        node.kind = kind
    else:
        node.kind = "any"
    node.map_type = schema.get("x-kubernetes-map-type") or ""
    node.required = frozenset(schema.get("required") or ())


def of(schema: Mapping[str, Any]) -> Node:
    node = Node("any")
    fill(node, schema)
    return node


def _type_meta() -> dict[str, Node]:
    return {"apiVersion": Node("string"), "kind": Node("string"), "metadata": schemas.definition(META)}


class _Open(dict[str, Node]):
    """Fields of a body of unknown shape: any name is there."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name, _ANY)


_ANY = Node("any")


@functools.cache
def envelope() -> Node:
    node = Node("object")
    node.fields = _Open(_type_meta())
    return node
