"""Trees to messages: the fields that the tree has, in the order of their numbers, maps by their keys.

The tree is one of ours: walked along its type and canonical.  One that is not makes ValueError, TypeError or
AttributeError, which are faults, not refusals.
"""

import binascii
import struct
from collections.abc import Callable
from typing import Any

import msgspec

from steersman.api import times
from steersman.api.codec.protobuf import plan as plans
from steersman.api.codec.protobuf import wire
from steersman.api.codec.protobuf.plan import Field, Plan
from steersman.api.tree import Tree

_Value = Callable[[Any, Any], bytes]
_Writer = Callable[[list[bytes], bytes, Any, Any, Any], None]
_Entry = tuple[str, bytes, _Writer, Any, Any]
"""The field's name, its tag, how it is written, how a value of it is, and what that needs to know."""


def message(plan: Plan, tree: Tree) -> bytes:
    """Raises NoProtobuf."""
    entries: list[_Entry] | None = plan.writes
    if entries is None:
        entries = plan.writes = [_entry(field) for field in plan.fields]
    parts: list[bytes] = []
    for name, tag, write, value, of in entries:
        if not name:
            write(parts, tag, tree, value, of)
            continue
        found = tree.get(name)
        if found is not None:
            write(parts, tag, found, value, of)
    return b"".join(parts)


def _one(parts: list[bytes], tag: bytes, found: Any, value: _Value, of: Any) -> None:
    made = value(found, of)
    parts += (tag, wire.number(len(made)), made)


def _scalar(parts: list[bytes], tag: bytes, found: Any, value: _Value, of: Any) -> None:
    parts += (tag, value(found, of))


def _list(parts: list[bytes], tag: bytes, found: Any, value: _Value, of: Any) -> None:
    for item in found:
        made = value(item, of)
        parts += (tag, wire.number(len(made)), made)


def _scalars(parts: list[bytes], tag: bytes, found: Any, value: _Value, of: Any) -> None:
    for item in found:
        parts += (tag, value(item, of))


def _map(parts: list[bytes], tag: bytes, found: Any, value: _Value, of: Any) -> None:
    for key in sorted(found):
        made = wire.field(1, key.encode()) + wire.field(2, value(found[key], of))
        parts += (tag, wire.number(len(made)), made)


def _nested(parts: list[bytes], tag: bytes, found: Any, value: _Value, of: Any) -> None:
    """An embedded struct is no pointer, so it is written even when it is empty."""
    _one(parts, tag, found, value, of)


def _text(value: Any, _: Any) -> bytes:
    text: str = value
    return text.encode("utf-8", "surrogatepass")


def _object(value: Any, of: Any) -> bytes:
    return message(of, value or {})


def _bytes(value: Any, _: Any) -> bytes:
    return binascii.a2b_base64(value)


def _quantity(value: Any, _: Any) -> bytes:
    return wire.field(1, str(value).encode())


def _int_or_string(value: Any, _: Any) -> bytes:
    if isinstance(value, str):
        return b"\x08\x01\x10\x00" + wire.field(3, value.encode())
    return b"\x08\x00\x10" + wire.number(value) + b"\x1a\x00"


def _time(value: Any, _: Any) -> bytes:
    """A canonical time, to the second or with six digits after it."""
    if value is None:
        return b""
    seconds = int(times.parse(value[:19] + "Z"))
    nanos = int(value[20:26]) * 1000 if len(value) == 27 else 0
    return b"\x08" + wire.number(seconds) + b"\x10" + wire.number(nanos)


def _any(value: Any, _: Any) -> bytes:
    return wire.field(1, msgspec.json.encode(value))


def _wrapped(value: Any, _: Any) -> bytes:
    return b"".join(wire.field(1, _text(item, None)) for item in value or ())


def _schema_or_array(value: Any, of: Any) -> bytes:
    return message(of, {"schemas": value} if isinstance(value, list | tuple) else {"schema": value})


def _schema_or_bool(value: Any, of: Any) -> bytes:
    return message(of, {"allows": value} if isinstance(value, bool) else {"allows": True, "schema": value})


def _schema_or_strings(value: Any, of: Any) -> bytes:
    return message(of, {"property": value} if isinstance(value, list | tuple) else {"schema": value})


def _number(value: Any, _: Any) -> bytes:
    return wire.number(value)


def _boolean(value: Any, _: Any) -> bytes:
    return b"\x01" if value else b"\x00"


def _float(value: Any, _: Any) -> bytes:
    return struct.pack("<d", value)


_VALUES: dict[str, _Value] = {
    "string": _text,
    "object": _object,
    "bytes": _bytes,
    "quantity": _quantity,
    "int-or-string": _int_or_string,
    "time": _time,
    "micro-time": _time,
    "any": _any,
    "integer": _number,
    "boolean": _boolean,
    "number": _float,
    plans.WRAPPED: _wrapped,
    "JSONSchemaPropsOrArray": _schema_or_array,
    "JSONSchemaPropsOrBool": _schema_or_bool,
    "JSONSchemaPropsOrStringArray": _schema_or_strings,
}
_SCALARS = {"integer": wire.VARINT, "boolean": wire.VARINT, "number": wire.FIXED64}


def _entry(field: Field) -> _Entry:
    kind = plans.WRAPPED if field.shape == plans.WRAPPED else field.kind
    scalar = _SCALARS.get(kind) if field.shape in (plans.ONE, plans.LIST) else None
    tag = wire.number(field.number << 3 | (wire.BYTES if scalar is None else scalar))
    write = _one if scalar is None else _scalar
    if field.shape == plans.LIST:
        write = _list if scalar is None else _scalars
    elif field.shape == plans.MAP:
        write = _map
    name = "" if field.shape == plans.NESTED else field.name
    return (name, tag, _nested if not name else write, _VALUES[kind], field.plan)
