"""What only the memory store does: forks, and a beginning at a later revision."""

import pytest

from steersman.store import memory, protocol
from steersman.store.protocol import Change


async def test_a_fork_begins_with_everything_and_shares_nothing_that_changes() -> None:
    original = memory.MemoryStore()
    for key in "abc":
        await original.put(key, b"", b"", expect=0)
    await original.delete("b", b"", b"", expect=None)
    heard: list[Change] = []
    original.watch("", heard.extend, after=5)

    fork = original.fork()
    await fork.put("a", b"", b" fork", expect=2)
    await fork.put("b", b"", b" fork", expect=0)
    await original.delete("c", b"", b"", expect=None)
    original.check()
    fork.check()

    assert [entry.key for entry in original.range("").entries] == ["a"]
    assert [entry.key for entry in fork.range("").entries] == ["a", "b", "c"]
    assert [change.entry.key for change in heard] == ["c"]
    assert fork.get("c") is original.get("c", at=5)
    assert [entry.key for entry in fork.range("", at=4).entries] == ["a", "b", "c"]


async def test_a_fork_is_compacted_alone() -> None:
    original = memory.MemoryStore()
    for _ in range(4):
        await original.put("a", b"", b"", expect=None)
    fork = original.fork()
    await fork.compact(4)
    original.check()
    fork.check()
    assert original.get("a", at=2) is not None
    with pytest.raises(protocol.Compacted):
        fork.get("a", at=3)


async def test_a_store_may_begin_at_a_later_revision() -> None:
    store = memory.MemoryStore(seed_revision=1000)
    entry = await store.put("a", b"", b"", expect=0)
    assert entry.revision == 1001
    assert store.oldest == 1000
    assert store.range("", at=1000).entries == []
    with pytest.raises(protocol.Compacted):
        store.watch("", lambda changes: None, after=999)
    with pytest.raises(ValueError, match="first revision"):
        memory.MemoryStore(seed_revision=0)
    store.check()
