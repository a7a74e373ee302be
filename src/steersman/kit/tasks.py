"""Every task has an owner, a name and an end.

A `TaskGroup` owns tasks.  `spawn` starts one under a name; `close` lets each finish what it can in the time
given, then cancels, and says which were stuck.  A task that ends with an exception is heard: the group
remembers it and calls `on_fault` (the composition root stops the process; a test fails).

Invariant: no task outlives its group's `close`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class TaskGroup:
    def __init__(self, name: str, on_fault: Callable[[str, BaseException], None] | None = None) -> None:
        self.name = name
        self.faults: list[tuple[str, BaseException]] = []
        self._on_fault = on_fault
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start `work`.  After `close` it is refused and the coroutine closed unstarted."""
        if self._closed:
            work.close()
            raise RuntimeError(f"{self.name} is closed; {name} cannot start")
        task = asyncio.get_running_loop().create_task(work, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        self.faults.append((task.get_name(), error))
        log.error("task %s failed: %r", task.get_name(), error, exc_info=error)
        if self._on_fault is not None:
            self._on_fault(task.get_name(), error)

    async def close(self, grace: float = 0.0) -> list[str]:
        """End all tasks; returns the names of those that had to be cancelled twice or never ended."""
        self._closed = True
        me = asyncio.current_task()
        tasks = {task for task in self._tasks if task is not me}
        if grace > 0 and tasks:
            try:
                _, tasks = await asyncio.wait(tasks, timeout=grace)
            except asyncio.CancelledError:
                for task in tasks:
                    task.cancel(f"{self.name} closes")
                raise
        for _ in range(2):
            for task in tasks:
                task.cancel(f"{self.name} closes")
            if tasks:
                _, tasks = await asyncio.wait(tasks, timeout=5.0)
        stuck = sorted(task.get_name() for task in tasks)
        if stuck:
            log.error("stuck on close: %s", ", ".join(stuck))
        return stuck

    @contextlib.asynccontextmanager
    async def running(self) -> Any:
        """`async with group.running():` closes the group at the end of the block."""
        try:
            yield self
        finally:
            await self.close()
