"""What holds for any tree and for any bytes."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.api import codec, schema
from steersman.api.codec import protobuf
from steersman.api.codec.protobuf import plan
from steersman.api.schema.node import Node

FEW = settings(max_examples=150, deadline=None, derandomize=True, database=None)
TYPES = [
    name
    for name in schema.names()
    if schema.definition(name).kind == "object" and not name.endswith((".Patch", ".WatchEvent", ".Info"))
]
LEAVES: dict[str, list[Any]] = {
    "string": ["", "a", "ü\U0001f600", "x" * 200],
    "boolean": [True, False],
    "number": [0, 1, -2.5, 1e9],
    "quantity": ["100m", "1Gi", "0", "1500m"],
    "int-or-string": [0, 80, -1, "http", "50%"],
    "time": ["2026-05-01T12:00:00Z", "0999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", None],
    "micro-time": ["2026-05-01T12:00:00.000001Z", "9999-12-31T23:59:59.999999Z"],
    "bytes": ["", "AP8=", "YWJj"],
    "JSONSchemaPropsOrArray": [{}, {"type": "string"}, [{}, {"format": "x"}]],
    "JSONSchemaPropsOrBool": [True, False, {}, {"type": "string"}],
    "JSONSchemaPropsOrStringArray": [{"id": "i"}, ["a", ""]],
    "any": [{"a": [1, None, "x"]}, {}, {"b": 1.5}],
}


def anything(node: Node, choose: random.Random, depth: int) -> Any:
    """A value that the type takes; no empty map, which protobuf does not tell from none."""
    if node.kind == "integer":
        bits = 31 if node.format == "int32" else 63
        return choose.choice([0, 1, -1, 127, 128, (1 << bits) - 1, -(1 << bits)])
    if node.kind == "list":
        assert node.item is not None
        return [anything(node.item, choose, depth) for _ in range(choose.randrange(3))]
    if node.kind == "map":
        assert node.item is not None
        return {
            key: anything(node.item, choose, depth) for key in choose.sample(["a", "b/c", "é"], choose.randint(1, 2))
        }
    if node.kind != "object":
        return choose.choice(LEAVES.get(node.go_type) or LEAVES[node.kind])
    names = [name for name in node.fields if name not in ("kind", "apiVersion")]
    some = choose.sample(names, min(len(names), choose.randrange(5))) if depth else []
    return {name: anything(node.fields[name], choose, depth - 1) for name in some}


@FEW
@given(st.sampled_from(TYPES), st.integers(0, 1 << 32))
def test_what_is_written_is_read_as_it_was(name: str, seed: int) -> None:
    node = schema.definition(name)
    tree = anything(node, random.Random(seed), 4)
    if isinstance(tree.get("metadata"), dict) and not tree["metadata"].get("managedFields", True):
        del tree["metadata"]["managedFields"]  # an empty one means something in JSON, and cannot be said here
    accepted = codec.settled(node, codec.accept(node, tree, strict=False).tree)
    raw = protobuf.unwrapped(protobuf.encode(node, accepted, "v1", "X")).raw
    assert protobuf.decode(node, raw) == accepted


@FEW
@given(st.sampled_from(TYPES), st.binary(max_size=60))
def test_any_bytes_are_a_tree_or_refused(name: str, data: bytes) -> None:
    try:
        tree = protobuf.decode(schema.definition(name), data)
    except codec.DecodeError:
        return
    assert isinstance(tree, dict)


@FEW
@given(st.integers(0, 1 << 32), st.integers(0, 400), st.integers(0, 255))
def test_a_message_with_one_byte_changed_is_a_tree_or_refused(seed: int, at: int, byte: int) -> None:
    node = schema.definition("io.k8s.api.core.v1.Pod")
    tree = codec.accept(node, anything(node, random.Random(seed), 5), strict=False).tree
    raw = bytearray(protobuf.unwrapped(protobuf.encode(node, tree, "v1", "Pod")).raw)
    if raw:
        raw[at % len(raw)] = byte
    try:
        again = protobuf.decode(node, bytes(raw))
    except codec.DecodeError:
        return
    assert plan.of(node).fields
    assert isinstance(again, dict)
