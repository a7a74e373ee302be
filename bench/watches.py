"""What a watch event costs the server, with 100 and with 1,000 watchers.

The writes run at the rate of the baselines (as fast as 8 clients can, but no faster than `RATE`), because
events that gather are cheaper: a saturated server would look better than it is.  What the writes themselves
cost is measured by the same run without watchers, and taken off.  The clients are protocols that count events,
so that a thousand of them cost this process little; every tenth tells how long after its write an event came.
"""

import asyncio
import functools
import itertools
import json
import re
import ssl
import time
import urllib.parse
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench import measure

Write = Callable[[int], Awaitable[None]]
EVENTS_TIMEOUT = 30.0
NUMBER = re.compile(rb'"number":"([0-9]+)"')
"""What tells one write from another in the ConfigMaps of the bench."""
_numbers = itertools.count()


class Watch(asyncio.Protocol):
    """One watch: counts events, and if it `times` them, how long each one was on its way."""

    def __init__(self, request: bytes, told: "Told", *, times: bool) -> None:
        self.events = 0
        self._times = times
        self._request = request
        self._told = told

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        # A chunk ends in a line end of its own; an event is one line that ends in a brace.
        found = data.count(b"}\n")
        if not self.events and b"HTTP/1.1 200" in data:
            self._told.begun += 1
        self.events += found
        self._told.seen += found
        if self._times:
            now = time.perf_counter()
            for number in NUMBER.findall(data):
                begun = self._told.sent.get(int(number))
                if begun is not None:
                    self._told.delays.append(now - begun)


class Told:
    """What all watches have heard together."""

    def __init__(self) -> None:
        self.begun = 0
        self.seen = 0
        self.sent: dict[int, float] = {}
        """When each write was sent, by its number."""
        self.delays: list[float] = []


def tls(pki: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(str(pki / "admin.crt"), str(pki / "admin.key"))
    return context


async def paced(write: Write, count: int, rate: float, told: Told, clients: int = 8) -> None:
    """`count` writes at a steady rate."""
    begun = time.perf_counter()
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            await asyncio.sleep(begun + number / rate - time.perf_counter())
            number = next(_numbers)
            told.sent[number] = time.perf_counter()
            await write(number)

    async with asyncio.timeout(measure.DEADLINE), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())


async def row(
    write: Write,
    server: measure.Served,
    pki: Path,
    path: str,
    version: Callable[[], Awaitable[str]],
    *,
    watchers: int,
    writes: int,
    rate: float,
    must: float,
) -> measure.Row:
    """The cost of one event to one watcher."""
    before = server.cpu()
    told = Told()
    await paced(write, writes, rate, told)
    alone = server.cpu() - before

    url = urllib.parse.urlsplit(server.url)
    assert url.hostname
    assert url.port
    line = f"GET {path}?watch=true&resourceVersion={await version()} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()
    context, loop = tls(pki), asyncio.get_running_loop()
    made = []
    try:
        for number in range(watchers):
            transport, _watch = await loop.create_connection(
                functools.partial(Watch, line, told, times=number % 10 == 0), url.hostname, url.port, ssl=context
            )
            made.append(transport)
        async with asyncio.timeout(EVENTS_TIMEOUT):
            while told.begun < watchers:
                await asyncio.sleep(0.02)
        events = writes * watchers
        before, begun = server.cpu(), time.perf_counter()
        await paced(write, writes, rate, told)
        async with asyncio.timeout(EVENTS_TIMEOUT):
            while told.seen < events:
                await asyncio.sleep(0.01)
        spent, took = server.cpu() - before - alone, time.perf_counter() - begun
    finally:
        for transport in made:
            transport.abort()
    work = f"a watch event, {watchers:,} watchers"
    cost = max(spent, 0) / events * 1000
    return measure.Row(
        work, events / took, measure.median(told.delays), measure.percentile(told.delays, 0.99), cost, must
    )


def revision(listed: bytes) -> str:
    return str(json.loads(listed)["metadata"]["resourceVersion"])
