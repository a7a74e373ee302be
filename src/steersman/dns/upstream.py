"""Asking the machine's own resolvers, from the process's own network."""

import asyncio
import re
from collections.abc import Sequence
from typing import cast

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
    """Each server in turn, two seconds each."""

    def __init__(self, servers: Sequence[str], clock: Clock) -> None:
        self._servers = servers
        self._clock = clock

    async def ask(self, query: bytes) -> bytes:
        for server in self._servers:
            with self._clock.busy():
                transport, exchange = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: _Exchange(query), remote_addr=(server, 53)
                )
                try:
                    async with self._clock.timeout(PATIENCE):
                        return await exchange.answer
                except (TimeoutError, OSError):
                    continue
                finally:
                    transport.close()
        raise ConnectionError(f"none of {', '.join(self._servers) or 'no'} name servers answered")
