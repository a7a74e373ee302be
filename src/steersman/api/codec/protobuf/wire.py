"""The protobuf wire format: variable-length integers, tags, and the fields that one passes over.

Everything reads from one `bytes` at a position.  Reading past its end raises IndexError, which `reading` turns
into a DecodeError; reading past the end of a message inside it is seen by whoever knows that end.
"""

from steersman.api.codec.errors import DecodeError

VARINT, FIXED64, BYTES, START_GROUP, END_GROUP, FIXED32 = range(6)
EOF = "unexpected EOF"


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at a position, without a sign, and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift >= 64:
            raise DecodeError("proto: integer overflow")


def skip(tag: int, data: bytes, at: int, end: int) -> int:
    """The position after the field whose tag has been read."""
    depth = 0
    while True:
        kind = tag & 7
        if kind == VARINT:
            at = varint(data, at)[1]
        elif kind == FIXED64:
            at += 8
        elif kind == BYTES:
            size, at = varint(data, at)
            at += size
        elif kind == START_GROUP:
            depth += 1
        elif kind == END_GROUP:
            depth -= 1
            if depth < 0:
                raise DecodeError("proto: unexpected end of group")
        elif kind == FIXED32:
            at += 4
        else:
            raise DecodeError(f"proto: illegal wireType {kind}")
        if at > end:
            raise DecodeError(EOF)
        if not depth:
            return at
        tag, at = varint(data, at)


def signed(value: int, bits: int) -> int:
    """The lower bits of a number as two's complement, as Go assigns it."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def number(value: int) -> bytes:
    """A number as a varint; negative ones take ten bytes."""
    if 0 <= value < 0x80:
        return _SMALL[value]
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL = [bytes((value,)) for value in range(0x80)]


def field(number_: int, value: bytes) -> bytes:
    """A field of bytes: text or a message."""
    return number(number_ << 3 | BYTES) + number(len(value)) + value
