"""The store's memory: what every key holds, what it held, and what changed, in order.

Both backends that keep their data in this process use it: `memory` alone, `sqlite` for reads.  It knows
nothing of durability, of expectations or of who listens.

Three views of the same writes are kept:

* live:  key -> newest entry, with the keys in a sorted list, for reads of the present;
* log:   every change since the compaction, in revision order, for watches of the past;
* lines: key -> that key's changes since the compaction, for reads of the past.

A line makes a read at a revision a bisection, and needs no rule of its own for what compaction keeps: every
change says what it replaced, so the state at the compacted revision is the `previous` of the line's first
change, or the live entry where a key has no line.  Dropping a change from log and line is the whole of
compaction.

Promised: entries and changes are shared, never copied; reads cost what they return.  Not promised: thread
safety.
"""

import bisect
import heapq
import itertools
from collections.abc import Iterable, Sequence

from steersman.store import protocol
from steersman.store.protocol import Action, Change, Entry

LAST = 0x10FFFF


def beyond(prefix: str) -> str | None:
    """The smallest string greater than all that begin with `prefix`; None where there is none."""
    stem = prefix.rstrip(chr(LAST))
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else None


def _span(keys: Sequence[str], prefix: str, after: str) -> tuple[int, int]:
    """Where in sorted `keys` those begin and end that have the prefix and are greater than `after`."""
    low = bisect.bisect_right(keys, after) if after >= prefix else bisect.bisect_left(keys, prefix)
    end = beyond(prefix)
    high = len(keys) if end is None else bisect.bisect_left(keys, end)
    return low, max(low, high)


def _revision(change: Change) -> int:
    return change.entry.revision


