"""The store's file: an append-only log in SQLite, one row a write.

Everything here blocks and belongs to the writer thread.  What the file promises:

* a group of rows is one INSERT and one transaction: after a crash all of it is there or nothing;
* revisions after the compacted one are contiguous, so a lost row is noticed when the file is opened;
* each row says who wrote it, with what, and when: `author`, `agent` and `at` (seconds since 1970) are for
  history and are never read back into memory.

The compacted revision is kept in `meta` and written before any row is removed; so the revision counter
survives even when no row does.  What opening finds wrong is an `OpenError` with one line fit for a terminal.
"""

import contextlib
import dataclasses
import functools
import os
import pathlib
import sqlite3
from collections.abc import Iterator, Sequence

from steersman.store import index, lock, opening
from steersman.store.protocol import Action, Change, Entry

APPLICATION = 0x53545253
"""SQLite's application_id: tells our files from other programs'."""

VERSION = 1
"""SQLite's user_version: the layout of the tables below.  A file of a newer layout is refused."""

HEADER = 512
"""The smallest page of SQLite's; a smaller file is none of its."""

COLUMNS = 8
GROUP = 256
"""Rows in one INSERT at most; bounded by how long the first writer of a group should wait for the last."""

SCHEMA = """
CREATE TABLE log (
  revision INTEGER PRIMARY KEY, key TEXT NOT NULL, action INTEGER NOT NULL, created INTEGER NOT NULL,
  author TEXT NOT NULL, agent TEXT NOT NULL, at REAL NOT NULL, value BLOB NOT NULL
);
CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('compacted', 0);
"""

