"""Named pipes between us and a shim: how an exec's standard streams travel.

The shim opens both ends of each pipe, so nobody waits in `open`.  Before it has, our reading end must not
see an end: a placeholder keeps the pipe open until the process is started.  Reading and writing are
non-blocking on the loop.
"""

import asyncio
import os
import pathlib


class Reader:
    """The end of a pipe that we read."""

    def __init__(self, path: pathlib.Path) -> None:
        os.mkfifo(path, 0o600)
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._placeholder: int | None = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._closed = False

    def started(self) -> None:
        """The other side has its end open now: from here on the end of data is the end."""
        if self._placeholder is not None:
            os.close(self._placeholder)
            self._placeholder = None

    async def read(self, size: int = 65536) -> bytes:
        """Empty at the end."""
        while not self._closed:
            try:
                return os.read(self._file, size)
            except BlockingIOError:
                await _ready(self._file, reading=True)
        return b""

    def read_nowait(self, size: int = 65536) -> bytes:
        """What is there; empty when nothing is."""
        if self._closed:
            return b""
        try:
            return os.read(self._file, size)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.started()
            _forget(self._file)
            os.close(self._file)


class Writer:
    """The end of a pipe that we write."""

    def __init__(self, path: pathlib.Path) -> None:
        os.mkfifo(path, 0o600)
        # Also for reading: opening a pipe for writing alone is refused while nobody reads.
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._path = path
        self.closed = False

    def started(self) -> None:
        """The other side reads now: keep only a writing end, so that its going is noticed."""
        file = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.close(self._file)
        self._file = file

    async def write(self, data: bytes) -> None:
        """All of it; silently dropped once the reader has gone, as a terminal's input would be."""
        view = memoryview(data)
        while view and not self.closed:
            try:
                view = view[os.write(self._file, view) :]
            except BlockingIOError:
                await _ready(self._file, reading=False)
            except BrokenPipeError:
                self.close()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            _forget(self._file)
            os.close(self._file)


async def _ready(file: int, *, reading: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    if reading:
        loop.add_reader(file, wake)
    else:
        loop.add_writer(file, wake)
    try:
        await ready
    finally:
        if reading:
            loop.remove_reader(file)
        else:
            loop.remove_writer(file)


def _forget(file: int) -> None:
    loop = asyncio.get_running_loop()
    loop.remove_reader(file)
    loop.remove_writer(file)
