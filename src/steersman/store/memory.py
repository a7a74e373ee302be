"""The store in memory: for tests, for `--in-memory` clusters and as the meaning of the other backends.

A write is durable, in the only sense there is here, once it is applied; so `put` never suspends, and what
awaits it runs on without a turn of the loop.

`fork` gives a store that begins with everything this one holds, history included, and shares its bytes.  What
is written to either is not seen by the other.  Subscriptions stay with the original.
"""

from steersman.store import index, protocol, reading
from steersman.store.protocol import Action, Author, Entry


class MemoryStore(reading.Reading):
    """See `protocol.Store`.  `seed_revision` is the revision of the empty store; writes count on from it."""

    def __init__(self, *, seed_revision: int = 1) -> None:
        if seed_revision < 1:
            raise ValueError("a store's first revision is 1 or more")
        super().__init__(index.Index(seed_revision))
        self._closed = False

    async def put(self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()) -> Entry:
        return self._write(Action.PUT, key, head, tail, expect)

    async def delete(
        self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()
    ) -> Entry:
        return self._write(Action.DELETE, key, head, tail, expect)

    async def compact(self, revision: int) -> None:
        if self._closed:
            raise protocol.Unavailable("the store is closed")
        self._index.compact(revision)
        self._index.trim()

    async def close(self) -> None:
        self._closed = True

    def fork(self) -> "MemoryStore":
        twin = MemoryStore()
        twin._index = self._index.copy()
        return twin

    def _write(self, action: Action, key: str, head: bytes, tail: bytes, expect: int | None) -> Entry:
        if self._closed:
            raise protocol.Unavailable("the store is closed")
        current = self._index.get(key)
        if not reading.is_expected(action, current, expect):
            raise protocol.Mismatch(key, current)
        change = reading.next_change(action, key, head, tail, current=current, revision=self._index.revision + 1)
        self._index.apply(change)
        self._fanout.publish((change,))
        return change.entry
