"""The OpenAPI v2 document as protobuf: the message `openapi.v2.Document` of github.com/google/gnostic.

kubectl reads /openapi/v2 in this form only.  Each table below is a message: what its fields are called in JSON,
their numbers, and how their values are written.  Fields that a message does not have are left out; those whose
name begins with `x-` go where the message keeps extensions.  Values of any type are written as YAML text, which
JSON is.
"""

import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from steersman.api.codec.protobuf import wire

Write: TypeAlias = Callable[[Any], bytes]
"""A value as the bytes inside its field."""


class Message:
    """`fields`: JSON name to number and how the value is written; `extensions`: the number of `x-` fields."""

    def __init__(self, extensions: int = 0) -> None:
        self.fields: dict[str, tuple[int, Callable[[int, Any], bytes]]] = {}
        self.extensions = extensions

    def __call__(self, value: Mapping[str, Any]) -> bytes:
        parts = []
        for name, each in value.items():
            known = self.fields.get(name)
            if known is not None:
                parts.append(known[1](known[0], each))
            elif self.extensions and name.startswith("x-"):
                parts.append(wire.field(self.extensions, _pair(name, _any(each))))
        return b"".join(parts)

    def has(self, fields: Mapping[str, tuple[int, Callable[[int, Any], bytes]]]) -> "Message":
        self.fields.update(fields)
        return self


def _any(value: Any) -> bytes:
    return wire.field(2, msgspec.json.encode(value) + b"\n")


def _pair(name: str, value: bytes) -> bytes:
    """A map is a list of names and values."""
    return wire.field(1, name.encode()) + wire.field(2, value)


def _text(number: int, value: str) -> bytes:
    return wire.field(number, value.encode("utf-8", "surrogatepass")) if value else b""


def _flag(number: int, value: bool) -> bytes:
    return wire.number(number << 3 | wire.VARINT) + b"\x01" if value else b""


def _whole(number: int, value: int) -> bytes:
    return wire.number(number << 3 | wire.VARINT) + wire.number(value) if value else b""


def _double(number: int, value: float) -> bytes:
    return wire.number(number << 3 | wire.FIXED64) + struct.pack("<d", value) if value else b""


def one(write: Write) -> Callable[[int, Any], bytes]:
    return lambda number, value: wire.field(number, write(value))


def each(write: Write) -> Callable[[int, Any], bytes]:
    return lambda number, value: b"".join(wire.field(number, write(item)) for item in value)


def named(write: Write) -> Callable[[int, Any], bytes]:
    """A map in a message of its own, which has nothing but the pairs."""
    return lambda number, value: wire.field(number, _pairs(1, value, write))


def _pairs(number: int, value: Mapping[str, Any], write: Write) -> bytes:
    return b"".join(wire.field(number, _pair(name, write(item))) for name, item in value.items())


def _inside(number: int, write: Write) -> Write:
    """The one field of a message that says which of several things it holds."""
    return lambda value: wire.field(number, write(value))


def _utf8(value: str) -> bytes:
    return value.encode()


def _additional(value: Any) -> bytes:
    return _flag(2, value) if isinstance(value, bool) else wire.field(1, schema(value))


def _types(value: Any) -> bytes:
    return b"".join(wire.field(1, item.encode()) for item in ([value] if isinstance(value, str) else value))


def _items(value: Any) -> bytes:
    return b"".join(wire.field(1, schema(item)) for item in ([value] if isinstance(value, Mapping) else value))


_texts, _default, _enum = each(_utf8), one(_any), each(_any)

schema = Message(extensions=31)
schema.has({
    "$ref": (1, _text), "format": (2, _text), "title": (3, _text), "description": (4, _text), "default": (5, _default),
    "multipleOf": (6, _double), "maximum": (7, _double), "exclusiveMaximum": (8, _flag), "minimum": (9, _double),
    "exclusiveMinimum": (10, _flag), "maxLength": (11, _whole), "minLength": (12, _whole), "pattern": (13, _text),
    "maxItems": (14, _whole), "minItems": (15, _whole), "uniqueItems": (16, _flag), "maxProperties": (17, _whole),
    "minProperties": (18, _whole), "required": (19, _texts), "enum": (20, _enum),
    "additionalProperties": (21, one(_additional)), "type": (22, one(_types)), "items": (23, one(_items)),
    "allOf": (24, each(schema)), "properties": (25, named(schema)), "discriminator": (26, _text),
    "readOnly": (27, _flag), "example": (30, one(_any)),
})  # fmt: skip

