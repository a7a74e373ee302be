"""A container's log file read as `kubectl logs` shows it.

`Rendering` is pure: raw lines of the file go in, what the user sees comes out, with the time prefix, the
`since` filter and the byte limit applied as the kubelet applies them.  `read` walks one file through it, from
the start that `tail` gives, and follows it: by looking at its size every `POLL` seconds (a follower costs one
`fstat` then), through rotation (the file under the name is another one: what is left of the old is read
first, then the new from its start), until the container has ended and all is read.

`tail` counts lines of the current file, partial ones too, and does not look into rotated files, as the kubelet.
"""

import dataclasses
import os
import pathlib
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, Protocol, cast

from steersman.cri import logs, memory_logs
from steersman.kit.clock import Clock

POLL = 0.05
CHUNK = 64 * 1024


class Log(Protocol):
    """An open log, read from where it stands."""

    def read(self, size: int) -> bytes: ...

    def seek(self, offset: int, whence: int = 0) -> int: ...

    def close(self) -> None: ...


class Logs(Protocol):
    """Where logs are: files, or a simulated runtime's memory."""

    def open(self, path: str) -> Log:
        """Raises FileNotFoundError."""
        ...

    def replaced(self, path: str, log: Log) -> Log | None:
        """The log now under the name where it is another one; None where it is not (or not yet there)."""
        ...


class Files:
    """`Logs` on disk."""

    def open(self, path: str) -> Log:
        return cast(Log, pathlib.Path(path).open("rb"))

    def replaced(self, path: str, log: Log) -> Log | None:
        file = pathlib.Path(path)
        try:
            now = file.stat()
            mine = os.fstat(cast(BinaryIO, log).fileno())
            if (now.st_dev, now.st_ino) == (mine.st_dev, mine.st_ino):
                return None
            return cast(Log, file.open("rb"))
        except FileNotFoundError:
            return None


def either(memory: Logs | None) -> Callable[[str], Logs]:
    """Where the log of a path is: in `memory` if its name says so, else on disk."""
    files = Files()
    return lambda path: memory if memory is not None and path.startswith(memory_logs.PREFIX) else files


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    follow: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: float | None = None
    limit: int | None = None
    stream: str = "All"  # All, Stdout, Stderr


class Rendering:
    """Raw log to shown log, fed in pieces."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._left = options.limit
        self._rest = b""
        self._continues = False  # the entry before was partial: no time prefix for the next

    @property
    def full(self) -> bool:
        """The byte limit is reached: nothing more will come."""
        return self._left is not None and self._left <= 0

    def feed(self, data: bytes) -> bytes:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        return self._render(lines)

    def flush(self) -> bytes:
        """A last line that has no line break (the file ended in the middle of it)."""
        rest, self._rest = self._rest, b""
        return self._render([rest]) if rest else b""

    def _render(self, lines: list[bytes]) -> bytes:
        options = self._options
        wanted = None if options.stream == "All" else options.stream.lower()
        out = bytearray()
        for raw in lines:
            entry = logs.parse(raw)
            if entry is None or (wanted is not None and entry.stream != wanted):
                continue
            if options.since is not None:
                at = logs.seconds(entry.stamp)
                if at is None or at < options.since:
                    continue
            if options.timestamps and not self._continues:
                out += logs.fixed(entry.stamp).encode() + b" "
            out += entry.content
            if not entry.partial:
                out += b"\n"
            self._continues = entry.partial
        if self._left is not None:
            del out[max(self._left, 0) :]
            self._left -= len(out)
        return bytes(out)


def tail_offset(file: Log, lines: int) -> int:
    """Where the last `lines` lines begin; a last line without its break counts."""
    end = file.seek(0, os.SEEK_END)
    if lines <= 0:
        return end
    position = end
    found = 0
    while position > 0:
        step = min(CHUNK, position)
        position -= step
        file.seek(position)
        block = file.read(step)
        if position + step == end and block.endswith(b"\n"):
            block = block[:-1]
        at = len(block)
        while (at := block.rfind(b"\n", 0, at)) >= 0:
            found += 1
            if found == lines:
                return position + at + 1
    return 0


async def read(
    source: Logs, path: str, options: Options, clock: Clock, running: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """What the user sees, piece by piece.  `running` says whether the container still writes."""
    rendering = Rendering(options)
    file = await _open(source, path, options, clock, running)
    if file is None:
        return
    try:
        if options.tail is not None:
            file.seek(tail_offset(file, options.tail))
        while not rendering.full:
            alive = options.follow and running()  # asked before reading: what it wrote last is read after
            data = file.read(CHUNK)
            if data:
                shown = rendering.feed(data)
                if shown:
                    yield shown
                await clock.sleep(0)
                continue
            replaced = source.replaced(path, file) if options.follow else None
            if replaced is not None:
                # One more look: it may have been written to between the read and the rename.
                rest = bytearray()
                while data := file.read(CHUNK):
                    rest += data
                file.close()
                file = replaced
                shown = rendering.feed(bytes(rest))
                if shown:
                    yield shown
                continue
            if not alive:
                break
            await clock.sleep(POLL)
        last = b"" if rendering.full else rendering.flush()
        if last:
            yield last
    finally:
        file.close()


async def _open(source: Logs, path: str, options: Options, clock: Clock, running: Callable[[], bool]) -> Log | None:
    """The file; a follower waits for it while the container runs.  None where there is none."""
    while True:
        alive = options.follow and running()
        try:
            return source.open(path)
        except FileNotFoundError:
            if not alive:
                return None
        await clock.sleep(POLL)
