"""Logs of simulated containers, kept in memory in the form that runtimes write.

A log is named by a path that no disk has (`simulated:<container id>`); the kubelet's server reads it through
the same steps as a file.  A log takes up to `LIMIT` bytes and then no more: simulated pods are many.
"""

import io
import os

PREFIX = "simulated:"
LIMIT = 256 * 1024


class MemoryLogs:
    def __init__(self) -> None:
        self._logs: dict[str, bytearray] = {}

    def path(self, id: str) -> str:
        """The name of a container's log; it exists from here on."""
        path = PREFIX + id
        self._logs.setdefault(path, bytearray())
        return path

    def write(self, path: str, data: bytes) -> None:
        log = self._logs.get(path)
        if log is not None and len(log) + len(data) <= LIMIT:
            log += data

    def forget(self, path: str) -> None:
        self._logs.pop(path, None)

    def open(self, path: str) -> "MemoryLog":
        """A reader at the start; what is written later it reads too.  Raises FileNotFoundError."""
        if path not in self._logs:
            raise FileNotFoundError(path)
        return MemoryLog(self._logs[path])

    def replaced(self, path: str, log: object) -> "MemoryLog | None":
        """These logs are never rotated."""
        return None


class MemoryLog:
    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._position = 0

    def read(self, size: int) -> bytes:
        piece = bytes(self._data[self._position : self._position + size])
        self._position += len(piece)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            offset += len(self._data)
        elif whence != os.SEEK_SET:
            raise io.UnsupportedOperation("only from the start or the end")
        self._position = offset
        return offset

    def close(self) -> None:
        pass
