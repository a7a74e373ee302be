"""One process a store: an advisory lock beside the file, with the holder's process id in it.

The kernel gives the lock up when its holder dies, however it dies; the file stays and means nothing then.
"""

import fcntl
import os
import pathlib
from types import TracebackType
from typing import Self

from steersman.store import opening


class Lock:
    """Held from `__enter__` until `release`, or `__exit__`.  Makes the directory where it is missing."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._file = -1

    def __enter__(self) -> Self:
        with opening.translated(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with opening.translated(self._path):
                _seize(file, self._path)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _seize(file: int, path: pathlib.Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        text = os.pread(file, 20, 0).strip()
        pid = int(text) if text.isdigit() else None
        holder = f"process {pid}" if pid else "another process"
        raise opening.InUse(f"{path.with_suffix('')} is in use by {holder}", pid) from error
    os.ftruncate(file, 0)
    os.pwrite(file, b"%d\n" % os.getpid(), 0)
