"""A type as protobuf has it: its fields in the order of their numbers, and what each holds.

A plan is made from a `Node` (what the fields are) and from `numbers` when a type is first met, and kept.
Types that refer to themselves share their plans.  What `reading` and `writing` prepare from a plan they keep
on it.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import schema
from steersman.api.codec.protobuf import numbers
from steersman.api.codec.walk_state import JSON_SCHEMA
from steersman.api.schema.node import Node

ONE, LIST, MAP = "one", "list", "map"
NESTED = "nested"
"""An embedded struct: a message of its own here, its fields the object's own in JSON."""
WRAPPED = "wrapped"
"""A list of strings in a message of its own."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Field:
    name: str
    number: int
    shape: str
    kind: str
    """The kind of the value, of an item, or of a map's value: that of a `Node`, or `JSONSchemaPropsOr...`."""
    format: str = ""
    plan: "Plan | None" = None
    """Of what is a message with fields."""


class NoProtobuf(Exception):
    """The type has no protobuf form: a custom resource, a Table."""


class Plan:
    __slots__ = ("_fields", "_name", "_node", "reads", "writes")

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._name = name
        self._fields: Sequence[Field] | None = None
        self.reads: Any = None
        self.writes: Any = None

    def __repr__(self) -> str:
        return f"Plan({self._name})"

    @property
    def fields(self) -> Sequence[Field]:
        """In the order of their numbers.  Raises NoProtobuf."""
        if self._fields is None:
            self._fields = self._made()
        return self._fields

    def _made(self) -> Sequence[Field]:
        found = numbers.of(self._name)
        if found is None:
            raise NoProtobuf(self._name.rpartition(".")[2])
        fields = []
        for marked, number in sorted(found.items(), key=lambda pair: pair[1]):
            name = marked.rstrip("*")
            if name.startswith("@"):
                inner = Plan(self._node, f"{self._name.rpartition('.')[0]}.{name[1:]}")
                fields.append(Field(name, number, NESTED, "object", plan=inner))
            elif name in self._node.fields:
                fields.append(_field(name, number, self._node.fields[name], wrapped=marked != name))
        return fields


def of(node: Node) -> Plan:
    """The plan of an object's type.  Raises NoProtobuf."""
    if node.kind != "object" or not node.name:
        raise NoProtobuf(node.go_type or node.kind)
    plan = _plan(node)
    assert plan.fields is not None
    return plan


_plans: dict[str, Plan] = {}


def _plan(node: Node) -> Plan:
    plan = _plans.get(node.name)
    if plan is None:
        plan = _plans[node.name] = Plan(node, node.name)
    return plan


def _field(name: str, number: int, node: Node, *, wrapped: bool) -> Field:
    if wrapped:
        return Field(name, number, WRAPPED, "string")
    shape, item = ONE, node
    if node.kind in (LIST, MAP):
        assert node.item is not None
        shape, item = node.kind, node.item
    kind = WRAPPED if item.kind == "list" else item.kind
    if kind == "any" and item.name.startswith(JSON_SCHEMA + "Or"):
        return Field(name, number, shape, item.go_type, plan=_plan(_alternatives(item.name)))
    return Field(name, number, shape, kind, item.format, _plan(item) if kind == "object" else None)


def message(name: str, fields: Mapping[str, Node]) -> Node:
    """The node of a message that the schema does not have."""
    node = Node("object")
    node.name = name
    node.go_type = name.rpartition(".")[2]
    node.fields = fields
    return node


def list_of(item: Node) -> Node:
    node = Node("list")
    node.item = item
    return node


def _alternatives(name: str) -> Node:
    """A schema or something simpler, as the message that it is."""
    props = schema.definition(JSON_SCHEMA)
    fields = {
        "schema": props,
        "allows": Node("boolean"),
        "schemas": list_of(props),
        "property": list_of(Node("string")),
    }
    return message(name, fields)
