"""Every backend against a dumb twin: a list of what was written, replayed for each answer."""

import asyncio
import dataclasses
import itertools
import pathlib
import tempfile
from typing import Any

import hypothesis
import pytest
from hypothesis import stateful
from hypothesis import strategies as st

from steersman.kit import clock as clocks
from steersman.store import memory, protocol, sqlite
from steersman.store.protocol import Action, Change

KEYS = ["/a/1", "/a/2", "/a/22", "/ab", "/b/1", "/b/c/1"]
PREFIXES = ["", "/", "/a", "/a/", "/a/2", "/b/", "/b/c/1", "/c"]
EXPECT = st.sampled_from(["any", "absent", "newest", "wrong"])

Store = memory.MemoryStore | sqlite.SqliteStore


@dataclasses.dataclass
class Row:
    revision: int
    key: str
    action: Action
    value: bytes


@dataclasses.dataclass
class Watch:
    prefix: str
    after: int
    heard: list[Change]
    subscription: protocol.Subscription


class Twin:
    """The rows, and nothing else."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.compacted = 0

    @property
    def revision(self) -> int:
        return self.rows[-1].revision if self.rows else 1

    def state(self, at: int) -> dict[str, tuple[bytes, int, int]]:
        live: dict[str, tuple[bytes, int, int]] = {}
        for row in self.rows:
            if row.revision > at:
                break
            if row.action is Action.PUT:
                created = live[row.key][2] if row.key in live else row.revision
                live[row.key] = row.value, row.revision, created
            else:
                del live[row.key]
        return live

    def changes(self, prefix: str, after: int) -> list[tuple[Action, str, int, bytes]]:
        return [
            (row.action, row.key, row.revision, row.value)
            for row in self.rows
            if row.revision > after and row.key.startswith(prefix)
        ]


class Machine(stateful.RuleBasedStateMachine):
    """What both backends must do; `begin` and `replace` say how a store is made and made anew."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.twin = Twin()
        self.watches: list[Watch] = []
        self.texts = itertools.count()
        self.store: Store = self.run(self.begin())

    async def begin(self) -> Store:
        raise NotImplementedError

    async def replace(self) -> Store:
        raise NotImplementedError

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.store.close())
        self.runner.close()

    def expected(self, key: str, expect: str) -> int | None:
        entry = self.twin.state(self.twin.revision).get(key)
        return {"any": None, "absent": 0, "newest": entry[1] if entry else 0, "wrong": self.twin.revision + 7}[expect]

    @stateful.rule(
        writes=st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(list(Action)), EXPECT), min_size=1, max_size=6)
    )
    def write(self, writes: list[tuple[str, Action, str]]) -> None:
        """Writes handed in together: each sees those before it."""

        async def together() -> list[protocol.Entry | BaseException]:
            handed = []
            for key, action, expect in writes:
                text, number = b" %d" % next(self.texts), self.expected(key, expect)
                call = self.store.put if action is Action.PUT else self.store.delete
                handed.append(call(key, b"r", text, expect=number))
                outcomes.append(self.foretell(key, action, text, number))
            return await asyncio.gather(*handed, return_exceptions=True)

        outcomes: list[Row | None] = []
        for outcome, result in zip(outcomes, self.run(together()), strict=False):
            if outcome is None:
                assert isinstance(result, protocol.Mismatch)
            else:
                assert isinstance(result, protocol.Entry)
                assert (result.revision, result.value) == (outcome.revision, outcome.value)
        assert len(outcomes) == len(writes)

    def foretell(self, key: str, action: Action, text: bytes, expect: int | None) -> Row | None:
        entry = self.twin.state(self.twin.revision).get(key)
        if expect is not None and expect != (entry[1] if entry else 0):
            return None
        if action is Action.DELETE and entry is None:
            return None
        revision = self.twin.revision + 1
        row = Row(revision, key, action, b"r%d%b" % (revision, text))
        self.twin.rows.append(row)
        return row

    @stateful.rule(prefix=st.sampled_from(PREFIXES), back=st.integers(0, 12))
    def watch(self, prefix: str, back: int) -> None:
        after = max(0, self.twin.revision - back)
        heard: list[Change] = []
        if after < self.twin.compacted:
            with pytest.raises(protocol.Compacted):
                self.store.watch(prefix, heard.extend, after=after)
        else:
            self.watches.append(Watch(prefix, after, heard, self.store.watch(prefix, heard.extend, after=after)))

    @stateful.rule(number=st.integers(0, 20))
    def cancel(self, number: int) -> None:
        if number < len(self.watches):
            self.watches.pop(number).subscription.cancel()

    @stateful.rule(back=st.integers(0, 8))
    def compact(self, back: int) -> None:
        revision = max(1, self.twin.revision - back)
        self.run(self.store.compact(revision))
        if revision > 1:
            self.twin.compacted = max(self.twin.compacted, revision)

    @stateful.rule()
    def made_anew(self) -> None:
        self.watches.clear()
        self.store = self.run(self.replace())

    @stateful.rule(
        prefix=st.sampled_from(PREFIXES),
        back=st.integers(-1, 12),
        after=st.sampled_from(["", *KEYS]),
        limit=st.integers(0, 3),
    )
    def read(self, prefix: str, back: int, after: str, limit: int) -> None:
        at = max(1, self.twin.revision - back)
        try:
            page = self.store.range(prefix, at=at, after=after, limit=limit)
        except protocol.Compacted:
            assert at < self.twin.compacted
            return
        except protocol.Future:
            assert at > self.twin.revision
            return
        state = self.twin.state(at)
        found = [key for key in sorted(state) if key.startswith(prefix) and key > after]
        kept = found[:limit] if limit else found
        assert [(e.key, (e.value, e.revision, e.created)) for e in page.entries] == [(key, state[key]) for key in kept]
        assert (page.remaining, page.revision) == (len(found) - len(kept), at)
        for key in KEYS:
            entry = self.store.get(key, at=at)
            assert (entry and (entry.value, entry.revision, entry.created)) == state.get(key)

    @stateful.invariant()
    def agrees(self) -> None:
        self.store.check()
        assert self.store.revision == self.twin.revision
        assert self.store.oldest == max(1, self.twin.compacted)
        state = self.twin.state(self.twin.revision)
        assert {e.key: (e.value, e.revision, e.created) for e in self.store.range("").entries} == state
        for prefix in PREFIXES:
            assert self.store.count(prefix) == sum(key.startswith(prefix) for key in state)
        for watch in self.watches:
            heard = [(c.action, c.entry.key, c.revision, c.entry.value) for c in watch.heard]
            assert heard == self.twin.changes(watch.prefix, watch.after)


class MemoryMachine(Machine):
    async def begin(self) -> Store:
        return memory.MemoryStore()

    async def replace(self) -> Store:
        assert isinstance(self.store, memory.MemoryStore)
        fork = self.store.fork()
        await self.store.put("/a/1", b"", b" not in the fork", expect=None)
        await self.store.compact(self.store.revision)
        return fork


class SqliteMachine(Machine):
    async def begin(self) -> Store:
        self.folder = tempfile.TemporaryDirectory(prefix="steersman-twin-")
        return await self.open()

    async def open(self) -> Store:
        return await sqlite.SqliteStore.open(pathlib.Path(self.folder.name) / "store.db", clock=clocks.RealClock())

    async def replace(self) -> Store:
        await self.store.close()
        return await self.open()

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


TestMemory = MemoryMachine.TestCase
TestMemory.settings = hypothesis.settings(max_examples=40, stateful_step_count=30, deadline=None, derandomize=True)
TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = hypothesis.settings(max_examples=15, stateful_step_count=25, deadline=None, derandomize=True)
