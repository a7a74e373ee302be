"""Bodies to trees by their media type."""

from typing import Any

from steersman.api import status
from steersman.api.codec.texts import decode_json, decode_yaml

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
MEDIA_TYPES = (JSON, YAML, PROTOBUF)
"""What can be read."""

_YAML_TYPES = {YAML, "application/x-yaml", "text/yaml"}


def media_type(content_type: str) -> str:
    """One of `MEDIA_TYPES`; an empty type is JSON.  Raises a 415 StatusError for others."""
    name = content_type.partition(";")[0].strip().lower()
    if name in ("", JSON):
        return JSON
    if name in _YAML_TYPES:
        return YAML
    if name == PROTOBUF:
        return PROTOBUF
    raise status.unsupported_media_type(
        f"the body of the request was in an unknown format - accepted media types include: {', '.join(MEDIA_TYPES)}"
    )


def decode_body(content_type: str, body: bytes) -> Any:
    """The tree of a body.  Raises DecodeError, or a 415 StatusError.

    Of protobuf it is one of a built-in kind, and the kind and version that it names are in the tree.
    """
    media = media_type(content_type)
    if media == YAML:
        return decode_yaml(body)
    if media == PROTOBUF:
        from steersman.api.codec import protobuf

        return protobuf.decode_body(body)
    return decode_json(body)
