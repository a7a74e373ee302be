"""Measuring a server from outside: its CPU and memory from the kernel, a load of requests over TLS.

The CPU is that of the server's process alone, all its threads, read from its own CPU clock (nanoseconds; the
figures in /proc count in hundredths of a second).
"""

import asyncio
import contextlib
import dataclasses
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp

DEADLINE = 60.0
"""Seconds that one row may take; a row that takes longer is a fault to be seen, not waited for."""


@dataclasses.dataclass
class Served:
    """A server process and how to reach it."""

    process: "subprocess.Popen[str]"
    url: str
    ready_after: float

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        return cpu(self.process.pid)

    def memory(self) -> float:
        """Resident megabytes."""
        return memory(self.process.pid)


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used, itself, without its children."""
    return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of another process: clock_getcpuclockid(3)


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
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
    """Connections as the administrator.  Bodies come as they are: compressing them is no part of any row."""
    context = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    context.load_cert_chain(str(pki / "admin.crt"), str(pki / "admin.key"))
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    headers = {"Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as made:
        yield made


async def load(
    work: str,
    server: Served,
    operation: Callable[[int], Awaitable[None]],
    *,
    clients: int,
    count: int,
    must: float | None = None,
) -> Row:
    """`count` operations by so many clients side by side."""
    waits: list[float] = []
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            begun = time.perf_counter()
            await operation(number)
            waits.append(time.perf_counter() - begun)

    before, begun = server.cpu(), time.perf_counter()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    spent, took = server.cpu() - before, time.perf_counter() - begun
    return Row(work, count / took, median(waits), percentile(waits, 0.99), spent / count * 1000, must)


def median(seconds: list[float]) -> float:
    """In milliseconds."""
    return statistics.median(seconds) * 1000


def percentile(seconds: list[float], part: float) -> float:
    """In milliseconds."""
    return sorted(seconds)[max(int(len(seconds) * part) - 1, 0)] * 1000
