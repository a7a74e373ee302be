"""Keys that need work: each once, never two workers on the same, nothing lost (client-go's workqueue).

A key is in up to two sets:

    dirty        needs work                   add:   not dirty -> dirty; queued unless processing
    processing   a worker has it              get:   dirty -> processing
                                              done:  no longer processing; queued again if dirty meanwhile

So ten adds before a worker comes are one piece of work, an add during the work is one more piece after it,
and work on a key is serial while work on different keys is parallel.  The queue carries keys, never objects:
whoever works reads the newest state, so no add needs to say what happened.

`run` is the loop around it: reconcile a key, then forget, delay or back off.

Promised: first in, first out among keys that are ready; a key handed to a cancelled `get` is not lost; once
shut down nothing is added, what was queued is still handed out, and `get` then raises ShutDown.
"""

import asyncio
import collections
import dataclasses
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeAlias, TypeVar

from steersman.kit import backoff as backoffs
from steersman.kit import clock as clocks

K = TypeVar("K", bound=Hashable)
log = logging.getLogger(__name__)


class ShutDown(Exception):
    """The queue is shut down and empty."""


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to do until something changes."""


@dataclasses.dataclass(frozen=True, slots=True)
class RequeueAfter:
    """Look again after `seconds`, change or not."""

    seconds: float


DONE = Done()
Outcome: TypeAlias = Done | RequeueAfter | None
"""What a reconcile came to; None is Done.  Failure is an exception, and is retried with back-off."""

Reconcile: TypeAlias = Callable[[K], Awaitable[Outcome]]


class WorkQueue(Generic[K]):
    def __init__(self, name: str, *, clock: clocks.Clock, backoff: backoffs.Backoff[K] | None = None) -> None:
        self.name = name
        self._clock = clock
        self._backoff = backoff if backoff is not None else backoffs.Backoff[K]()
        # Invariant: each key at most once; exactly the dirty keys that are not processing.
        self._ready: collections.deque[K] = collections.deque()
        self._dirty: set[K] = set()
        self._processing: set[K] = set()
        # Invariant: at most one timer a key, the earliest asked for.
        self._delayed: dict[K, tuple[float, clocks.Timer]] = {}
        self._getters: collections.deque[asyncio.Future[None]] = collections.deque()
        self._drained: list[asyncio.Future[None]] = []
        self._shut_down = False

    def __len__(self) -> int:
        """Keys that wait for a worker."""
        return len(self._ready)

    @property
    def is_idle(self) -> bool:
        """Nobody works and nothing is ready; keys may still be delayed."""
        return not self._ready and not self._processing

    @property
    def delayed(self) -> int:
        return len(self._delayed)

    def add(self, key: K) -> None:
        """The key needs work now."""
        if self._shut_down or key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._processing:
            self._ready.append(key)
            self._wake(self._getters)

    def add_after(self, key: K, seconds: float) -> None:
        """The key needs work after a while.  The earliest wish for a key counts, later ones are dropped."""
        if self._shut_down:
            return
        if seconds <= 0:
            self.add(key)
            return
        when = self._clock.monotonic() + seconds
        waiting = self._delayed.get(key)
        if waiting is not None:
            if waiting[0] <= when:
                return
            waiting[1].cancel()
        self._delayed[key] = when, self._clock.call_later(seconds, lambda: self._due(key))

    def add_rate_limited(self, key: K) -> None:
        """The key failed: it needs work after its back-off."""
        self.add_after(key, self._backoff.next(key))

    def forget(self, key: K) -> None:
        """The key did well: its back-off begins anew.  Does not take it out of the queue."""
        self._backoff.forget(key)

    def failures(self, key: K) -> int:
        return self._backoff.failures(key)

    async def get(self) -> K:
        """The next key; whoever takes it must call `done`.  Raises ShutDown."""
        while not self._ready:
            if self._shut_down:
                raise ShutDown(self.name)
            getter = asyncio.get_running_loop().create_future()
            self._getters.append(getter)
            try:
                await getter
            except BaseException:
                if getter.cancelled():
                    if getter in self._getters:
                        self._getters.remove(getter)
                elif self._ready:  # woken and cancelled at once: the key is another's
                    self._wake(self._getters)
                raise
        key = self._ready.popleft()
        self._dirty.discard(key)
        self._processing.add(key)
        return key

    def done(self, key: K) -> None:
        """The work on a key that `get` gave has ended, well or not."""
        self._processing.remove(key)
        if key in self._dirty:
            self._ready.append(key)
            self._wake(self._getters)
        elif not self._ready and not self._processing:
            while self._drained:
                self._wake(self._drained)

    def shut_down(self) -> None:
        """Take nothing more in; drop what is delayed; let workers finish what is queued."""
        self._shut_down = True
        for _, timer in self._delayed.values():
            timer.cancel()
        self._delayed.clear()
        while self._getters:
            self._wake(self._getters)

    async def drain(self) -> None:
        """Shut down and wait until nothing is queued and nobody works."""
        self.shut_down()
        while not self.is_idle:
            waiter = asyncio.get_running_loop().create_future()
            self._drained.append(waiter)
            await waiter

    def check(self) -> None:
        """Raise AssertionError where an invariant does not hold.  For tests."""
        assert len(set(self._ready)) == len(self._ready), "a key is queued twice"
        assert set(self._ready) == self._dirty - self._processing
        assert not (self._shut_down and self._delayed)

    def _due(self, key: K) -> None:
        del self._delayed[key]
        self.add(key)

    @staticmethod
    def _wake(waiters: "collections.deque[asyncio.Future[None]] | list[asyncio.Future[None]]") -> None:
        """Wake the first that still waits."""
        while waiters:
            waiter = waiters[0]
            del waiters[0]
            if not waiter.done():
                waiter.set_result(None)
                return


async def run(
    queue: WorkQueue[K],
    reconcile: Reconcile[K],
    *,
    workers: int,
    clock: clocks.Clock,
    timeout: float | None = None,
    on_error: Callable[[K, Exception], None] | None = None,
) -> None:
    """Work on the queue until it is shut down and empty, or until cancelled.

    A reconcile that raises, or takes longer than `timeout`, is logged, told to `on_error` and retried with
    back-off.  A fault of the loop itself ends all workers and is raised.
    """

    async def work() -> None:
        while True:
            try:
                key = await queue.get()
            except ShutDown:
                return
            try:
                async with clock.timeout(timeout):
                    outcome = await reconcile(key)
            except Exception as error:
                if on_error is None:
                    log.exception("%s: reconciling %s failed", queue.name, key)
                else:
                    log.debug("%s: reconciling %s failed", queue.name, key, exc_info=True)
                    on_error(key, error)
                queue.add_rate_limited(key)
            else:
                queue.forget(key)
                if isinstance(outcome, RequeueAfter):
                    queue.add_after(key, outcome.seconds)
            finally:
                queue.done(key)

    async with asyncio.TaskGroup() as group:
        for number in range(workers):
            group.create_task(work(), name=f"{queue.name}/worker-{number}")
