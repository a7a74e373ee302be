"""What every store does, whatever keeps its data (see store/protocol.py)."""

import asyncio
from collections.abc import Sequence

import pytest

from steersman.store import memory, protocol, sqlite
from steersman.store.protocol import Action, Change

Store = memory.MemoryStore | sqlite.SqliteStore


class Heard:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Change]] = []

    def __call__(self, changes: Sequence[Change]) -> None:
        assert changes, "a sink is never called with nothing"
        self.batches.append(tuple(changes))

    @property
    def story(self) -> list[str]:
        return [f"{c.action.value} {c.entry.key}@{c.revision}" for batch in self.batches for c in batch]


async def put(store: Store, key: str, text: str = "x", expect: int | None = None) -> protocol.Entry:
    return await store.put(key, b"<", f"> {text}".encode(), expect=expect)


async def delete(store: Store, key: str, expect: int | None = None) -> protocol.Entry:
    return await store.delete(key, b"<", b"> gone", expect=expect)


def keys(page: protocol.Page) -> list[str]:
    return [entry.key for entry in page.entries]


async def test_an_empty_store_is_at_revision_one(store: Store) -> None:
    assert (store.revision, store.oldest) == (1, 1)
    assert store.get("a") is None
    assert store.range("") == protocol.Page([], 1)


async def test_a_value_carries_the_revision_of_its_write(store: Store) -> None:
    entry = await put(store, "a", "first")
    assert entry == protocol.Entry("a", b"<2> first", 2, 2)
    assert store.get("a") == entry
    again = await put(store, "a", "second")
    assert (again.value, again.revision, again.created) == (b"<3> second", 3, 2)


async def test_a_key_made_again_is_a_new_key(store: Store) -> None:
    await put(store, "a")
    gone = await delete(store, "a")
    assert (gone.value, gone.revision, gone.created) == (b"<3> gone", 3, 2)
    assert store.get("a") is None
    assert (await put(store, "a")).created == 4


@pytest.mark.parametrize("expect", [1, 3, 99])
async def test_a_write_that_expects_another_revision_is_refused(store: Store, expect: int) -> None:
    entry = await put(store, "a")
    for write in (put, delete):
        with pytest.raises(protocol.Mismatch) as refusal:
            await (put(store, "a", expect=expect) if write is put else delete(store, "a", expect))
        assert refusal.value.current == entry
    assert store.revision == 2


async def test_a_write_that_expects_what_is_there_is_done(store: Store) -> None:
    await put(store, "a", expect=0)
    await put(store, "a", expect=2)
    await delete(store, "a", expect=3)
    await put(store, "a", expect=0)
    assert store.revision == 5


async def test_what_is_expected_absent_must_be_absent(store: Store) -> None:
    entry = await put(store, "a")
    with pytest.raises(protocol.Mismatch) as refusal:
        await put(store, "a", expect=0)
    assert refusal.value.current == entry


@pytest.mark.parametrize("expect", [None, 0, 1])
async def test_what_is_absent_cannot_be_deleted(store: Store, expect: int | None) -> None:
    with pytest.raises(protocol.Mismatch) as refusal:
        await delete(store, "a", expect)
    assert refusal.value.current is None
    assert store.revision == 1


async def test_of_two_writers_that_read_the_same_revision_one_is_refused(store: Store) -> None:
    await put(store, "a")
    results = await asyncio.gather(
        *(put(store, "a", name, expect=2) for name in ("one", "two")), return_exceptions=True
    )
    assert isinstance(results[0], protocol.Entry)
    assert isinstance(results[1], protocol.Mismatch)
    assert results[1].current == results[0]


async def test_writers_of_one_key_build_on_each_other(store: Store) -> None:
    results = await asyncio.gather(
        put(store, "a", expect=0), put(store, "a", expect=2), delete(store, "a", 3), put(store, "a", expect=0)
    )
    assert [entry.revision for entry in results] == [2, 3, 4, 5]
    assert [entry.created for entry in results] == [2, 2, 2, 5]


async def test_writes_are_numbered_in_the_order_handed_in(store: Store) -> None:
    entries = await asyncio.gather(*(put(store, f"k{n}") for n in range(40)))
    assert [entry.revision for entry in entries] == list(range(2, 42))


async def test_a_range_is_the_keys_of_a_prefix_in_order(store: Store) -> None:
    for key in ("/b/2", "/a/1", "/b/1", "/c/1", "/b"):
        await put(store, key)
    assert keys(store.range("/b/")) == ["/b/1", "/b/2"]
    assert keys(store.range("")) == ["/a/1", "/b", "/b/1", "/b/2", "/c/1"]
    assert store.range("/d").entries == []
    assert store.count("/b") == 3


