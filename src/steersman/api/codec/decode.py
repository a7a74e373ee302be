"""Bodies to trees by their media type.

YAML costs a hundred times what JSON costs, so a body that is JSON is never read as YAML, whatever its type
says.
"""

from typing import Any

import msgspec

from steersman.api import status
from steersman.api.codec import go_json
from steersman.api.codec.errors import DecodeError

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


def decode_json(body: bytes) -> Any:
    """Raises DecodeError with the text of Go's scanner."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text = go_json.explain(body) if not isinstance(error, RecursionError) else "exceeded max depth"
        if not text:  # sound for Go, which reads broken UTF-8 as U+FFFD
            try:
                return msgspec.json.decode(body.decode("utf-8", "replace"))
            except (msgspec.DecodeError, RecursionError):
                text = str(error)
        raise DecodeError(text) from None


def decode_yaml(body: bytes, problems: list[str] | None = None) -> Any:
    """The first document.  Keys that stand twice are told in `problems` where it is given.

    Raises DecodeError.
    """
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # flow-style YAML, perhaps
    from steersman.api.codec import go_yaml

    return go_yaml.decode(body, problems)
