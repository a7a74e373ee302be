"""Processes of this machine as /proc shows them: found again by pid and start time, and ended for sure.

A pid alone names a process only until it ends; with its start time it never names another one.  Only
processes that are ours are ever signalled: those recorded, and shims whose command line carries our socket.
"""

import dataclasses
import json
import os
import pathlib
import signal
from collections.abc import Collection, Iterator

PROC = pathlib.Path("/proc")


@dataclasses.dataclass(frozen=True, slots=True)
class Process:
    pid: int
    started: int
    """Clock ticks after boot."""

    def alive(self) -> bool:
        """It runs still (a zombie does not)."""
        found = _stat(self.pid)
        return found is not None and found[0] != "Z" and found[2] == self.started

    def signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        if self.alive():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def kill(self) -> None:
        self.signal(signal.SIGKILL)


def find(pid: int) -> Process | None:
    found = _stat(pid)
    return None if found is None or found[0] == "Z" else Process(pid, found[2])


def record(process: Process, path: pathlib.Path) -> None:
    path.write_text(json.dumps(dataclasses.asdict(process)))


def recall(path: pathlib.Path) -> Process | None:
    """The recorded process if it runs still."""
    try:
        values = json.loads(path.read_text())
        process = Process(int(values["pid"]), int(values["started"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return process if process.alive() else None


def with_argument(program: str, argument: str) -> list[Process]:
    """Processes of `program` (the base name) whose command line has `argument` as a whole word."""
    found = []
    for pid in _pids():
        try:
            words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].decode(errors="replace").rsplit("/", 1)[-1] == program and argument.encode() in words:
            process = find(pid)
            if process is not None:
                found.append(process)
    return found


def children(parents: Collection[int]) -> list[Process]:
    found: list[Process] = []
    if not parents:
        return found
    for other in _pids():
        stat = _stat(other)
        if stat is not None and stat[1] in parents and stat[0] != "Z":
            found.append(Process(other, stat[2]))
    return found


def _pids() -> Iterator[int]:
    for entry in os.listdir(PROC):  # noqa: PTH208 - names only, and often
        if entry.isdigit():
            yield int(entry)


def _stat(pid: int) -> tuple[str, int, int] | None:
    """(state, parent, start time)."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return fields[0], int(fields[1]), int(fields[19])
