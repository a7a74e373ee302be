"""Pods that wait for a node: those to try now, those to try after a pause, those that nothing has changed for.

    active          tried in order of priority, then of age
    backing off     tried again after 1 s, doubling to 10 s with each attempt
    unschedulable   refused; moved on when something happens that one of the refusing rules says may help,
                    and in any case after five minutes

An event that arrives between a decision and its refusal being stored cannot be lost: both happen in one
step of the loop.
"""

import asyncio
import dataclasses
import heapq
from collections.abc import Mapping

from steersman.kit.clock import Clock, Timer
from steersman.scheduler.framework import Event
from steersman.scheduler.shapes import Pod

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 10.0
LEFT_OVER = 300.0


@dataclasses.dataclass(slots=True)
class Waiting:
    """A pod in the queue.  `refused_by` names the rules of the last refusal."""

    pod: Pod
    since: float
    order: int
    attempts: int = 0
    tried: float = 0.0
    refused_by: frozenset[str] = frozenset()


class Queue:
    """Invariant: a pod is in exactly one of active, backing off and unschedulable, and in `_all`."""

    def __init__(self, clock: Clock, helped_by: Mapping[str, frozenset[Event]]) -> None:
        self._clock = clock
        self._helped_by = helped_by
        self._all: dict[str, Waiting] = {}
        self._heap: list[tuple[int, float, int, str]] = []
        self._active: set[str] = set()
        self._timers: dict[str, Timer] = {}
        self._unschedulable: dict[str, Waiting] = {}
        self._order = 0
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, uid: str) -> bool:
        return uid in self._all

    def put(self, pod: Pod) -> None:
        """A pod that needs a node, new or changed: it is tried soon."""
        known = self._all.get(pod.uid)
        if known is not None:
            changed = known.pod.signature != pod.signature
            known.pod = pod
            if changed and pod.uid in self._unschedulable:
                self._unschedulable.pop(pod.uid)
                self._later(known)
            return
        self._order += 1
        waiting = self._all[pod.uid] = Waiting(pod, self._clock.monotonic(), self._order)
        self._activate(waiting)

    def remove(self, uid: str) -> None:
        """A pod that is gone, or has a node."""
        self._all.pop(uid, None)
        self._active.discard(uid)
        self._unschedulable.pop(uid, None)
        timer = self._timers.pop(uid, None)
        if timer is not None:
            timer.cancel()

    def _activate(self, waiting: Waiting) -> None:
        uid = waiting.pod.uid
        self._active.add(uid)
        heapq.heappush(self._heap, (-waiting.pod.shape.priority, waiting.since, waiting.order, uid))
        self._wake.set()

    async def pop(self) -> Waiting:
        """The next pod to try; whoever takes it puts it back by `refused` or `failed`, or is done with it."""
        while True:
            while self._heap:
                uid = heapq.heappop(self._heap)[3]
                if uid in self._active:
                    self._active.discard(uid)
                    waiting = self._all.pop(uid)
                    waiting.attempts += 1
                    waiting.tried = self._clock.monotonic()
                    return waiting
            self._wake.clear()
            await self._wake.wait()

    def refused(self, waiting: Waiting, by: frozenset[str]) -> None:
        """No node fits: wait for something that may help."""
        uid = waiting.pod.uid
        waiting.refused_by = by
        self._all[uid] = waiting
        self._unschedulable[uid] = waiting
        self._timers[uid] = self._clock.call_later(LEFT_OVER, lambda: self._move(waiting))

    def failed(self, waiting: Waiting) -> None:
        """Something went wrong: try again after a pause."""
        self._all[waiting.pod.uid] = waiting
        self._later(waiting)

    def _later(self, waiting: Waiting) -> None:
        """Active once its back-off is over."""
        uid = waiting.pod.uid
        timer = self._timers.pop(uid, None)
        if timer is not None:
            timer.cancel()
        pause = min(FIRST_BACKOFF * 2.0 ** max(waiting.attempts - 1, 0), LONGEST_BACKOFF)
        left = waiting.tried + pause - self._clock.monotonic() if waiting.attempts else 0.0
        if left <= 0:
            self._activate(waiting)
            return

        def due() -> None:
            self._timers.pop(uid, None)
            self._activate(waiting)

        self._timers[uid] = self._clock.call_later(left, due)

    def _move(self, waiting: Waiting) -> None:
        self._unschedulable.pop(waiting.pod.uid, None)
        self._later(waiting)

    def happened(self, event: Event) -> None:
        """Something changed in the cluster: move on whom it may help."""
        if not self._unschedulable:
            return
        helped = [
            waiting
            for waiting in self._unschedulable.values()
            if not waiting.refused_by
            or any(event in self._helped_by.get(name, frozenset({event})) for name in waiting.refused_by)
        ]
        for waiting in helped:
            self._move(waiting)

    @property
    def unschedulable(self) -> Mapping[str, Waiting]:
        return self._unschedulable

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def check(self) -> None:
        """Assert the invariant."""
        for uid in self._all:
            places = (uid in self._active) + (uid in self._unschedulable)
            backing_off = uid in self._timers and uid not in self._unschedulable
            assert places + backing_off == 1, uid
