"""Messages to trees: one loop over the tags, and a small function for each kind of value.

What comes out is the tree that JSON of the same object would decode to, not yet walked along its type: zero
values that Go writes for every field are in it, and what Go writes in JSON for absent fields is not.  `accept`
does the rest.

Promised: unknown fields are passed over; lengths stay within their message; messages nest `DEPTH` deep at
most.  What is not so raises DecodeError.
"""

import binascii
import math
import struct
import time
from collections.abc import Callable
from typing import Any

from steersman.api.codec.errors import DecodeError
from steersman.api.codec.protobuf import plan as plans
from steersman.api.codec.protobuf import wire
from steersman.api.codec.protobuf.plan import Field, Plan
from steersman.api.codec.texts import decode_json

DEPTH = 200
_TEXT, _ONE, _OBJECT, _LIST, _MAP, _NESTED, _MANY, _NUMBER, _NUMBERS, _FLOAT = range(10)
_Value = Callable[[Any, bytes, int, int, int], Any]
_Entry = tuple[int, str, Any, Any]
"""What to do, the field's name, how to read a value, and what that needs to know."""


def message(plan: Plan, data: bytes) -> dict[str, Any]:
    """Raises DecodeError."""
    out: dict[str, Any] = {}
    try:
        _message(plan, data, 0, len(data), out, 0)
    except IndexError:
        raise DecodeError(wire.EOF) from None
    except RecursionError:
        raise DecodeError("exceeded max depth") from None
    return out


def _message(plan: Plan, data: bytes, at: int, end: int, out: dict[str, Any], depth: int) -> None:
    entries: dict[int, _Entry] | None = plan.reads
    if entries is None:
        entries = _prepare(plan)
    if depth > DEPTH:
        raise DecodeError("exceeded max depth")
    while at < end:
        tag = data[at]
        at += 1
        if tag > 0x7F:
            tag, at = wire.varint(data, at - 1)
        entry = entries.get(tag)
        if entry is None:
            at = _unknown(plan, tag, data, at, end)
            continue
        what, name, read, of = entry
        if what < _NUMBER:
            size = data[at]
            at += 1
            if size > 0x7F:
                size, at = wire.varint(data, at - 1)
            stop = at + size
            if stop > end:
                raise DecodeError(wire.EOF)
            if what == _TEXT:
                out[name] = str(data[at:stop], "utf-8", "replace")
            elif what == _OBJECT:
                into = out.get(name)
                if into is None:
                    into = out[name] = {}
                _message(of, data, at, stop, into, depth + 1)
            elif what == _ONE:
                out[name] = read(of, data, at, stop, depth)
            elif what == _LIST:
                items = out.get(name)
                if items is None:
                    items = out[name] = []
                items.append(read(of, data, at, stop, depth))
            elif what == _MAP:
                into = out.get(name)
                if into is None:
                    into = out[name] = {}
                _map_entry(into, entry, data, at, stop, depth)
            elif what == _NESTED:
                _message(of, data, at, stop, out, depth + 1)
            else:
                _packed(out.setdefault(name, []), entry, data, at, stop)
            at = stop
        elif what == _FLOAT:
            out[name] = _float(data, at)
            at += 8
        else:
            value = data[at]
            at += 1
            if value > 0x7F:
                value, at = wire.varint(data, at - 1)
            if what == _NUMBER:
                out[name] = read(value, of)
            else:
                out.setdefault(name, []).append(read(value, of))
    if at != end:
        raise DecodeError(wire.EOF)


def _unknown(plan: Plan, tag: int, data: bytes, at: int, end: int) -> int:
    number, kind = tag >> 3, tag & 7
    if not 0 < number < 1 << 29:
        raise DecodeError(f"proto: illegal tag {number} (wire type {tag})")
    if kind == wire.END_GROUP:
        raise DecodeError("proto: wiretype end group for non-group")
    for field in plan.fields:
        if field.number == number:
            name = field.name.lstrip("@")
            raise DecodeError(f"proto: wrong wireType = {kind} for field {name[:1].upper()}{name[1:]}")
    return wire.skip(tag, data, at, end)


def _map_entry(into: dict[str, Any], entry: _Entry, data: bytes, at: int, end: int, depth: int) -> None:
    _, _, read, of = entry
    key = ""
    value: Any = None
    while at < end:
        tag, at = wire.varint(data, at)
        if tag not in (0x0A, 0x12):
            at = wire.skip(tag, data, at, end)
            continue
        size, at = wire.varint(data, at)
        stop = at + size
        if stop > end:
            raise DecodeError(wire.EOF)
        if tag == 0x0A:
            key = str(data[at:stop], "utf-8", "replace")
        else:
            value = read(of, data, at, stop, depth)
        at = stop
    if at != end:
        raise DecodeError(wire.EOF)
    into[key] = value if value is not None else read(of, data, end, end, depth)


def _packed(into: list[Any], entry: _Entry, data: bytes, at: int, end: int) -> None:
    _, _, read, of = entry
    while at < end:
        value, at = wire.varint(data, at)
        into.append(read(value, of))
    if at != end:
        raise DecodeError(wire.EOF)


