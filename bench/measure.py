"""Measuring a server from outside: its CPU and memory from /proc, a load of requests over TLS."""

import asyncio
import contextlib
import dataclasses
import os
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp

TICK = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Served:
    """A server process and how to reach it."""

    process: "subprocess.Popen[str]"
    url: str
    ready_after: float

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Resident megabytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextlib.contextmanager
def served(*command: str) -> Iterator[Served]:
    """A program that prints `ready URL` on standard output, until the block ends."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().split()
        if len(line) != 2 or line[0] != "ready":
            raise RuntimeError(f"{command[:3]} said {line}")
        yield Served(process, line[1], time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


@dataclasses.dataclass(frozen=True)
class Row:
    """What one kind of work cost."""

    work: str
    rate: float
    p50: float
    p99: float
    cpu: float
    """Milliseconds of the server's CPU an operation."""
    must: float | None = None
    """The limit in U, where there is one."""


@contextlib.asynccontextmanager
async def session(pki: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """Connections as the administrator."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(str(pki / "admin.crt"), str(pki / "admin.key"))
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    async with aiohttp.ClientSession(connector=connector) as made:
        yield made



async def load(
    work: str,
    server: Served,
    operation: Callable[[int], Awaitable[None]],
    *,
    clients: int,
    count: int,
    must: float | None = None,
    each: int = 1,
) -> Row:
    """`count` operations by so many clients side by side.  `each`: operations that one call stands for."""
    waits: list[float] = []
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            begun = time.perf_counter()
            await operation(number)
            waits.append(time.perf_counter() - begun)

    before, begun = server.cpu(), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    spent, took = server.cpu() - before, time.perf_counter() - begun
    ranked = sorted(waits)
    done = count * each
    return Row(
        work,
        done / took,
        statistics.median(ranked) * 1000,
        ranked[int(len(ranked) * 0.99) - 1] * 1000,
        spent / done * 1000,
        must,
    )
