"""How an object is laid out in bytes, so that reads need not look into it.

    {"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"412","name":"a",...},"spec":...}
    |                  head                                      |rev|           tail             |
               |<- item_at

Of every resource the head is one constant: kind and apiVersion come first, then metadata, and in it
resourceVersion.  So a GET sends the stored bytes, an item of a built-in list (which carries neither kind nor
apiVersion) is `{` and the bytes from `item_at`, another revision is a new number between head and tail, and
another apiVersion of the same shape another constant in front.

Invariant: every value under a resource's prefix begins with that resource's head.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from steersman.api.tree import Tree

_encoder = msgspec.json.Encoder()
ROOT = "/registry/"
"""Where the keys of all objects begin."""
_START = len(b'{"metadata":{')
_REVISION = b'"metadata":{"resourceVersion":"'


class Layout:
    """The constants of one resource in one version."""

    __slots__ = ("api_version", "head", "head_length", "item_at", "kind")

    def __init__(self, kind: str, api_version: str) -> None:
        self.kind = kind
        self.api_version = api_version
        front = b'{"kind":%s,"apiVersion":%s,' % (_encoder.encode(kind), _encoder.encode(api_version))
        self.item_at = len(front)
        self.head = front + _REVISION
        self.head_length = len(self.head)

    def pack(self, tree: Tree) -> tuple[bytes, bytes]:
        """Head and tail of an object; its own kind, apiVersion and resourceVersion are not looked at.

        The metadata holds at least a name, so the tail never ends the metadata at once.
        """
        body: dict[str, Any] = {"metadata": None}
        body.update(tree)
        body.pop("kind", None)
        body.pop("apiVersion", None)
        metadata = dict(tree["metadata"])
        metadata.pop("resourceVersion", None)
        body["metadata"] = metadata
        return self.head, b'",' + _encoder.encode(body)[_START:]

    def tail(self, value: bytes, revision: int) -> bytes:
        return value[self.head_length + len(str(revision)) :]

    def item(self, value: bytes) -> bytes:
        """As an item of a list: without kind and apiVersion."""
        return b"{" + value[self.item_at :]

    def served_as(self, value: bytes, other: "Layout") -> bytes:
        """The same bytes under another apiVersion."""
        return other.head[: other.item_at] + value[self.item_at :]


def stamped(tree: Tree, revision: int, kind: str, api_version: str) -> dict[str, Any]:
    """The tree as a client sees it after a write: its type in front, its revision in it; the rest shared."""
    metadata: Mapping[str, Any] = tree["metadata"]
    out: dict[str, Any] = {"kind": kind, "apiVersion": api_version}
    out.update(tree)
    out["kind"], out["apiVersion"] = kind, api_version
    out["metadata"] = {**metadata, "resourceVersion": str(revision)}
    return out


def at_revision(value: bytes, old: int, new: int) -> bytes:
    """A stored object with another resourceVersion, in whatever version it is stored."""
    at = value.index(_REVISION) + len(_REVISION)
    return b"%b%d%b" % (value[:at], new, value[at + len(str(old)) :])


def encode(value: object) -> bytes:
    return _encoder.encode(value)


_decoder = msgspec.json.Decoder()


def decode(value: bytes) -> Any:
    """Of bytes that we stored ourselves: never refuses."""
    return _decoder.decode(value)
