"""The token in a WebSocket's sub-protocols, for browsers, which can set no header of their own.

    Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.<base64url of the token, unpadded>, v5.channel.k8s.io

Promised: the protocols that are offered on are those without the token, so that no answer and nobody whom the request
is passed on to sees it.  As in kube-apiserver another protocol must stand beside the token, for a browser takes only
an answer with a protocol that it offered.
"""

import base64
import re
from collections.abc import Mapping, Sequence

PREFIX = "base64url.bearer.authorization.k8s.io."
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class Malformed(Exception):
    """A token that cannot be read, more than one, or nothing beside it.  Says nothing of what it is."""


def is_websocket(headers: Mapping[str, str]) -> bool:
    """Whether the request asks for its connection to become a WebSocket."""
    return headers.get("upgrade", "").lower() == "websocket" and "upgrade" in headers.get("connection", "").lower()


def offered(headers: Mapping[str, str]) -> Sequence[str]:
    """The sub-protocols that a request offers, without what is a token."""
    return [name for name in _names(headers) if not name.startswith(PREFIX)]


def token(headers: Mapping[str, str]) -> str | None:
    """The token of a request that asks for a WebSocket; None where there is none.  Raises Malformed."""
    if "sec-websocket-protocol" not in headers or not is_websocket(headers):
        return None
    names = _names(headers)
    found = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
    if len(found) > 1:
        raise Malformed("more than one token")
    if not found or not found[0]:
        return None
    if len(names) == 1:
        raise Malformed("no other protocol beside the token")
    encoded = found[0]
    if not _BASE64URL.fullmatch(encoded):
        raise Malformed("the token is not base64url")
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        raise Malformed("the token is not base64url of UTF-8") from None


def _names(headers: Mapping[str, str]) -> Sequence[str]:
    header = headers.get("sec-websocket-protocol", "")
    return [name for name in (each.strip() for each in header.split(",")) if name]
