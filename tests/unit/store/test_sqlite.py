"""What only the store on disk does: it survives, it shares commits, and it says what is wrong with its file."""

import asyncio
import contextlib
import os
import pathlib
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest

from steersman.kit import clock as clocks
from steersman.kit import virtual
from steersman.store import database, opening, protocol
from steersman.store.protocol import Author, Change
from steersman.store.sqlite import SqliteStore

CLOCK = clocks.RealClock()


@contextlib.asynccontextmanager
async def opened(path: pathlib.Path, *, read_only: bool = False, quota: int = 0) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(path, clock=CLOCK, read_only=read_only, quota=quota)
    try:
        yield store
        store.check()
    finally:
        await store.close()


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "store.db"


async def put(store: SqliteStore, key: str, text: bytes = b"x", expect: int | None = None) -> protocol.Entry:
    return await store.put(key, b"<", b"> " + text, expect=expect)


def state(store: SqliteStore) -> list[protocol.Entry]:
    return list(store.range("").entries)


def rows(path: pathlib.Path) -> list[int]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [revision for (revision,) in connection.execute("SELECT revision FROM log ORDER BY revision")]


async def test_what_was_written_is_there_after_reopening_history_included(path: pathlib.Path) -> None:
    async with opened(path) as store:
        for key in ("a", "b", "a", "c"):
            await put(store, key)
        await store.delete("b", b"", b"", expect=None)
        before = [list(store.range("", at=at).entries) for at in range(1, 7)]
    heard: list[Change] = []
    async with opened(path) as store:
        assert store.revision == 6
        assert [list(store.range("", at=at).entries) for at in range(1, 7)] == before
        store.watch("", heard.extend, after=3)
        assert [(c.action.value, c.entry.key, c.revision) for c in heard] == [
            ("put", "a", 4),
            ("put", "c", 5),
            ("delete", "b", 6),
        ]
        assert heard[0].previous == before[2][0]
        assert (await put(store, "b", expect=0)).revision == 7


