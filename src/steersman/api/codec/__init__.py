"""Bytes of requests to trees, as the reference's decoders take them.

`decode_body` makes a tree of JSON or YAML; `accept` walks it once along its type.  What is wrong raises
`DecodeError` with Go's words; `api.status` errors are made of it by `into`, which does both for a resource.
"""

from steersman.api.codec.accept import Accepted, Way, accept, restored
from steersman.api.codec.decode import MEDIA_TYPES, decode_body
from steersman.api.codec.errors import DecodeError
from steersman.api.codec.into import FieldValidation, Received, into, no_conversion, other_kind
from steersman.api.codec.settle import settled
from steersman.api.codec.texts import decode_json, decode_yaml

__all__ = [
    "MEDIA_TYPES",
    "Accepted",
    "DecodeError",
    "FieldValidation",
    "Received",
    "Way",
    "accept",
    "decode_body",
    "decode_json",
    "decode_yaml",
    "into",
    "no_conversion",
    "other_kind",
    "restored",
    "settled",
]
