"""Reads the generated schema and makes nodes of it, each when it is first asked for.

The files are maps whose values stay packed until needed: loading takes a millisecond or two, and a process
that serves pods never unpacks what it does not serve.
"""

import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from steersman.api.resources import Resource
from steersman.api.schema.node import Node
from steersman.api.tree import Tree

_FOLDER = pathlib.Path(__file__).with_name("_generated")
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."

SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
    _META + "Time": "time",
    _META + "MicroTime": "micro-time",
    _META + "Duration": "duration",
    _META + "FieldsV1": "any",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool": "any",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray": "any",
}
"""Definitions that are not what their fields are, but have an encoding of their own."""

_SCALARS = {"string": "string", "integer": "integer", "boolean": "boolean", "number": "number"}


class SchemaMissing(Exception):
    """The generated schema is not there."""


def _read(file: str) -> dict[str, msgspec.Raw]:
    path = _FOLDER / file
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise SchemaMissing(f"{path} is missing: run `pip install .` or `make setup`, which generate it") from None
    return msgspec.msgpack.decode(data, type=dict[str, msgspec.Raw])


@functools.cache
def _packed() -> dict[str, msgspec.Raw]:
    return _read("schema.msgpack")


@functools.cache
def _texts() -> dict[str, msgspec.Raw]:
    return _read("descriptions.msgpack")


def names() -> Sequence[str]:
    """Every definition, sorted."""
    return list(_packed())


def openapi(name: str) -> Tree:
    """A definition as OpenAPI has it, without descriptions and with references by name.  Raises KeyError.

    The caller must not change it; its key `x` is not part of OpenAPI.
    """
    tree: dict[str, Any] = msgspec.msgpack.decode(_packed()[name])
    return tree


def descriptions(name: str) -> Mapping[str, str]:
    """Descriptions by field; the definition's own under the empty name."""
    texts: dict[str, str] = msgspec.msgpack.decode(_texts()[name])
    return texts


_nodes: dict[str, Node] = {}


def definition(name: str) -> Node:
    """The node of a definition, by its full name.  Raises KeyError where there is none."""
    node = _nodes.get(name)
    return node if node is not None else _define(name)


def node_of(resource: Resource) -> Node:
    """The node of a built-in resource's kind.  Raises KeyError for a custom one."""
    return definition(resource.schema)


class _Fields(Mapping[str, Node]):
    """The fields of a type, each made when first looked up, so that one type does not pull in all others."""

    __slots__ = ("_made", "_owner", "_properties")

    def __init__(self, owner: Node, properties: Mapping[str, Any]) -> None:
        self._owner = owner
        self._properties = properties
        self._made: dict[str, Node] = {}

    def __getitem__(self, name: str) -> Node:
        node = self._made.get(name)
        if node is None:
            node = self._made[name] = _of(self._properties[name], self._owner.go_names.get(name, ""))
        return node

    def get(self, name: str, default: Any = None) -> Any:
        node = self._made.get(name)
        if node is not None:
            return node
        return self[name] if name in self._properties else default

    def __contains__(self, name: object) -> bool:
        return name in self._properties

    def __iter__(self) -> Any:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)


def _define(name: str) -> Node:
    source = openapi(name)
    last, version = name.split(".")[-1], name.split(".")[-2]
    special = SPECIAL.get(name)
    node = Node(special or "object")
    _nodes[name] = node
    node.name = name
    node.go_type = last
    node.go_name = f"{version}.{last}"
    if special in ("quantity", "int-or-string", "time", "micro-time"):
        node.go_name = _SPECIAL_GO[special]
    if special == "any":
        node.preserve_unknown = True
        node.map_type = "atomic" if source.get("type") == "object" else ""
    elif special is None:
        extra = source.get("x", {})
        node.go_names = extra.get("g", {})
        node.embedded = extra.get("e", {})
        node.omitted = frozenset(extra.get("z", ()))
        node.zeros = extra.get("w", {})
        node.required = frozenset(source.get("required", ()))
        node.map_type = source.get("x-kubernetes-map-type", "")
        node.fields = _Fields(node, source.get("properties", {}))
    return node


