"""What stands around a message: the four bytes, the kind and version, and the frames of a watch.

A body is `k8s\\0` and a message of TypeMeta (apiVersion, kind), the object's bytes, and an encoding and a
content type that nobody fills in.  A watch sends the length of each event in four bytes and then the event,
whose object is a body of its own.
"""

import dataclasses

from steersman.api.codec.errors import DecodeError
from steersman.api.codec.protobuf import wire

PREFIX = b"k8s\0"


@dataclasses.dataclass(frozen=True, slots=True)
class Envelope:
    api_version: str
    kind: str
    raw: bytes
    """The object's message."""


def unwrapped(body: bytes) -> Envelope:
    """Raises DecodeError."""
    if not body:
        raise DecodeError("empty data")
    if not body.startswith(PREFIX):
        raise DecodeError(
            "provided data does not appear to be a protobuf message, expected prefix "
            f"[{' '.join(str(byte) for byte in PREFIX)}]"
        )
    if len(body) == len(PREFIX):
        raise DecodeError("empty body")
    try:
        outer = _parts(body, len(PREFIX), len(body))
        meta = outer.get(1, b"")
        inner = _parts(meta, 0, len(meta))
    except IndexError:
        raise DecodeError(wire.EOF) from None
    version, kind = (inner.get(number, b"").decode("utf-8", "replace") for number in (1, 2))
    return Envelope(version, kind, outer.get(2, b""))


def wrapped(api_version: str, kind: str, raw: bytes) -> bytes:
    meta = wire.field(1, api_version.encode()) + wire.field(2, kind.encode())
    return b"".join((PREFIX, wire.field(1, meta), wire.field(2, raw), b"\x1a\x00\x22\x00"))


def frame(type: str, body: bytes) -> bytes:
    """One event of a watch; `body` is the object with everything that stands around it."""
    event = wire.field(1, type.encode()) + wire.field(2, wire.field(1, body))
    return len(event).to_bytes(4, "big") + event


def _parts(data: bytes, at: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at < end:
        tag, at = wire.varint(data, at)
        if tag & 7 != wire.BYTES:
            at = wire.skip(tag, data, at, end)
            continue
        size, at = wire.varint(data, at)
        if at + size > end:
            raise DecodeError(wire.EOF)
        found[tag >> 3] = data[at : at + size]
        at += size
    return found
