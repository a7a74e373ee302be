"""What is the same wherever the data is kept: reads and watches from memory, and what a write comes to.

A backend inherits `Reading`, keeps `_index` at what is durable and calls `_fanout.publish` after each commit.
`is_expected` and `next_change` are the rules of a write, as functions of what the key holds.
"""

from steersman.store import fanout, index, protocol
from steersman.store.protocol import Action, Change, Entry


def is_expected(action: Action, current: Entry | None, expect: int | None) -> bool:
    """Whether a write may replace `current`.  What is absent cannot be deleted."""
    if current is None:
        return action is Action.PUT and not expect
    return expect is None or expect == current.revision


def next_change(action: Action, key: str, head: bytes, tail: bytes, *, current: Entry | None, revision: int) -> Change:
    """The change that a write makes of what the key holds."""
    created = current.created if current else revision
    return Change(action, Entry(key, b"%b%d%b" % (head, revision, tail), revision, created), current)


class Reading:
    def __init__(self, memory: index.Index) -> None:
        # Invariant: holds durable writes only.
        self._index = memory
        self._fanout = fanout.Fanout()

    @property
    def revision(self) -> int:
        return self._index.revision

    @property
    def oldest(self) -> int:
        return max(self._index.compacted, 1)

    def get(self, key: str, *, at: int = 0) -> protocol.Entry | None:
        return self._index.get(key, at)

    def range(self, prefix: str, *, at: int = 0, after: str = "", limit: int = 0) -> protocol.Page:
        return self._index.range(prefix, at, after, limit)

    def count(self, prefix: str) -> int:
        return self._index.count(prefix)

    def watch(self, prefix: str, sink: protocol.Sink, *, after: int) -> protocol.Subscription:
        past = self._index.since(prefix, after)
        subscriber = self._fanout.subscribe(prefix, sink, after)
        if past:
            sink(past)
        return subscriber

    def check(self) -> None:
        """Raise AssertionError where an invariant does not hold.  For tests."""
        self._index.check()
