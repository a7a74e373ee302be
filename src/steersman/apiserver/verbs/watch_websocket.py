"""A watch over a WebSocket: each event one message, for clients that ask for the connection to be upgraded.

JSON comes as text and protobuf as bytes, each message what would be one frame of the stream.  What the client sends is
read and not heeded; when it closes, the watch ends, and when the watch ends, the connection is closed with 1000.

As with kube-apiserver the client must say where it comes from (`Origin`), and offer at most one sub-protocol beside
its token: that one is answered, whatever it is.  What the watch is refused with comes before the upgrade, as an HTTP
answer; the watch itself begins after it, so that no watch is left behind by a connection that never was one.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from typing import cast

from steersman.apiserver.access import protocol_token
from steersman.apiserver.call import Call
from steersman.apiserver.http import negotiate, respond
from steersman.client.transport import WatchEvent
from steersman.kit import http

VERSION = "13"
_ORIGIN = re.compile(r"/|[A-Za-z][A-Za-z0-9+.-]*:.")


def asked_for(call: Call) -> bool:
    return protocol_token.is_websocket(call.request.headers)


def upgrade(call: Call, begin: Callable[[], Awaitable[http.Stream]]) -> http.Upgrade | http.Response:
    """The watch that `begin` makes, as messages; or the refusal of the handshake."""
    headers = call.request.headers
    offered = protocol_token.offered(headers)
    if not _is_key(headers.get("sec-websocket-key", "")):
        return respond.text("the Sec-WebSocket-Key is missing, or not 16 bytes in base64\n", 400)
    if headers.get("sec-websocket-version") != VERSION:
        answer = respond.text("missing or bad WebSocket Version\n", 400)
        answer.headers = (*answer.headers, ("Sec-WebSocket-Version", VERSION))
        return answer
    origin = headers.get("origin", "null")
    if origin == "null" or not _ORIGIN.match(origin):
        return respond.text("a watch over a WebSocket needs an Origin header with a URL\n", 403)
    if len(offered) > 1:
        return respond.text("a watch over a WebSocket takes no more than one sub-protocol\n", 400)
    message = _binary if call.accept.media == negotiate.PROTOBUF else _text

    async def serve(channel: http.Channel) -> None:
        await _copied(await begin(), channel, message)

    return http.Upgrade(offered[0] if offered else "", serve)


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (ValueError, binascii.Error):
        return False


async def _copied(stream: http.Stream, channel: http.Channel, message: Callable[[WatchEvent], bytes]) -> None:
    """Events to the client until the watch ends or the client has gone.  Raises ConnectionError then."""
    assert stream.events is not None
    listening = asyncio.get_running_loop().create_task(_until_closed(channel, stream), name="websocket watch listens")
    try:
        async for batch in stream.events:
            for event in batch:
                await channel.send(message(cast(WatchEvent, event)))
    finally:
        listening.cancel()
        (fault,) = await asyncio.gather(listening, return_exceptions=True)
        await stream.aclose()
    if isinstance(fault, Exception):
        raise fault


async def _until_closed(channel: http.Channel, stream: http.Stream) -> None:
    try:
        while await channel.receive() is not None:
            pass
    finally:
        await stream.aclose()  # the events end, and who sends them


def _text(event: WatchEvent) -> bytes:
    return http.Text(event.frame)


def _binary(event: WatchEvent) -> bytes:
    """A message says itself how long it is: the frame without the length in front."""
    from steersman.api.codec import protobuf

    return protobuf.frame(event.type, protobuf.encode_body(event.tree))[4:]
