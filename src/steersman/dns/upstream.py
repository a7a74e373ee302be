"""Asking the machine's own resolvers, from the process's own network."""

import asyncio
import re
import struct
from collections.abc import Sequence
from typing import cast

from steersman.dns import wire
from steersman.kit.clock import Clock

PATIENCE = 2.0


def servers(resolv_conf: str) -> Sequence[str]:
    """The IPv4 name servers of a resolv.conf."""
    return re.findall(r"^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$", resolv_conf, re.MULTILINE)


class _Exchange(asyncio.DatagramProtocol):
    def __init__(self, query: bytes) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._query = query

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.DatagramTransport, transport).sendto(self._query)  # uvloop's is no subclass of it

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[:2] == self._query[:2] and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


class HostUpstream:
    """Each server in turn, two seconds each; an answer that was cut is asked for again by TCP."""

    def __init__(self, servers: Sequence[str], clock: Clock, port: int = 53) -> None:
        self._servers = servers
        self._clock = clock
        self._port = port

    async def ask(self, query: bytes) -> bytes:
        for server in self._servers:
            try:
                with self._clock.busy():
                    async with self._clock.timeout(PATIENCE):
                        found = await self._by_udp(server, query)
                        return await self._by_tcp(server, query) if wire.is_cut(found) else found
            except (TimeoutError, OSError, asyncio.IncompleteReadError):
                continue
        raise ConnectionError(f"none of {', '.join(self._servers) or 'no'} name servers answered")

    async def _by_udp(self, server: str, query: bytes) -> bytes:
        transport, exchange = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Exchange(query), remote_addr=(server, self._port)
        )
        try:
            return await exchange.answer
        finally:
            transport.close()

    async def _by_tcp(self, server: str, query: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            writer.write(struct.pack(">H", len(query)) + query)
            (length,) = struct.unpack(">H", await reader.readexactly(2))
            return await reader.readexactly(length)
        finally:
            writer.close()
