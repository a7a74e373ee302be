"""A reconcile loop: a work queue, its workers, and what a failure means.

`reconcile` returns None (content) or seconds (look again then).  What it raises is tried again with
back-off; the log says how loudly: a Conflict is no news, because the cache was behind and the next try reads
anew; a refusal or a lost connection is a line; anything else is a fault of ours and gets its traceback.
"""

import logging
from collections.abc import Awaitable, Callable

from steersman.client import errors
from steersman.kit import backoff, workqueue
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)

NAMESPACE_TERMINATING = "NamespaceTerminating"
"""The cause of a refusal to create something in a namespace that is on its way out: no use trying again."""

Reconcile = Callable[[str], Awaitable[float | None]]


class Loop:
    """Keys in by `enqueue`; serial for each key, `workers` at a time."""

    def __init__(
        self, name: str, reconcile: Reconcile, clock: Clock, *, workers: int = 1, longest: float = 1000.0
    ) -> None:
        self.name = name
        self._reconcile = reconcile
        self._clock = clock
        self._workers = workers
        self._queue = workqueue.WorkQueue[str](name, clock=clock, backoff=backoff.Backoff[str](cap=longest))
        self.enqueue = self._queue.add
        """This key needs work."""
        self.enqueue_after = self._queue.add_after
        """The same in a while; of several moments the earliest counts."""

    def run(self, tasks: TaskGroup) -> None:
        """Start the workers."""
        work = workqueue.run(
            self._queue, self._attempt, workers=self._workers, clock=self._clock, on_error=self._failed
        )
        tasks.spawn(work, self.name)

    async def _attempt(self, key: str) -> workqueue.Outcome:
        try:
            again = await self._reconcile(key)
        except errors.ApiError as error:
            if not error.has_cause(NAMESPACE_TERMINATING):
                raise
            log.debug("%s %s: %s", self.name, key, error)
            return None
        return None if again is None else workqueue.RequeueAfter(again)

    def _failed(self, key: str, error: Exception) -> None:
        if isinstance(error, errors.Conflict):
            log.debug("%s %s: %s", self.name, key, error)
        elif isinstance(error, (errors.ApiError, ConnectionError, TimeoutError)):
            log.info("%s %s: %s", self.name, key, error)
        else:
            log.error("%s %s failed", self.name, key, exc_info=error)