class Index:
    __slots__ = ("_gone", "_keys", "_lines", "_live", "_log", "compacted", "revision")

    def __init__(self, revision: int = 1) -> None:
        # Invariant: one more than before with every change applied.
        self.revision = revision
        # The oldest revision that can be read; 0 while nothing was ever forgotten.  A store that begins at a
        # later revision has forgotten what was before it.
        self.compacted = revision if revision > 1 else 0
        self._live: dict[str, Entry] = {}
        # Invariant: sorted, exactly the keys of `_live`.
        self._keys: list[str] = []
        # Invariant: sorted, exactly the keys that have a line and are not live.
        self._gone: list[str] = []
        # Invariant: no list is empty; each is the log's changes of that key, in order.
        self._lines: dict[str, list[Change]] = {}
        # Invariant: revisions are contiguous and end at `revision`.
        self._log: list[Change] = []

    def __len__(self) -> int:
        return len(self._live)

    def get(self, key: str, at: int = 0) -> Entry | None:
        if at == 0 or at == self.revision:
            return self._live.get(key)
        self._readable(at)
        return self._state(key, at)

    def range(self, prefix: str, at: int = 0, after: str = "", limit: int = 0) -> protocol.Page:
        low, high = _span(self._keys, prefix, after)
        if at == 0 or at == self.revision:
            end = min(low + limit, high) if limit else high
            return protocol.Page(list(map(self._live.__getitem__, self._keys[low:end])), self.revision, high - end)
        self._readable(at)
        first, last = _span(self._gone, prefix, after)
        states = (self._state(key, at) for key in heapq.merge(self._keys[low:high], self._gone[first:last]))
        entries = [entry for entry in states if entry is not None]
        if limit and len(entries) > limit:
            return protocol.Page(entries[:limit], at, len(entries) - limit)
        return protocol.Page(entries, at)

    def count(self, prefix: str) -> int:
        low, high = _span(self._keys, prefix, "")
        return high - low

    def since(self, prefix: str, after: int) -> Sequence[Change]:
        """The changes of a prefix after a revision, oldest first.  Raises Compacted."""
        if after < self.compacted:
            raise protocol.Compacted(self.compacted)
        if after >= self.revision:
            return []
        recent = self._log[after - self.revision :] if self.revision - after < len(self._log) else self._log
        return [change for change in recent if change.entry.key.startswith(prefix)] if prefix else list(recent)

    def line(self, key: str) -> Sequence[Change]:
        """A key's changes since the compaction, oldest first."""
        return tuple(self._lines.get(key, ()))

    def apply(self, change: Change) -> None:
        """Take the next change in."""
        entry = change.entry
        if entry.revision != self.revision + 1:
            raise AssertionError(f"revision {entry.revision} applied after {self.revision}")
        key = entry.key
        line = self._lines.get(key)
        if change.action is Action.PUT:
            if change.previous is None:
                bisect.insort(self._keys, key)
                if line is not None:
                    _remove(self._gone, key)
            self._live[key] = entry
        else:
            del self._live[key]
            _remove(self._keys, key)
            bisect.insort(self._gone, key)
        if line is None:
            self._lines[key] = [change]
        else:
            line.append(change)
        self._log.append(change)
        self.revision = entry.revision

    def load(self, base: Iterable[Entry], changes: Iterable[Change]) -> None:
        """Fill an empty index: the entries as of the compacted revision, then the changes after it."""
        live, lines, log = self._live, self._lines, self._log
        for entry in base:
            live[entry.key] = entry
        for change in changes:
            entry = change.entry
            if change.action is Action.PUT:
                live[entry.key] = entry
            else:
                del live[entry.key]
            lines.setdefault(entry.key, []).append(change)
            log.append(change)
        if log:
            self.revision = log[-1].revision
        self._keys = sorted(live)
        self._gone = sorted(key for key in lines if key not in live)

    def compact(self, revision: int) -> None:
        """Refuse reads and watches before `revision` from now on.  `trim` then frees what nobody can read."""
        if revision > self.revision:
            raise protocol.Future(self.revision)
        if revision > max(self.compacted, 1):  # nothing was before 1
            self.compacted = revision

    def trim(self, limit: int = 0) -> Sequence[Change]:
        """Drop the log's oldest changes that compaction made unreadable, at most `limit`; returns them."""
        unreadable = len(self._log) - (self.revision - self.compacted)
        count = max(0, min(unreadable, limit) if limit else unreadable)
        dropped = self._log[:count]
        del self._log[:count]
        forgotten: set[str] = set()
        for change in dropped:
            key = change.entry.key
            line = self._lines[key]
            if len(line) > 1:
                del line[0]
                continue
            del self._lines[key]
            if key not in self._live:
                forgotten.add(key)
        if forgotten:
            self._gone = [key for key in self._gone if key not in forgotten]
        return dropped

    def copy(self) -> "Index":
        """An index of its own that shares every entry and change."""
        twin = Index(self.revision)
        twin.compacted = self.compacted
        twin._live = self._live.copy()
        twin._keys = self._keys.copy()
        twin._gone = self._gone.copy()
        twin._lines = {key: line.copy() for key, line in self._lines.items()}
        twin._log = self._log.copy()
        return twin

    def check(self) -> None:
        """Raise AssertionError where an invariant does not hold.  For tests; walks everything."""
        assert self._keys == sorted(self._live), "keys are the live keys, sorted"
        assert self._gone == sorted(key for key in self._lines if key not in self._live), "gone keys have a line"
        base = self.revision - len(self._log)
        assert [change.revision for change in self._log] == list(range(base + 1, self.revision + 1)), "log has a gap"
        assert base <= max(self.compacted, 1) <= self.revision, "the log reaches back to the compaction"
        lines: dict[str, list[Change]] = {}
        for change in self._log:
            lines.setdefault(change.entry.key, []).append(change)
        assert lines == self._lines, "lines are the log by key"
        for key, line in lines.items():
            for older, newer in itertools.pairwise(line):
                before = older.entry if older.action is Action.PUT else None
                assert newer.previous is before, f"{key}@{newer.revision} replaced something else than it says"
            last = line[-1]
            assert self._live.get(key) is (last.entry if last.action is Action.PUT else None), (
                f"{key} is its last change"
            )
        for key, entry in self._live.items():
            assert entry.key == key
            assert entry.created <= entry.revision <= self.revision, f"{key} has impossible revisions"

    def _readable(self, at: int) -> None:
        if at > self.revision:
            raise protocol.Future(self.revision)
        if at < self.compacted:
            raise protocol.Compacted(self.compacted)

    def _state(self, key: str, at: int) -> Entry | None:
        line = self._lines.get(key)
        if line is None:
            return self._live.get(key)
        position = bisect.bisect_right(line, at, key=_revision)
        if position == 0:
            return line[0].previous
        change = line[position - 1]
        return change.entry if change.action is Action.PUT else None


def _remove(keys: list[str], key: str) -> None:
    del keys[bisect.bisect_left(keys, key)]
