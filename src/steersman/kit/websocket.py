"""WebSocket messages of aiohttp as messages of a `kit.http.Channel`, whichever side of the connection this is.

A text message stays one on its way through: it is `http.Text`, bytes that were and will be sent as text.
"""

import asyncio
from typing import TypeAlias

import aiohttp
from aiohttp import web

from steersman.kit import http

Socket: TypeAlias = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


def data(message: aiohttp.WSMessage) -> bytes | None:
    """What a message carries; None for what is no data, which is the end of the connection."""
    if message.type is aiohttp.WSMsgType.BINARY:
        return bytes(message.data)
    if message.type is aiohttp.WSMsgType.TEXT:
        return http.Text(message.data.encode())
    return None


async def send(socket: Socket, message: bytes) -> None:
    if isinstance(message, http.Text):
        await socket.send_str(message.decode())
    else:
        await socket.send_bytes(message)


async def pump(socket: Socket, channel: http.Channel) -> None:
    """Messages both ways until either side closes; closes both."""

    async def out() -> None:
        while (message := await channel.receive()) is not None:
            await send(socket, message)
        await socket.close()

    sender = asyncio.get_running_loop().create_task(out(), name="websocket sender")
    try:
        async for message in socket:
            received = data(message)
            if received is not None:
                await channel.send(received)
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
        await socket.close()
        await channel.close()