async def test_a_limited_range_says_how_many_are_left(store: Store) -> None:
    for n in range(5):
        await put(store, f"/a/{n}")
    await put(store, "/b/0")
    first = store.range("/a/", limit=2)
    assert (keys(first), first.remaining, first.revision) == (["/a/0", "/a/1"], 3, 7)
    rest = store.range("/a/", after="/a/1", limit=3)
    assert (keys(rest), rest.remaining) == (["/a/2", "/a/3", "/a/4"], 0)


async def test_a_range_at_a_revision_sees_the_store_as_it_was(store: Store) -> None:
    await put(store, "a", "first")  # 2
    await put(store, "b")  # 3
    await put(store, "a", "second")  # 4
    await delete(store, "b")  # 5
    await put(store, "c")  # 6
    await put(store, "b")  # 7
    seen = {at: [(e.key, e.revision) for e in store.range("", at=at).entries] for at in range(1, 8)}
    assert seen == {
        1: [],
        2: [("a", 2)],
        3: [("a", 2), ("b", 3)],
        4: [("a", 4), ("b", 3)],
        5: [("a", 4)],
        6: [("a", 4), ("c", 6)],
        7: [("a", 4), ("b", 7), ("c", 6)],
    }
    page = store.range("", at=4, limit=1)
    assert (keys(page), page.remaining, page.revision) == (["a"], 1, 4)
    assert keys(store.range("", at=4, after="a")) == ["b"]
    old = store.get("b", at=4)
    assert old is not None
    assert old.revision == 3
    assert store.get("b", at=5) is None


async def test_the_future_cannot_be_read(store: Store) -> None:
    with pytest.raises(protocol.Future) as refusal:
        store.get("a", at=2)
    assert refusal.value.current == 1
    with pytest.raises(protocol.Future):
        store.range("", at=9)


async def test_a_watch_hears_the_past_and_then_what_comes_without_a_gap(store: Store) -> None:
    await put(store, "/a/1")
    await put(store, "/b/1")
    await delete(store, "/a/1")
    heard = Heard()
    store.watch("/a/", heard, after=2)
    assert heard.story == ["delete /a/1@4"]
    await put(store, "/a/1")
    await put(store, "/b/2")
    await delete(store, "/a/1")
    assert heard.story == ["delete /a/1@4", "put /a/1@5", "delete /a/1@7"]


async def test_a_change_says_what_was_there_before(store: Store) -> None:
    heard = Heard()
    store.watch("", heard, after=1)
    first = await put(store, "a", "first")
    second = await put(store, "a", "second")
    last = await delete(store, "a")
    changes = [change for batch in heard.batches for change in batch]
    assert changes == [
        Change(Action.PUT, first, None),
        Change(Action.PUT, second, first),
        Change(Action.DELETE, last, second),
    ]


async def test_a_watch_from_the_future_skips_what_comes_before(store: Store) -> None:
    heard = Heard()
    store.watch("", heard, after=3)
    for key in "abcd":
        await put(store, key)
    assert heard.story == ["put c@4", "put d@5"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", ["/r/pods/a/web", "/r/pods/a/web2", "/r/pods/b/web", "/r/nodes/n", "top"]),
        ("/", ["/r/pods/a/web", "/r/pods/a/web2", "/r/pods/b/web", "/r/nodes/n"]),
        ("/r/pods/", ["/r/pods/a/web", "/r/pods/a/web2", "/r/pods/b/web"]),
        ("/r/pods/a/", ["/r/pods/a/web", "/r/pods/a/web2"]),
        ("/r/pods/a/web", ["/r/pods/a/web", "/r/pods/a/web2"]),
        ("/r/pods/a/web2", ["/r/pods/a/web2"]),
        ("/r/pods/a/web23", []),
        ("/r/p", ["/r/pods/a/web", "/r/pods/a/web2", "/r/pods/b/web"]),
        ("t", ["top"]),
        ("/r/pods/a/x", []),
    ],
)
async def test_a_watch_hears_its_prefix_and_nothing_else(store: Store, prefix: str, expected: list[str]) -> None:
    heard, other = Heard(), Heard()
    store.watch(prefix, heard, after=1)
    store.watch("/r/pods/a/we", other, after=1)
    for key in ("/r/pods/a/web", "/r/pods/a/web2", "/r/pods/b/web", "/r/nodes/n", "top"):
        await put(store, key)
    assert [change.entry.key for batch in heard.batches for change in batch] == expected
    assert len(other.story) == 2


async def test_a_cancelled_watch_hears_nothing_more(store: Store) -> None:
    heard = Heard()
    subscription = store.watch("", heard, after=1)
    await put(store, "a")
    subscription.cancel()
    subscription.cancel()
    await put(store, "b")
    assert heard.story == ["put a@2"]


