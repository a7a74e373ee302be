"""The store on disk: SQLite under the same memory, with group commit.

A write goes through three places:

    staged     handed in, numbered, its expectation checked against the newest staged write of its key
    in flight  in the group that the writer thread makes durable, one INSERT and one fsync for all of it
    durable    in the index: readable, told to watchers, and its writer returns

While a group is in flight the next one gathers, so groups grow as the disk, or the interpreter, gets slower.
Where a write is refused because of one that is only staged, the refusal waits for that one: if it fails too,
both are Unavailable; otherwise `Mismatch.current` is the entry that is in the way.

When a group fails (disk full), it and everything staged on top of it fails with Unavailable and their
revisions are given out again.  The next write tries anew, so the store works again once the disk does.
"""

import asyncio
import collections
import contextlib
import dataclasses
import functools
import itertools
import pathlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from steersman.kit import clock as clocks
from steersman.store import database, protocol, reading
from steersman.store.protocol import Action, Author, Change, Entry
from steersman.store.writer import Writer

T = TypeVar("T")

SLICE = 500
"""Rows that compaction removes in one transaction; between two of them waiting writes have their turn."""

GROUP_BYTES = 4 << 20
"""A group is closed when its values exceed this, however few they are."""


@dataclasses.dataclass(slots=True, eq=False)
class _Staged:
    """A write that is not durable yet, and who waits for it."""

    change: Change
    author: Author
    waiters: list[asyncio.Future[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One write of a key with who made it, with what, and when (seconds since 1970)."""

    change: Change
    author: Author
    at: float


class SqliteStore(reading.Reading):
    """See `protocol.Store`.  Made by `open`; belongs to the loop it was opened on."""

    def __init__(
        self, file: database.Database, loaded: database.Loaded, writer: Writer, clock: clocks.Clock, read_only: bool
    ) -> None:
        super().__init__(loaded.memory)
        self._file = file
        self._writer = writer
        self._clock = clock
        self._read_only = read_only
        self._loop = asyncio.get_running_loop()
        # Invariant: `_in_flight` then `_gathering` have contiguous revisions, the first one more than the
        # index's; `_newest` holds the last of them for each key, and nothing else.
        self._in_flight: list[_Staged] = []
        self._gathering: collections.deque[_Staged] = collections.deque()
        # Whether the loop will call `_begin` once it has come through what is ready now.
        self._due = False
        self._newest: dict[str, _Staged] = {}
        self._garbage: collections.deque[int] = collections.deque(loaded.garbage)
        self._busy = contextlib.ExitStack()
        self._closed = False
        self._idle: list[asyncio.Future[None]] = []
        self._compacting = False

    @classmethod
    async def open(
        cls, path: pathlib.Path | str, *, clock: clocks.Clock, read_only: bool = False, quota: int = 0
    ) -> "SqliteStore":
        """Open the file, made where it is missing.  Raises `opening.OpenError`.

        `read_only` takes no lock and sees the file as it is now; its writes raise Unavailable.  `quota` is
        the size in bytes that the file may grow to; 0 is no limit.
        """
        writer = Writer("store")

        def load() -> tuple[database.Database, database.Loaded]:
            file = database.Database(pathlib.Path(path), read_only=read_only, quota=quota)
            try:
                return file, file.load()
            except BaseException:
                file.close()
                raise

        try:
            with clock.busy():
                file, loaded = await writer.call(load)
        except BaseException:
            writer.stop()
            raise
        return cls(file, loaded, writer, clock, read_only)

    async def put(self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()) -> Entry:
        return await self._write(Action.PUT, key, head, tail, expect, author)

    async def delete(
        self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()
    ) -> Entry:
        return await self._write(Action.DELETE, key, head, tail, expect, author)

    async def compact(self, revision: int) -> None:
        self._usable()
        if revision > self.revision:
            raise protocol.Future(self.revision)
        if revision > self.oldest:
            await self._call(functools.partial(self._file.compact, revision))
            self._index.compact(revision)
            for change in self._index.trim():
                if change.previous is not None:
                    self._garbage.append(change.previous.revision)
                if change.action is Action.DELETE:
                    self._garbage.append(change.revision)
        if self._compacting:
            return
        self._compacting = True
        try:
            await self._sweep()
        finally:
            self._compacting = False

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        while self._in_flight or self._gathering:
            await self._settled(self._idle)
        with self._clock.busy():
            await self._writer.call(self._file.close)
        self._writer.stop()

    async def history(self, key: str) -> Sequence[Record]:
        """A key's writes since the compaction, oldest first, with their authors."""
        line = self._index.line(key)
        found: dict[int, tuple[str, str, float]] = {}
        for some in _slices([change.revision for change in line], SLICE):
            found.update(await self._call(functools.partial(self._file.authors, some)))
        records = []
        for change in line:
            if change.revision in found:
                user, agent, at = found[change.revision]
                records.append(Record(change, Author(user, agent), at))
        return records

    async def limit(self, quota: int) -> None:
        """Change the quota given to `open`."""
        self._usable()
        await self._call(functools.partial(self._file.limit, quota))

    def check(self) -> None:
        super().check()
        staged = [*self._in_flight, *self._gathering]
        first = self.revision + 1
        assert [write.change.revision for write in staged] == list(range(first, first + len(staged)))
        assert self._newest == {write.change.entry.key: write for write in staged}
        assert self._in_flight or self._due or not self._gathering, "somebody waits and nobody writes"

    async def _write(
        self, action: Action, key: str, head: bytes, tail: bytes, expect: int | None, author: Author
    ) -> Entry:
        self._usable()
        newest = self._newest.get(key)
        if newest is None:
            current = self._index.get(key)
        else:
            current = newest.change.entry if newest.change.action is Action.PUT else None
        if not reading.is_expected(action, current, expect):
            if newest is not None:
                await self._settled(newest.waiters)
            raise protocol.Mismatch(key, self._index.get(key))
        revision = self._index.revision + len(self._in_flight) + len(self._gathering) + 1
        change = reading.next_change(action, key, head, tail, current=current, revision=revision)
        write = _Staged(change, author, [])
        self._newest[key] = write
        self._gathering.append(write)
        if not self._in_flight and not self._due:
            # Not at once: what the loop is about to handle in this turn belongs into the same commit.
            self._due = True
            self._loop.call_soon(self._begin)
        await self._settled(write.waiters)
        return change.entry

    async def _settled(self, waiters: list[asyncio.Future[None]]) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        waiters.append(future)
        await future

    def _begin(self) -> None:
        self._due = False
        if self._gathering and not self._in_flight:
            self._send()

    def _send(self) -> None:
        """Give the writer thread what has gathered, up to a group's size."""
        group, gathering, size = self._in_flight, self._gathering, 0
        now, rows = self._clock.now(), list[database.Row]()
        while gathering and len(group) < database.GROUP and size < GROUP_BYTES:
            write = gathering.popleft()
            entry, action = write.change.entry, int(write.change.action is Action.DELETE)
            author = write.author
            size += len(entry.value)
            group.append(write)
            rows.append((entry.revision, entry.key, action, entry.created, author.user, author.agent, now, entry.value))
        self._busy.enter_context(self._clock.busy())
        self._writer.submit(functools.partial(self._file.append, rows), self._wrote)

    def _wrote(self, result: None, error: BaseException | None) -> None:
        """On the loop, after a group: make it visible, or nothing of it."""
        self._busy.close()
        group, self._in_flight = self._in_flight, []
        if error is not None:
            self._failed(group, error)
            return
        changes = [write.change for write in group]
        for change, write in zip(changes, group, strict=True):
            self._index.apply(change)
            key = change.entry.key
            if self._newest[key] is write:
                del self._newest[key]
        if self._gathering:
            self._send()
        else:
            _wake(self._idle)
        for write in group:
            _wake(write.waiters)
        self._fanout.publish(changes)

    def _failed(self, group: Sequence[_Staged], error: BaseException) -> None:
        lost = [*group, *self._gathering]
        self._gathering.clear()
        self._newest.clear()
        _wake(self._idle)
        for write in lost:
            _wake(write.waiters, error)
        if not isinstance(error, (sqlite3.Error, OSError)):
            raise error

    async def _sweep(self) -> None:
        while self._garbage:
            some = list(itertools.islice(self._garbage, SLICE))
            await self._call(functools.partial(self._file.remove, some))
            for _ in some:
                self._garbage.popleft()

    async def _call(self, job: Callable[[], T]) -> T:
        """Run a job of the file's on the writer thread, with its failures in the store's words."""
        self._usable(writing=False)
        with self._clock.busy():
            try:
                return await self._writer.call(job)
            except (sqlite3.Error, OSError) as error:
                raise protocol.Unavailable(f"the store's file: {error}") from error

    def _usable(self, *, writing: bool = True) -> None:
        if self._closed:
            raise protocol.Unavailable("the store is closed")
        if writing and self._read_only:
            raise protocol.Unavailable("the store is open for reading only")


def _wake(waiters: list[asyncio.Future[None]], error: BaseException | None = None) -> None:
    for future in waiters:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            failure = protocol.Unavailable(f"the write could not be made durable: {error}")
            failure.__cause__ = error
            future.set_exception(failure)
    waiters.clear()


def _slices(values: Sequence[int], size: int) -> Sequence[Sequence[int]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