def _text(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    return str(data[at:end], "utf-8", "replace")


def _object(plan: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    out: dict[str, Any] = {}
    _message(plan, data, at, end, out, depth + 1)
    return out


def _bytes(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    return str(binascii.b2a_base64(data[at:end], newline=False), "ascii")


def _quantity(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    if at + 2 <= end and data[at] == 0x0A and data[at + 1] == end - at - 2:  # its one field and nothing else
        return str(data[at + 2 : end], "utf-8", "replace")
    return _fields(data, at, end)[0].get(1, b"").decode("utf-8", "replace")


def _int_or_string(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    texts, values = _fields(data, at, end)
    if values.get(1, 0):
        return texts.get(3, b"").decode("utf-8", "replace")
    return wire.signed(values.get(2, 0), 32)


def _moment(data: bytes, at: int, end: int) -> tuple[str, int] | None:
    """The time to the second, without its Z, and its nanoseconds; None is Go's zero time."""
    if at == end:
        return None
    values = _fields(data, at, end)[1]
    seconds = wire.signed(values.get(1, 0), 64)
    nanos = wire.signed(values.get(2, 0), 32)
    if seconds == _ZERO_TIME and not nanos:
        return None
    seconds += nanos // 1_000_000_000
    if not _YEAR_0 <= seconds < _YEAR_10000:
        raise DecodeError("Time.MarshalJSON: year outside of range [0,9999]")
    year, month, day, hour, minute, second = time.gmtime(seconds)[:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", nanos % 1_000_000_000


_YEAR_0, _YEAR_10000 = -62167219200, 253402300800
_ZERO_TIME = -62135596800


def _time(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    moment = _moment(data, at, end)
    return None if moment is None else f"{moment[0]}Z"


def _micro_time(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    moment = _moment(data, at, end)
    return None if moment is None else f"{moment[0]}.{moment[1] // 1000:06}Z"


def _any(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    """RawExtension, FieldsV1 and JSON carry JSON text."""
    raw = _fields(data, at, end)[0].get(1, b"")
    return decode_json(raw) if raw else None


def _wrapped(_: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    items: list[str] = []
    while at < end:
        tag, at = wire.varint(data, at)
        if tag != 0x0A:
            at = wire.skip(tag, data, at, end)
            continue
        size, at = wire.varint(data, at)
        if at + size > end:
            raise DecodeError(wire.EOF)
        items.append(str(data[at : at + size], "utf-8", "replace"))
        at += size
    return items


def _schema_or_array(plan: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    found = _object(plan, data, at, end, depth)
    return found.get("schemas") or found.get("schema")


def _schema_or_bool(plan: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    found = _object(plan, data, at, end, depth)
    return found["schema"] if "schema" in found else found.get("allows", False)


def _schema_or_strings(plan: Any, data: bytes, at: int, end: int, depth: int) -> Any:
    found = _object(plan, data, at, end, depth)
    return found.get("property") or found.get("schema")


def _fields(data: bytes, at: int, end: int) -> tuple[dict[int, bytes], dict[int, int]]:
    """A message of scalars, each by its number: what is bytes, and what is a number."""
    texts: dict[int, bytes] = {}
    values: dict[int, int] = {}
    while at < end:
        tag, at = wire.varint(data, at)
        kind = tag & 7
        if kind == wire.VARINT:
            values[tag >> 3], at = wire.varint(data, at)
        elif kind == wire.BYTES:
            size, at = wire.varint(data, at)
            if at + size > end:
                raise DecodeError(wire.EOF)
            texts[tag >> 3] = data[at : at + size]
            at += size
        else:
            at = wire.skip(tag, data, at, end)
    if at != end:
        raise DecodeError(wire.EOF)
    return texts, values


def _float(data: bytes, at: int) -> Any:
    try:
        value: float = struct.unpack_from("<d", data, at)[0]
    except struct.error:
        raise DecodeError(wire.EOF) from None
    if not math.isfinite(value):
        raise DecodeError(f"json: unsupported value: {value}")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def _boolean(value: int, bits: int) -> bool:
    return value != 0


def _integer(value: int, bits: int) -> int:
    return value if value < 0x80000000 else wire.signed(value, bits)


_VALUES: dict[str, _Value] = {
    "string": _text,
    "object": _object,
    "bytes": _bytes,
    "quantity": _quantity,
    "int-or-string": _int_or_string,
    "time": _time,
    "micro-time": _micro_time,
    "any": _any,
    plans.WRAPPED: _wrapped,
    "JSONSchemaPropsOrArray": _schema_or_array,
    "JSONSchemaPropsOrBool": _schema_or_bool,
    "JSONSchemaPropsOrStringArray": _schema_or_strings,
}


def _prepare(plan: Plan) -> dict[int, _Entry]:
    made: dict[int, _Entry] = {}
    for field in plan.fields:
        made.update(_entries(field))
    plan.reads = made
    return made


def _entries(field: Field) -> dict[int, _Entry]:
    tag, name = field.number << 3, field.name
    many = field.shape == plans.LIST
    if field.kind in ("integer", "boolean"):
        bits = 32 if field.format == "int32" else 64
        read = _integer if field.kind == "integer" else _boolean
        if not many:
            return {tag | wire.VARINT: (_NUMBER, name, read, bits)}
        return {tag | wire.VARINT: (_NUMBERS, name, read, bits), tag | wire.BYTES: (_MANY, name, read, bits)}
    if field.kind == "number":
        return {tag | wire.FIXED64: (_FLOAT, name, None, None)}
    what = {plans.LIST: _LIST, plans.MAP: _MAP, plans.NESTED: _NESTED}.get(field.shape, _ONE)
    if what == _ONE and field.kind in ("string", "object") and field.shape != plans.WRAPPED:
        what = _TEXT if field.kind == "string" else _OBJECT
    kind = plans.WRAPPED if field.shape == plans.WRAPPED else field.kind
    return {tag | wire.BYTES: (what, name, _VALUES[kind], field.plan)}