async def test_a_sink_may_cancel_and_subscribe_while_it_is_called(store: Store) -> None:
    late, second = Heard(), Heard()

    def first(changes: Sequence[Change]) -> None:
        cancelled.cancel()
        if not late.batches:
            store.watch("", late, after=1)

    store.watch("", first, after=1)
    cancelled = store.watch("", second, after=1)
    await put(store, "a")
    await put(store, "b")
    assert second.batches == []
    assert late.story == ["put a@2", "put b@3"]


async def test_a_failing_sink_is_heard_and_harms_no_other(store: Store) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context["exception"]))

    def broken(changes: Sequence[Change]) -> None:
        raise ZeroDivisionError

    heard = Heard()
    store.watch("", broken, after=1)
    store.watch("", heard, after=1)
    await put(store, "a")
    assert heard.story == ["put a@2"]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


async def test_a_writer_returns_only_when_its_write_can_be_read(store: Store) -> None:
    async def write(n: int) -> None:
        entry = await put(store, f"k{n}")
        assert store.get(f"k{n}") == entry
        assert store.revision >= entry.revision

    await asyncio.gather(*(write(n) for n in range(30)))


async def test_compaction_forgets_what_was_overwritten(store: Store) -> None:
    await put(store, "a", "first")  # 2
    await put(store, "b")  # 3
    await put(store, "a", "second")  # 4
    await delete(store, "b")  # 5
    await put(store, "a", "third")  # 6
    await store.compact(4)
    assert store.oldest == 4
    for reading in (lambda: store.range("", at=3), lambda: store.get("a", at=2), lambda: store.get("zzz", at=3)):
        with pytest.raises(protocol.Compacted) as refusal:
            reading()
        assert refusal.value.oldest == 4
    assert [(e.key, e.revision) for e in store.range("", at=4).entries] == [("a", 4), ("b", 3)]
    assert [(e.key, e.revision) for e in store.range("", at=5).entries] == [("a", 4)]
    with pytest.raises(protocol.Compacted):
        store.watch("", Heard(), after=3)
    heard = Heard()
    store.watch("", heard, after=4)
    assert heard.story == ["delete b@5", "put a@6"]
    store.check()


async def test_compaction_up_to_now_keeps_what_is_live(store: Store) -> None:
    for key in "abc":
        await put(store, key)
    await delete(store, "b")
    await store.compact(store.revision)
    assert keys(store.range("", at=store.revision)) == ["a", "c"]
    await put(store, "b")
    assert keys(store.range("", at=5)) == ["a", "c"]
    assert keys(store.range("")) == ["a", "b", "c"]


async def test_compaction_backwards_does_nothing_and_forwards_is_refused(store: Store) -> None:
    for key in "abc":
        await put(store, key)
    await store.compact(3)
    await store.compact(2)
    assert store.oldest == 3
    with pytest.raises(protocol.Future):
        await store.compact(5)


async def test_a_running_watch_is_not_disturbed_by_compaction(store: Store) -> None:
    heard = Heard()
    store.watch("", heard, after=1)
    await put(store, "a")
    await store.compact(2)
    await put(store, "a")
    assert heard.story == ["put a@2", "put a@3"]


async def test_keys_beyond_ascii_are_ordered_and_found(store: Store) -> None:
    for key in ("/é/1", "/\U0010ffff/1", "/e/1", "/é"):
        await put(store, key)
    assert keys(store.range("/é")) == ["/é", "/é/1"]
    assert keys(store.range("/\U0010ffff")) == ["/\U0010ffff/1"]
    assert keys(store.range("")) == ["/e/1", "/é", "/é/1", "/\U0010ffff/1"]


async def test_a_value_is_any_bytes(store: Store) -> None:
    entry = await store.put("a", bytes(range(256)), b"\0\xff", expect=None)
    assert entry.value == bytes(range(256)) + b"2" + b"\0\xff"


async def test_a_cancelled_writer_does_not_take_its_write_back(store: Store) -> None:
    task = asyncio.get_running_loop().create_task(put(store, "a"))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await put(store, "b")
    assert keys(store.range("")) == ["a", "b"]


async def test_a_closed_store_refuses_writes_and_answers_reads(store: Store) -> None:
    await put(store, "a")
    await store.close()
    await store.close()
    with pytest.raises(protocol.Unavailable):
        await put(store, "a")
    with pytest.raises(protocol.Unavailable):
        await delete(store, "a")
    with pytest.raises(protocol.Unavailable):
        await store.compact(2)
    assert keys(store.range("")) == ["a"]


async def test_closing_waits_for_what_was_handed_in(store: Store) -> None:
    writers = [asyncio.get_running_loop().create_task(put(store, f"k{n}")) for n in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert [entry.revision for entry in await asyncio.gather(*writers)] == list(range(2, 22))
