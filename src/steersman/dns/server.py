"""The DNS server: UDP and TCP on sockets that are handed in.

`Resolver.answer` takes a query's bytes and gives the answer's; it asks `Upstream` for names that are not the
cluster's.  Without one (no egress) those are refused at once, so that a pod's resolver moves on instead of
waiting.  A TCP client may ask as often as it likes for 10 s at a time; UDP answers never exceed what the
asker said it can take.
"""

import asyncio
import dataclasses
import logging
import socket
import struct
from collections.abc import Sequence
from typing import Protocol, cast

from steersman.dns import records, wire
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)
TCP_IDLE = 10.0
TCP_CONNECTIONS = 200


class Upstream(Protocol):
    """Somebody who knows the names of the world."""

    async def ask(self, query: bytes) -> bytes:
        """The answer to a whole query.  Raises ConnectionError or TimeoutError."""
        ...


class NoUpstream:
    """Nobody: the cluster has no way out."""

    async def ask(self, query: bytes) -> bytes:
        raise ConnectionError("no way out of the cluster")


class Resolver:
    def __init__(self, view: records.View, zone: str, upstream: Upstream) -> None:
        self._view = view
        self._zone = zone
        self._upstream = upstream
        self._turn = 0

    def answer_nowait(self, data: bytes, limit: int = 0) -> bytes | None:
        """The answer where the cluster knows it; None where somebody else must be asked.  b"": say nothing."""
        found = self._decide(data, limit)
        return found if isinstance(found, bytes) else None

    async def answer(self, data: bytes, limit: int = 0) -> bytes:
        """The answer, also from upstream."""
        found = self._decide(data, limit)
        if isinstance(found, bytes):
            return found
        try:
            if found.known is None:
                return wire.fit(await self._upstream.ask(data), found.limit)
            code, more = wire.read_answers(await self._upstream.ask(wire.ask(found.query, found.target)))
        except (OSError, TimeoutError, wire.Malformed) as error:
            log.info("upstream did not answer: %s", error)
            return wire.refusal(data, wire.SERVFAIL) or b""
        whole = dataclasses.replace(found.known, code=code, answers=[*found.known.answers, *more])
        return wire.build(found.query, whole, found.limit)

    def _decide(self, data: bytes, limit: int) -> "bytes | _Elsewhere":
        try:
            query = wire.parse(data)
        except wire.Malformed:
            return wire.refusal(data, wire.FORMERR) or b""
        if query.opcode != 0:
            return wire.refusal(data, wire.NOTIMP) or b""
        limit = limit or query.udp_size
        alone = isinstance(self._upstream, NoUpstream)
        try:
            found = records.answer(self._view, self._zone, query.name, query.type)
        except records.Outside:
            if alone:
                return wire.build(query, wire.Answer(wire.REFUSED, authoritative=False), limit)
            return _Elsewhere(query, limit, query.name)
        target = records.leads_outside(self._zone, query.type, found)
        if target and not alone:
            return _Elsewhere(query, limit, target, found)
        if len(found.answers) > 1 and all(record.type != wire.CNAME for record in found.answers):
            # Many clients take the first address: each answer begins with another one.
            self._turn += 1
            cut = self._turn % len(found.answers)
            found = dataclasses.replace(found, answers=[*found.answers[cut:], *found.answers[:cut]])
        return wire.build(query, found, limit)


@dataclasses.dataclass(frozen=True, slots=True)
class _Elsewhere:
    """A question that upstream must answer: the whole of it, or only where an alias of ours leads."""

    query: wire.Query
    limit: int
    target: str
    known: wire.Answer | None = None


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, resolver: Resolver, tasks: TaskGroup) -> None:
        self._resolver = resolver
        self._tasks = tasks
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # uvloop's is no subclass of it

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = self._resolver.answer_nowait(data)
        if found is None:
            if len(self._tasks) < 1000:
                self._tasks.spawn(self._later(data, addr), "upstream query")
        elif found and self._transport is not None:
            self._transport.sendto(found, addr)

    async def _later(self, data: bytes, addr: tuple[str, int]) -> None:
        found = await self._resolver.answer(data)
        if found and self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(found, addr)


class DnsServer:
    """Serves on sockets that are bound already (and may live in other network namespaces)."""

    def __init__(self, resolver: Resolver, clock: Clock) -> None:
        self._resolver = resolver
        self._clock = clock
        self._tasks = TaskGroup("dns")
        self._transports: list[asyncio.BaseTransport] = []
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()

    async def serve(self, udp: Sequence[socket.socket], tcp: Sequence[socket.socket]) -> None:
        """Begin to answer; returns at once."""
        loop = asyncio.get_running_loop()
        for sock in udp:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._resolver, self._tasks), sock=sock
            )
            self._transports.append(transport)
        for sock in tcp:
            self._servers.append(await asyncio.start_server(self._connection, sock=sock))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= TCP_CONNECTIONS:
            writer.close()
            return
        self._open.add(writer)
        try:
            while True:
                async with self._clock.timeout(TCP_IDLE):
                    (length,) = struct.unpack(">H", await reader.readexactly(2))
                    data = await reader.readexactly(length)
                found = await self._resolver.answer(data, limit=65535)
                if not found:
                    return
                writer.write(struct.pack(">H", len(found)) + found)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            return
        finally:
            self._open.discard(writer)
            writer.close()

    async def close(self) -> None:
        for transport in self._transports:
            transport.close()
        for server in self._servers:
            server.close()
        for writer in list(self._open):
            writer.close()
        for server in self._servers:
            await server.wait_closed()
        await self._tasks.close()
