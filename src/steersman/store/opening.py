"""Why a store's file cannot be opened: one class a reason, one line fit for the command line each."""

import contextlib
import pathlib
import sqlite3
from collections.abc import Iterator

from steersman.store.protocol import StoreError


class OpenError(StoreError):
    """The store cannot be opened; nothing was changed."""


class NewerVersion(OpenError):
    """The file was written by a later version, whose layout this one does not know."""


class Broken(OpenError):
    """The file is damaged, or is not a store."""


class Unwritable(OpenError):
    """The file or its directory cannot be read or written."""


class InUse(OpenError):
    """Another process has the store open.  `pid` is its process id where it is known."""

    def __init__(self, message: str, pid: int | None) -> None:
        super().__init__(message)
        self.pid = pid


@contextlib.contextmanager
def translated(path: pathlib.Path) -> Iterator[None]:
    """Turn what SQLite and the operating system raise into an OpenError."""
    try:
        yield
    except OSError as error:
        raise Unwritable(f"{path} cannot be opened: {error.strerror or error}") from error
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "SQLITE_ERROR") == "SQLITE_ERROR":  # a table is missing, or not text
            raise Broken(f"{path} is damaged: {error}") from error
        raise Unwritable(f"{path} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Broken(f"{path} is damaged, or is not a steersman store: {error}") from error
