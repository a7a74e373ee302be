"""Expectations: what a controller has asked for and not yet seen.

A controller that created three pods must not create three more because its cache is still behind.  It says
what it expects before it acts, the informer's handlers tick it off, and the controller acts on a key again
only when all is seen, or after five minutes (an event that never came must not stop the world).

A worked example: expect_creations(k, 3); two creations observed and one refused by the server (`created`
once more, by the controller itself): satisfied.  Deletions are expected by uid, because a pod may be seen
deleting and then deleted, and counts once.
"""

import dataclasses

from steersman.kit.clock import Clock

LIFETIME = 300.0


@dataclasses.dataclass(slots=True)
class _Expected:
    creations: int
    deletions: set[str]
    since: float


class Expectations:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._expected: dict[str, _Expected] = {}

    def expect_creations(self, key: str, count: int) -> None:
        self._expected[key] = _Expected(count, set(), self._clock.monotonic())

    def expect_deletions(self, key: str, uids: set[str]) -> None:
        self._expected[key] = _Expected(0, set(uids), self._clock.monotonic())

    def created(self, key: str, count: int = 1) -> None:
        """Seen, or known never to come."""
        found = self._expected.get(key)
        if found is not None:
            found.creations = max(found.creations - count, 0)

    def deleted(self, key: str, uid: str) -> None:
        found = self._expected.get(key)
        if found is not None:
            found.deletions.discard(uid)

    def satisfied(self, key: str) -> bool:
        """Whether the cache has caught up with what was done for this key."""
        found = self._expected.get(key)
        if found is None:
            return True
        return (not found.creations and not found.deletions) or self._clock.monotonic() - found.since > LIFETIME

    def forget(self, key: str) -> None:
        self._expected.pop(key, None)
