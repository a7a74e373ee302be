"""Processes by id and start time, so that a reused id is never taken for the one we started."""

import dataclasses
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # `up` reads who runs before it starts anything: it need not wait for asyncio
    from steersman.kit import clock


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """A server that serves: written when it is ready, removed when it ends well."""

    pid: int
    started: int
    url: str = ""
    cluster: str = ""


def start_time(pid: int) -> int | None:
    """In clock ticks since the machine booted; None where there is no such process (or a dead one)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def myself(url: str, cluster: str) -> Running:
    return Running(os.getpid(), start_time(os.getpid()) or 0, url, cluster)


def read(path: Path) -> Running | None:
    """Who runs, if they do: None where the file is missing or its process is gone."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Running)
    except (FileNotFoundError, NotADirectoryError, msgspec.MsgspecError):
        return None
    return found if start_time(found.pid) == found.started else None


def write(path: Path, running: Running) -> None:
    scratch = path.with_suffix(".new")
    scratch.write_bytes(msgspec.json.encode(running))
    scratch.replace(path)


def alive(running: Running) -> bool:
    return start_time(running.pid) == running.started


async def end(running: Running, time: "clock.Clock", patience: float = 30.0) -> bool:
    """Ask a process to end, then make it.  True when it ended by itself."""
    if not alive(running):
        return True
    os.kill(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while alive(running):
        if time.monotonic() > deadline:
            os.kill(running.pid, signal.SIGKILL)
            return False
        await time.sleep(0.05)
    return True


def age() -> float:
    """Seconds since this process began, the interpreter's own start included."""
    ticks = start_time(os.getpid())
    if ticks is None:
        return 0.0
    booted = float(Path("/proc/uptime").read_text().split()[0])
    return max(booted - ticks / os.sysconf("SC_CLK_TCK"), 0.0)