Row = tuple[int, str, int, int, str, str, float, bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds.  `garbage` are rows that a compaction left when it was cut short."""

    memory: index.Index
    garbage: Sequence[int]


class Database:
    """An open file.  Closed by `close`, which also gives up its lock."""

    def __init__(self, path: pathlib.Path, *, read_only: bool = False, quota: int = 0) -> None:
        self._path = path
        self._read_only = read_only
        self._quota = quota
        # Why a write failed, until it is certain that nothing of it is in the file.
        self._doubt: sqlite3.Error | None = None
        self._connection: sqlite3.Connection | None = None
        with contextlib.ExitStack() as undo:
            self._lock = None if read_only else undo.enter_context(lock.Lock(path))
            with opening.translated(path):
                undo.callback(self._disconnect)
                self._prepare(self._connect())
            undo.pop_all()

    def load(self) -> Loaded:
        """Read the whole log into memory."""
        with opening.translated(self._path):
            execute = self._connect().execute
            (compacted,) = execute("SELECT number FROM meta WHERE name = 'compacted'").fetchone()
            rows = execute("SELECT revision, key, action, created, value FROM log ORDER BY revision")
            return self._loaded(compacted, rows.fetchall())

    def append(self, rows: Sequence[Row]) -> None:
        """Make a group durable.  Raises sqlite3.Error or OSError, and then nothing of it is kept."""
        connection = self._connection
        if self._doubt is not None or connection is None:
            connection = self._recovered(rows[0][0] - 1)
        flat = [value for row in rows for value in row]
        try:
            connection.execute(_insert(len(rows)), flat)
        except sqlite3.Error as error:
            self._doubt = error
            raise

    def compact(self, revision: int) -> None:
        """Write down what may be forgotten, before any of it is."""
        self._connect().execute("UPDATE meta SET number = ? WHERE name = 'compacted' AND number < ?", (revision,) * 2)

    def remove(self, revisions: Sequence[int]) -> None:
        """Remove rows, all or none of them."""
        self._connect().execute(
            "DELETE FROM log WHERE revision IN (SELECT value FROM json_each(?))", (str(list(revisions)),)
        )

    def authors(self, revisions: Sequence[int]) -> dict[int, tuple[str, str, float]]:
        """Who wrote these rows, with what and when; without those that are gone."""
        found = self._connect().execute(
            "SELECT revision, author, agent, at FROM log WHERE revision IN (SELECT value FROM json_each(?))",
            (str(list(revisions)),),
        )
        return {revision: (author, agent, at) for revision, author, agent, at in found}

    def limit(self, quota: int) -> None:
        """Let the file grow to `quota` bytes and no further; 0 is no limit."""
        self._quota = quota
        connection = self._connect()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        pages = max(1, quota // size) if quota else 0xFFFFFFFE
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    def close(self) -> None:
        try:
            self._disconnect()
        finally:
            if self._lock is not None:
                self._lock.release()

    def _connect(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if not self._read_only:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            size = os.fstat(file).st_size
            os.close(file)
            if 0 < size < HEADER:  # SQLite would take it for empty
                raise opening.Broken(f"{self._path} is not a steersman store")
        mode = "ro" if self._read_only else "rw"
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            cached_statements=GROUP + 16,
            timeout=5.0,
        )
        self._connection = connection
        if not self._read_only:
            connection.execute("PRAGMA synchronous = FULL")
            if self._quota:
                self.limit(self._quota)
        return connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that is not ours to read, make the tables in an empty one, switch to a write-ahead log."""
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application != APPLICATION and (tables or self._read_only):
            raise opening.Broken(f"{self._path} is not a steersman store")
        if version > VERSION:
            raise opening.NewerVersion(
                f"{self._path} was written by a newer steersman (layout {version}, this one reads up to {VERSION})"
            )
        if self._read_only:
            return
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise opening.Unwritable(f"{self._path} is on a file system that cannot hold a write-ahead log")
        if not tables:
            stamps = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
            connection.executescript(f"BEGIN; {SCHEMA} {stamps} COMMIT;")

    def _loaded(self, compacted: int, rows: list[tuple[int, str, int, int, bytes]]) -> Loaded:
        memory = index.Index()
        base: dict[str, Entry] = {}
        garbage: list[int] = []
        start = 0
        for revision, key, action, created, value in rows:
            if revision > compacted:
                break
            start += 1
            replaced = base.pop(key, None)
            if replaced is not None:
                garbage.append(replaced.revision)
            if action:
                garbage.append(revision)
            else:
                base[key] = Entry(key, value, revision, created)
        memory.revision = max(compacted, 1)
        memory.compacted = compacted
        memory.load(base.values(), self._changes(dict(base), memory.revision, rows[start:]))
        return Loaded(memory, garbage)

    def _changes(
        self, live: dict[str, Entry], before: int, rows: list[tuple[int, str, int, int, bytes]]
    ) -> Iterator[Change]:
        for revision, key, action, created, value in rows:
            before += 1
            entry = Entry(key, value, revision, created)
            previous = live.get(key)
            if revision != before or (action and previous is None):
                raise opening.Broken(f"{self._path} is damaged: revision {before} is missing from its log")
            if action:
                del live[key]
                yield Change(Action.DELETE, entry, previous)
            else:
                live[key] = entry
                yield Change(Action.PUT, entry, previous)

    def _recovered(self, durable: int) -> sqlite3.Connection:
        """A connection on a file with nothing beyond the durable revision.

        A commit can fail after its pages have reached the write-ahead log; their writers were told that
        nothing is kept, so it must be made true before the next group is written.  A full disk leaves the
        connection sound; after anything else it is made anew.  (Not in both cases: closing moves the
        write-ahead log into the file, which takes the room that has just been made.)
        """
        if getattr(self._doubt, "sqlite_errorname", "") != "SQLITE_FULL":
            self._disconnect()
        connection = self._connect()
        connection.execute("DELETE FROM log WHERE revision > ?", (durable,))
        self._doubt = None
        return connection


@functools.cache
def _insert(rows: int) -> str:
    mark = "(" + ",".join("?" * COLUMNS) + ")"
    return f"INSERT INTO log VALUES {','.join([mark] * rows)}"  # noqa: S608 - question marks only
