"""CrashLoopBackOff as a value: 10 s, doubling to 5 min, forgotten after 10 min without a crash.

The first restart is immediate: it makes the entry.  Later ones wait `delay` from the moment the container
ended.  An entry belongs to a container's name; a changed definition begins anew (the caller drops it).
"""

import dataclasses

INITIAL = 10.0
LIMIT = 300.0


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    delay: float
    updated: float
    """When the restart that made this entry happened."""

    def expired(self, ended: float) -> bool:
        return ended - self.updated > 2 * LIMIT


def ready_at(entry: Entry | None, ended: float) -> float:
    """When a container that ended then may start again; 0 for at once."""
    if entry is None or entry.expired(ended):
        return 0.0
    return ended + entry.delay


def following(entry: Entry | None, ended: float, now: float) -> Entry:
    """The entry after one more restart."""
    if entry is None or entry.expired(ended):
        return Entry(INITIAL, now)
    return Entry(min(entry.delay * 2, LIMIT), now)


def go_duration(seconds: float) -> str:
    """Whole seconds as Go writes them: 10s, 1m20s, 5m0s."""
    total = round(seconds)
    hours, rest = divmod(total, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"
