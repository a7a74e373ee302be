"""The plain answers of the kubelet's server."""

import msgspec

from steersman.kit import http


def text(status: int, message: str) -> http.Response:
    """Words, as Go's `http.Error` sends them."""
    return http.Response(status, "text/plain; charset=utf-8", (message.encode() + b"\n",))


def plain(body: bytes) -> http.Response:
    return http.Response(200, "text/plain; charset=utf-8", (body,))


def json(tree: object, status: int = 200) -> http.Response:
    return http.Response(status, "application/json", (msgspec.json.encode(tree),))
