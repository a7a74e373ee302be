"""A thread beside the loop, for work that would hold the loop up.

The loop answers everybody; a body of a megabyte takes longer to read, check and write than anybody else should wait.
Such work, where it is a function of values, is done here, one piece at a time: the interpreter's lock goes back and
forth between the thread and the loop every fraction of a millisecond, and what waits in line costs no memory but its
own.

Promised: the answer, or the exception, of the function.  Not promised: that the function ends when whoever waits for
it is cancelled; its answer is dropped then.  It must not touch what the loop changes.
"""

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Any, TypeVar

from steersman.kit import clock as clocks

T = TypeVar("T")


class Aside:
    def __init__(self, clock: clocks.Clock, name: str = "aside") -> None:
        self._clock = clock
        self._name = name
        self._pool: concurrent.futures.ThreadPoolExecutor | None = None
        self.done = 0
        """Pieces of work that were given to the thread."""

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        if self._pool is None:
            self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=self._name)
        self.done += 1
        with self._clock.busy():
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)

    def close(self) -> None:
        """Work that has not begun is dropped; what runs, runs to its end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
