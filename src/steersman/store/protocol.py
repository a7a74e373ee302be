"""What a store is: etcd's semantics, with bytes that carry their own revision.

One counter, `revision`, grows by one with every write.  A worked example:

    put a -> revision 2        get(a) at 2: first, at 3: first, at 4: second
    put b -> revision 3        range("") at 3: a (first), b
    put a -> revision 4        watch("", after=2): put b @3, put a @4
    delete b -> revision 5     watch("", after=4): delete b @5
    compact(4)                 range at 3: Compacted(4); watch after=3: Compacted(4); after=4 still works

An empty store is at revision 1, as etcd's is.

A value is given as `head` and `tail` and stored as `head + str(revision) + tail`: an object carries its own
`resourceVersion`, and bytes are joined once.  A delete is given the object's last state in the same way, and
the watch event carries it (Kubernetes' DELETED event shows the revision of the deletion).

Reads (`get`, `range`, `revision`) are answered from memory, at once, and see only what is durable.
Writes are ordered by the store; `put` and `delete` return when the write is durable, and only then does any
watcher see it.  A write's expectation is checked against the newest write handed in, durable or not: of two
writers that both read revision 5, one gets `Mismatch`.

The store never looks into a value, and never keeps the clock.
"""

import dataclasses
import enum
from collections.abc import Callable, Sequence
from typing import Protocol


class StoreError(Exception):
    """Base of what a store raises."""


class Mismatch(StoreError):
    """The key is not at the revision expected.  `current` is its newest durable entry, or None."""

    def __init__(self, key: str, current: "Entry | None") -> None:
        super().__init__(f"{key} is at revision {current.revision if current else 0}")
        self.current = current


class Compacted(StoreError):
    """The revision asked for is older than what is kept.  `oldest` is the oldest that can be asked for."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"revisions before {oldest} are compacted")
        self.oldest = oldest


class Future(StoreError):
    """The revision asked for is not there yet."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the newest revision is {current}")
        self.current = current


class Unavailable(StoreError):
    """The write could not be made durable (disk full, not writable, closed).  Nothing of it is kept."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A key's value.  `revision` is that of its last write, `created` of the write that made the key."""

    key: str
    value: bytes
    revision: int
    created: int


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """What a range read found, in key order.

    `revision` is the one the read saw; `remaining` counts the keys that a limit cut off.
    """

    entries: Sequence[Entry]
    revision: int
    remaining: int = 0


class Action(enum.Enum):
    PUT = "put"
    DELETE = "delete"


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One write, as a watcher sees it.

    `entry` is what was put, or the last state with the revision of the deletion; `previous` what was there
    before (None for a new key).
    """

    action: Action
    entry: Entry
    previous: Entry | None

    @property
    def revision(self) -> int:
        return self.entry.revision


Sink = Callable[[Sequence[Change]], None]
"""Takes the changes of one commit, in order.  Called on the loop; must not block, raise or write."""


class Subscription(Protocol):
    def cancel(self) -> None:
        """No call of the sink begins after this.  Twice does nothing."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a row with what: kept beside it in the log, for history and undo."""

    user: str = ""
    agent: str = ""


class Store(Protocol):
    """See the module's text for the semantics."""

    @property
    def revision(self) -> int:
        """The newest durable revision; 1 in an empty store, as etcd has it."""
        ...

    @property
    def oldest(self) -> int:
        """The oldest revision that can still be read and watched from."""
        ...

    def get(self, key: str, *, at: int = 0) -> Entry | None:
        """The entry at a revision (0: now).  Raises Compacted or Future."""
        ...

    def range(self, prefix: str, *, at: int = 0, after: str = "", limit: int = 0) -> Page:
        """The entries whose key begins with `prefix` and is greater than `after`, in key order.

        `limit` 0 is no limit.  Raises Compacted or Future.
        """
        ...

    def count(self, prefix: str) -> int: ...

    async def put(self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()) -> Entry:
        """Write.  `expect`: the revision the key must be at, 0 for absent, None for any.

        Raises Mismatch or Unavailable.  Cancelling the caller does not take the write back.
        """
        ...

    async def delete(
        self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()
    ) -> Entry:
        """Remove; returns the last state as the watch event carries it.  Raises Mismatch (also when absent)."""
        ...

    def watch(self, prefix: str, sink: Sink, *, after: int) -> Subscription:
        """Every change of the prefix with a revision greater than `after`, in order, without a gap.

        Past ones are given to `sink` before this returns.  Raises Compacted (Future is not raised: changes
        up to `after` are skipped).
        """
        ...

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten or deleted before `revision`.  Going backwards does nothing."""
        ...

    async def close(self) -> None:
        """Wait for writes handed in, then release files and threads.  Writes after it raise Unavailable."""
        ...