_SPECIAL_GO = {
    "quantity": "resource.Quantity",
    "int-or-string": "intstr.IntOrString",
    "time": "v1.Time",
    "micro-time": "v1.MicroTime",
}


def _of(source: Mapping[str, Any], go_name: str = "") -> Node:
    """The node of a property, an item or a map's value."""
    ref = source.get("$ref")
    if ref is not None and not _FIELD_KEYS.intersection(source):
        return definition(ref)
    if ref is not None:
        return _variant(definition(ref), source)
    kind = source.get("type", "any")
    if kind == "array":
        node = Node("list")
        node.item = _of(source["items"], "" if go_name in _LIST_NAMES else go_name)
        node.go_name = go_name if go_name in _LIST_NAMES else f"[]{node.item.go_name}"
        node.list_type = source.get("x-kubernetes-list-type", "")
        node.list_keys = tuple(source.get("x-kubernetes-list-map-keys", ()))
    elif kind == "object":
        value = source.get("additionalProperties")
        if not value:
            node = Node("any")
            node.preserve_unknown = True
            return node
        node = Node("map")
        node.item = _of(value, "" if go_name.startswith("map[") else go_name)
        if node.item.kind == "quantity" and not go_name.startswith("map["):
            node.go_name = "v1.ResourceList"
        else:
            node.go_name = (go_name if go_name.startswith("map[") else "map[string]") + node.item.go_name
        node.map_type = source.get("x-kubernetes-map-type", "")
    else:
        shared = _scalar(kind, source.get("format", ""), go_name)
        if not _FIELD_KEYS.intersection(source):
            return shared
        return _variant(shared, source)
    _mark(node, source)
    return node


_LIST_NAMES = {"v1.ValidationRules"}
_FIELD_KEYS = {
    "default",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-strategy",
    "x-kubernetes-patch-merge-key",
}


@functools.cache
def _scalar(kind: str, format: str, go_name: str) -> Node:
    node = Node("bytes" if format == "byte" else _SCALARS.get(kind, "any"))
    node.format = format
    if kind == "integer":
        node.format = format or "int64"
    if go_name:
        node.go_name = go_name
    elif kind == "integer":
        node.go_name = node.format
    else:
        node.go_name = {"boolean": "bool", "number": "float64"}.get(kind, "[]uint8" if format == "byte" else kind)
    return node


def _variant(of: Node, source: Mapping[str, Any]) -> Node:
    """A type as one field has it: with a default, or patched in its own way.  Everything else is shared."""
    node = Node(of.kind)
    for slot in Node.__slots__:
        setattr(node, slot, getattr(of, slot))
    if isinstance(of.fields, _Fields):
        node.fields = of.fields
    _mark(node, source)
    return node


def _mark(node: Node, source: Mapping[str, Any]) -> None:
    node.default = source.get("default")
    if source.get("x-kubernetes-map-type"):
        node.map_type = source["x-kubernetes-map-type"]
    strategy = source.get("x-kubernetes-patch-strategy", "")
    if strategy:
        node.patch_strategies = frozenset(strategy.split(","))
    node.patch_key = source.get("x-kubernetes-patch-merge-key", "")


def zero(node: Node) -> Any:
    """What Go writes for an object of this type that nobody filled in.  The caller must not change it."""
    made = _zeros.get(node.name) if node.name else None
    if made is None:
        made = {name: filled(value) for name, value in node.zeros.items()}
        if node.name:  # a custom resource's types have none
            _zeros[node.name] = made
    return made


_zeros: dict[str, dict[str, Any]] = {}


def filled(value: Any) -> Any:
    """A value of `Node.zeros`: a scalar, or the zero of the struct that it names."""
    if isinstance(value, dict):
        special = SPECIAL.get(value["$ref"])
        return None if special == "any" else zero(definition(value["$ref"]))
    return value
