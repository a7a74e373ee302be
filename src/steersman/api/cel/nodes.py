"""Types for CEL from the API's own types, made as they are asked for: some contain themselves.

    known = NodeTypes(schema.node_of(resource), "Pod")      # a types.Provider
    env = BASE.extended(variables={"object": known.root}, provider=known)

For checking expressions only: values are not adapted.  See `schemas` for types from OpenAPI schemas.
"""

from steersman.api.cel import schemas
from steersman.api.schema.node import Node
from steersman.cel import types

_PLAIN = {
    "string": types.STRING, "quantity": types.STRING, "duration": types.STRING, "integer": types.INT,
    "number": types.DOUBLE, "boolean": types.BOOL, "bytes": types.BYTES, "time": types.TIMESTAMP,
    "micro-time": types.TIMESTAMP,
}  # fmt: skip


class NodeTypes:
    """The object types below a type, named by their place.  A types.Provider."""

    def __init__(self, node: Node, name: str) -> None:
        self._known: dict[str, Node] = {}
        self.root = self._typed(node, name)

    def _typed(self, node: Node | None, name: str) -> types.Type:
        if node is None:
            return types.DYN
        if node.kind == "object":
            self._known[name] = node
            return types.object_(name)
        if node.kind == "list":
            return types.list_of(self._typed(node.item, f"{name}.@idx"))
        if node.kind == "map":
            return types.map_of(types.STRING, self._typed(node.item, f"{name}.@elem"))
        return _PLAIN.get(node.kind, types.DYN)

    def find(self, name: str) -> types.Type | None:
        return types.object_(name) if name in self._known else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        node = self._known.get(type_name)
        if node is None:
            return None
        for name, child in node.fields.items():
            if field in (name, schemas.escape(name)):
                return types.FieldType(self._typed(child, f"{type_name}.{field}"), name)
        return None

    def fields(self, type_name: str) -> tuple[str, ...]:
        node = self._known.get(type_name)
        return tuple(schemas.escape(name) or name for name in node.fields) if node is not None else ()
