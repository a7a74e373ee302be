"""Texts to trees: JSON and YAML.

YAML costs a hundred times what JSON costs, so a text that is JSON is never read as YAML, whatever its media type
says.
"""

from typing import Any

import msgspec

from steersman.api.codec import go_json, sizes
from steersman.api.codec.errors import DecodeError


def decode_json(body: bytes) -> Any:
    """Raises DecodeError with the text of Go's scanner, or the 413 StatusError of too many values."""
    sizes.check(body)
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
        sizes.check(body)
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # flow-style YAML, perhaps
    from steersman.api.codec import go_yaml

    return go_yaml.decode(body, problems)
