"""A byte stream to a port of a pod: a socket made inside the pod's network namespace."""

import asyncio
import contextlib

from steersman.kit import netns
from steersman.kit.clock import Clock


class SocketTunnel:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        try:
            return await self._reader.read(65536)
        except ConnectionError:
            return b""

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def close_input(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            if self._writer.can_write_eof():
                self._writer.write_eof()

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def dial(namespace: str, port: int, clock: Clock) -> SocketTunnel:
    """To 127.0.0.1, or ::1 where that is refused."""
    try:
        made = await netns.connect(namespace, "127.0.0.1", port, clock)
    except ConnectionRefusedError:
        try:
            made = await netns.connect(namespace, "::1", port, clock)
        except OSError:
            made = None
        if made is None:
            raise
    return SocketTunnel(*await asyncio.open_connection(sock=made))