async def test_compaction_and_the_counter_survive_reopening(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await put(store, "a")
        await store.delete("a", b"", b"", expect=None)
        await store.compact(3)
    assert rows(path) == []
    async with opened(path) as store:
        assert (store.revision, store.oldest) == (3, 3)
        with pytest.raises(protocol.Compacted):
            store.get("a", at=2)
        assert (await put(store, "a")).revision == 4


async def test_compaction_removes_exactly_the_rows_that_nobody_can_read(path: pathlib.Path) -> None:
    async with opened(path) as store:
        for _ in range(3):
            await put(store, "a")  # 2 3 4
        await put(store, "b")  # 5
        await store.delete("b", b"", b"", expect=None)  # 6
        await put(store, "a")  # 7
        await store.compact(5)
        assert rows(path) == [4, 5, 6, 7]
        await store.compact(6)
        assert rows(path) == [4, 7]
        assert store.get("a", at=6) is not None
    async with opened(path) as store:
        assert [change.revision for change in store._index.since("", 6)] == [7]
        assert store._index.since("", 6)[0].previous == store.get("a", at=6)


async def test_a_compaction_cut_short_is_finished_by_the_next(path: pathlib.Path) -> None:
    async with opened(path) as store:
        for _ in range(3):
            await put(store, "a")
        await put(store, "b")
        await store.delete("b", b"", b"", expect=None)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE meta SET number = 6")
        connection.commit()
    async with opened(path) as store:
        assert [entry.revision for entry in state(store)] == [4]
        assert store.oldest == 6
        await store.compact(6)
        assert rows(path) == [4]


async def test_writers_that_come_together_share_commits(path: pathlib.Path) -> None:
    async with opened(path) as store:
        batches: list[int] = []
        store.watch("", lambda changes: batches.append(len(changes)), after=1)
        await asyncio.gather(*(put(store, f"k{n}") for n in range(1000)))
        assert sum(batches) == 1000
        assert len(batches) <= 12
        assert max(batches) <= database.GROUP


async def test_nothing_is_seen_before_it_is_durable(path: pathlib.Path) -> None:
    async with opened(path) as store:
        heard: list[Change] = []
        store.watch("", heard.extend, after=1)
        writer = asyncio.get_running_loop().create_task(put(store, "a"))
        await asyncio.sleep(0)
        assert (store.revision, store.get("a"), heard) == (1, None, [])
        with contextlib.closing(sqlite3.connect(path)) as reader:
            store.watch("", lambda changes: seen.append(reader.execute("SELECT count(*) FROM log").fetchone()), after=1)
            seen: list[tuple[int]] = []
            await writer
        assert seen == [(1,)]


async def test_a_large_value_closes_its_group(path: pathlib.Path) -> None:
    async with opened(path) as store:
        batches: list[int] = []
        store.watch("", lambda changes: batches.append(len(changes)), after=1)
        await asyncio.gather(*(put(store, f"k{n}", bytes(1 << 20)) for n in range(9)))
        assert batches == [4, 4, 1]


async def test_a_full_disk_fails_every_writer_and_keeps_nothing(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await put(store, "a")
        await store.limit(1)
        heard: list[Change] = []
        store.watch("", heard.extend, after=2)
        results = await asyncio.gather(
            *(put(store, f"big{n}", bytes(50_000)) for n in range(20)),
            put(store, "a", expect=2),
            put(store, "a", expect=22),
            put(store, "a", expect=2),
            return_exceptions=True,
        )
        assert {type(result) for result in results} == {protocol.Unavailable}
        assert (store.revision, len(state(store)), heard) == (2, 1, [])
        store.check()

        with pytest.raises(protocol.Unavailable, match="full"):
            await put(store, "b", bytes(50_000))

        await store.limit(0)
        assert (await put(store, "b", bytes(50_000))).revision == 3
        assert [change.revision for change in heard] == [3]
    assert rows(path) == [2, 3]
    async with opened(path) as store:
        assert store.revision == 3


async def test_a_quota_given_at_opening_holds(path: pathlib.Path) -> None:
    async with opened(path, quota=400_000) as store:
        with pytest.raises(protocol.Unavailable):
            for n in range(100):
                await put(store, f"k{n}", bytes(20_000))
        assert 5 < len(state(store)) < 20
        with pytest.raises(protocol.Unavailable):
            await put(store, "more", bytes(20_000))


async def test_a_refusal_by_a_write_that_then_fails_is_no_refusal(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await store.limit(1)
        results = await asyncio.gather(
            put(store, "a", bytes(50_000), expect=0), put(store, "a", expect=0), return_exceptions=True
        )
        assert [type(result) for result in results] == [protocol.Unavailable, protocol.Unavailable]
        await store.limit(0)
        assert (await put(store, "a", expect=0)).revision == 2


async def test_rows_of_a_failed_group_that_reached_the_file_are_removed_before_the_next(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await put(store, "a")
        await store.limit(1)
        with pytest.raises(protocol.Unavailable):
            await put(store, "lost", bytes(50_000))
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("INSERT INTO log VALUES (3, 'lost', 0, 3, '', '', 0, x'00')")
            other.commit()
        await store.limit(0)
        assert (await put(store, "kept")).revision == 3
    async with opened(path) as store:
        assert [entry.key for entry in state(store)] == ["a", "kept"]


async def test_each_write_says_who_made_it_with_what_and_when(path: pathlib.Path) -> None:
    clock = virtual.VirtualClock()
    store = await SqliteStore.open(path, clock=clock)
    try:
        await store.put("a", b"", b"", expect=0, author=Author("alice", "kubectl"))
        await clock.advance("1h")
        await store.put("b", b"", b"", expect=0)
        await store.delete("a", b"", b"", expect=None, author=Author("bob", "helm"))
        records = await store.history("a")
        assert [(r.change.revision, r.author, r.at - virtual.EPOCH) for r in records] == [
            (2, Author("alice", "kubectl"), 0),
            (4, Author("bob", "helm"), 3600),
        ]
        assert await store.history("nobody") == []
    finally:
        await store.close()


async def test_virtual_time_waits_for_the_disk(path: pathlib.Path) -> None:
    clock = virtual.VirtualClock()
    store = await SqliteStore.open(path, clock=clock)
    stamps: list[float] = []

    async def write() -> None:
        for n in range(5):
            await put(store, f"k{n}")
            stamps.append(clock.monotonic())
            await clock.sleep(1)

    task = asyncio.get_running_loop().create_task(write())
    await clock.advance(10)
    await task
    assert stamps == [0, 1, 2, 3, 4]
    await store.close()


async def test_a_second_process_is_told_who_has_the_store(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await put(store, "a")
        with pytest.raises(opening.InUse, match=f"store.db is in use by process {os.getpid()}") as refusal:
            await SqliteStore.open(path, clock=CLOCK)
        assert refusal.value.pid == os.getpid()
    async with opened(path) as store:
        assert len(state(store)) == 1


async def test_a_store_may_be_read_while_another_has_it_open(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await put(store, "a")
        async with opened(path, read_only=True) as reader:
            assert state(reader) == state(store)
            with pytest.raises(protocol.Unavailable, match="reading only"):
                await put(reader, "b")
            assert len(await reader.history("a")) == 1


async def test_the_file_is_for_its_owner_only(path: pathlib.Path) -> None:
    async with opened(path / ".." / "new" / "deep.db") as store:
        await put(store, "a")
        files = sorted((path.parent / "new").iterdir())
        assert {file.stat().st_mode & 0o077 for file in files} == {0}
        assert len(files) >= 2


async def refused(path: pathlib.Path, kind: type[opening.OpenError], *, read_only: bool = False) -> str:
    with pytest.raises(kind) as refusal:
        await SqliteStore.open(path, clock=CLOCK, read_only=read_only)
    text = str(refusal.value)
    assert "\n" not in text
    assert path.name in text
    return text


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: pathlib.Path) -> None:
    async with opened(path) as store:
        await put(store, "a")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {database.VERSION + 1}")
    before = path.read_bytes()
    assert "newer steersman" in await refused(path, opening.NewerVersion)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all, " * 100, b"x"])
async def test_a_file_that_is_no_database_is_refused(path: pathlib.Path, content: bytes) -> None:
    path.write_bytes(content)
    await refused(path, opening.Broken)
    assert path.read_bytes() == content


async def test_another_programs_database_is_refused(path: pathlib.Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    assert "not a steersman store" in await refused(path, opening.Broken)
    async with opened(path.with_name("fine.db")):
        pass


@pytest.mark.parametrize(
    "damage",
    ["DELETE FROM log WHERE revision = 4", "DROP TABLE log", "UPDATE log SET action = 1 WHERE revision = 2"],
)
async def test_a_log_that_lost_something_is_refused(path: pathlib.Path, damage: str) -> None:
    async with opened(path) as store:
        for key in "abcd":
            await put(store, key)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    await refused(path, opening.Broken)


async def test_damaged_pages_are_refused(path: pathlib.Path) -> None:
    async with opened(path) as store:
        for n in range(200):
            await put(store, f"k{n}", bytes(500))
    damaged = bytearray(path.read_bytes())
    damaged[8192:60_000] = os.urandom(60_000 - 8192)
    path.write_bytes(damaged)
    await refused(path, opening.Broken)


async def test_a_place_that_cannot_be_written_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").write_text("")
    await refused(tmp_path / "file" / "store.db", opening.Unwritable)
    (tmp_path / "folder.db").mkdir()
    await refused(tmp_path / "folder.db", opening.Unwritable)
    await refused(tmp_path / "absent" / "store.db", opening.Unwritable, read_only=True)


async def test_a_failed_opening_leaves_no_lock(path: pathlib.Path) -> None:
    path.write_bytes(b"not a database at all" * 100)
    await refused(path, opening.Broken)
    path.unlink()
    async with opened(path):
        pass


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    mount = tmp_path / "small"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)], check=True)
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.root
async def test_a_file_system_without_room_fails_writers_until_it_has_some(small_disk: pathlib.Path) -> None:
    path = small_disk / "store.db"
    async with opened(path) as store:
        (small_disk / "ballast").write_bytes(bytes(7_000_000))
        with pytest.raises(protocol.Unavailable):
            for n in range(200):
                await put(store, f"k{n}", bytes(100_000))
        kept = state(store)
        assert len(kept) > 10
        (small_disk / "ballast").unlink()
        await put(store, "after")
    async with opened(path) as store:
        assert len(state(store)) == len(kept) + 1


CHILD = """
import asyncio, sys
from steersman.kit import clock
from steersman.store import sqlite

async def main(path):
    store = await sqlite.SqliteStore.open(path, clock=clock.RealClock())
    async def writer(n):
        for turn in range(100000):
            entry = await store.put(f"w{n}/{turn % 7}", b"", b" " * (n * 40), expect=None)
            print(entry.revision, entry.key, "put", flush=True)
            if turn % 5 == 4:
                gone = await store.delete(entry.key, b"", b"", expect=entry.revision)
                print(gone.revision, gone.key, "delete", flush=True)
            if n == 0 and turn % 20 == 19:
                await store.compact(max(store.oldest, store.revision - 100))
    await asyncio.gather(*(writer(n) for n in range(8)))

asyncio.run(main(sys.argv[1]))
"""


def killed_after(path: pathlib.Path, lines: int) -> Sequence[tuple[int, str, str]]:
    """Run the writing child, kill it once it has printed so many lines; what it acknowledged."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    acknowledged = []
    for line in child.stdout:
        if line.endswith("\n"):
            revision, key, action = line.split()
            acknowledged.append((int(revision), key, action))
        if len(acknowledged) == lines:
            child.kill()
    child.stdout.close()
    child.wait()
    return acknowledged


async def test_a_killed_process_loses_nothing_that_it_acknowledged(path: pathlib.Path) -> None:
    begun = 1
    for lines in (1, 57, 444):
        acknowledged = killed_after(path, lines)
        assert len(acknowledged) >= lines
        async with opened(path) as store:  # which refuses a log with a gap
            for revision, key, action in acknowledged:
                assert begun < revision <= store.revision
                if revision > store.oldest:
                    assert (revision, action) in [(c.revision, c.action.value) for c in store._index.line(key)]
            last = {key: (revision, action) for revision, key, action in sorted(acknowledged)}
            for key, (revision, action) in last.items():
                held = store.get(key)
                if held is None:
                    assert action == "delete" or store._index.line(key)[-1].revision > revision
                else:
                    assert held.revision >= revision
            begun = store.revision
