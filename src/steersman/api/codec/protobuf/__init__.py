"""Kubernetes' protobuf, which Go clients send and, where they accept nothing else, want back.

`decode` makes of a message the tree that JSON of the same object would be after `accept`; `encode` makes the
message of such a tree.  Both go by the schema's nodes and the table in `numbers`; no class is generated.
`unwrapped`, `wrapped` and `frame` know what stands around messages, `kinds` which type a kind and version are.

Not promised: byte-for-byte what Go writes.  It writes zero values for every field that is no pointer; a field
that the tree does not have is left out here, which reads back the same.
"""

from typing import Any

from steersman.api.codec import sizes
from steersman.api.codec.errors import DecodeError
from steersman.api.codec.protobuf import kinds, plan, reading, writing
from steersman.api.codec.protobuf.envelope import PREFIX, Envelope, frame, unwrapped, wrapped
from steersman.api.codec.protobuf.plan import NoProtobuf
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree

__all__ = [
    "MEDIA_TYPE",
    "PREFIX",
    "Envelope",
    "NoProtobuf",
    "decode",
    "decode_body",
    "encode",
    "encode_body",
    "frame",
    "unwrapped",
    "wrapped",
]

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"


def decode(node: Node, data: bytes) -> Any:
    """The tree of an object's message, without kind and version.

    Raises the 413 StatusError of too many values, DecodeError, and NoProtobuf where the type has no protobuf form.
    """
    from steersman.api.codec.accept import accept

    tree = reading.message(plan.of(node), data)
    if len(data) > sizes.MAX_VALUES:
        sizes.check_tree(tree)
    return accept(node, tree, strict=False).tree


def decode_body(body: bytes) -> MutableTree:
    """The tree of a body whose kind is a built-in one.  Raises DecodeError."""
    found = unwrapped(body)
    try:
        node = kinds.node(found.api_version, found.kind)
    except NoProtobuf:
        raise DecodeError(f'no kind "{found.kind}" is registered for version "{found.api_version}"') from None
    return {"kind": found.kind, "apiVersion": found.api_version, **decode(node, found.raw)}


def encode(node: Node, tree: Tree, api_version: str, kind: str) -> bytes:
    """The body that is this object.  Raises NoProtobuf, and ValueError where the tree does not fit its type."""
    return wrapped(api_version, kind, writing.message(plan.of(node), tree))


def encode_body(tree: Tree) -> bytes:
    """The same for a tree that names its own kind, a list or a Status among them."""
    api_version, kind = tree.get("apiVersion") or "", tree.get("kind") or ""
    return encode(kinds.node(api_version, kind), tree, api_version, kind)