_BODY = Message(extensions=6).has({
    "description": (1, _text), "name": (2, _text), "in": (3, _text), "required": (4, _flag), "schema": (5, one(schema)),
})  # fmt: skip


def _plain(extensions: int, shift: int) -> Message:
    """A parameter that is no body; those that may be empty have one field more, and later numbers."""
    after: dict[str, Callable[[int, Any], bytes]] = {
        "type": _text, "format": _text, "items": one(_primitive), "collectionFormat": _text, "default": _default,
        "maximum": _double, "exclusiveMaximum": _flag, "minimum": _double, "exclusiveMinimum": _flag,
        "maxLength": _whole, "minLength": _whole, "pattern": _text, "maxItems": _whole, "minItems": _whole,
        "uniqueItems": _flag, "enum": _enum, "multipleOf": _double,
    }  # fmt: skip
    made = Message(extensions).has({
        "required": (1, _flag), "in": (2, _text), "description": (3, _text), "name": (4, _text),
    })  # fmt: skip
    if shift:
        made.has({"allowEmptyValue": (5, _flag)})
    return made.has({name: (number, write) for number, (name, write) in enumerate(after.items(), 5 + shift)})


_primitive = Message(extensions=18)
_primitive.has({
    "type": (1, _text), "format": (2, _text), "items": (3, one(_primitive)), "collectionFormat": (4, _text),
})  # fmt: skip
_PLAIN: Mapping[str, tuple[int, Message]] = {
    "header": (1, _plain(22, 0)), "formData": (2, _plain(23, 1)),
    "query": (3, _plain(23, 1)), "path": (4, _plain(22, 0)),
}  # fmt: skip


def _parameter(value: Mapping[str, Any]) -> bytes:
    if "$ref" in value:
        return wire.field(2, _text(1, value["$ref"]))
    if value["in"] == "body":
        return wire.field(1, wire.field(1, _BODY(value)))
    number, write = _PLAIN[value["in"]]
    return wire.field(1, wire.field(2, wire.field(number, write(value))))


_response = Message(extensions=5).has({"description": (1, _text), "schema": (2, one(_inside(1, schema)))})


def _responses(value: Mapping[str, Any]) -> bytes:
    return _pairs(1, value, _inside(1, _response))


_requirement = _inside(1, lambda pair: _pair(pair[0], _types(pair[1])))


def _security(value: Mapping[str, Any]) -> bytes:
    return b"".join(map(_requirement, value.items()))


_operation = Message(extensions=13).has({
    "tags": (1, _texts), "summary": (2, _text), "description": (3, _text), "operationId": (5, _text),
    "produces": (6, _texts), "consumes": (7, _texts), "parameters": (8, each(_parameter)),
    "responses": (9, one(_responses)), "schemes": (10, _texts), "deprecated": (11, _flag),
    "security": (12, each(_security)),
})  # fmt: skip
_path = Message(extensions=10).has({
    "$ref": (1, _text), "get": (2, one(_operation)), "put": (3, one(_operation)), "post": (4, one(_operation)),
    "delete": (5, one(_operation)), "options": (6, one(_operation)), "head": (7, one(_operation)),
    "patch": (8, one(_operation)), "parameters": (9, each(_parameter)),
})  # fmt: skip
_info = Message(extensions=7).has({"title": (1, _text), "version": (2, _text), "description": (3, _text)})
_api_key = Message(extensions=5).has({
    "type": (1, _text), "name": (2, _text), "in": (3, _text), "description": (4, _text),
})  # fmt: skip


def _paths(value: Mapping[str, Any]) -> bytes:
    return _pairs(2, value, _path)


document = Message(extensions=16).has({
    "swagger": (1, _text), "info": (2, one(_info)), "host": (3, _text), "basePath": (4, _text), "schemes": (5, _texts),
    "consumes": (6, _texts), "produces": (7, _texts), "paths": (8, one(_paths)), "definitions": (9, named(schema)),
    "security": (12, each(_security)), "securityDefinitions": (13, named(_inside(2, _api_key))),
})  # fmt: skip
"""Writes a whole document."""
