"""The one thread that touches the store's file.

Jobs run in the order submitted; each one's end is told on the loop.  A job that raises does not end the
thread: its error is the job's result.

The thread needs the interpreter's lock only for moments, but beside a loop that never idles it may not get it
for seconds: at every turn the loop gives the lock up to poll its sockets and has it back before the thread
has woken, and each time the thread's wait, after which it could insist, begins anew.  (Measured with turns of
50 microseconds: groups of 16 took 0.4 s.)  So while a job runs, the loop sleeps for a blink every now and
then.  That gives the thread the lock, and a loop that has nothing to do loses nothing by it.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

BLINK = 0.00005
"""Seconds that the loop sleeps so that the thread gets on; the kernel makes about twice that of it."""

BLINK_EVERY = 0.001
"""Seconds between two blinks while a job runs.  uvloop's timers count whole milliseconds: half of one is none, and
the loop would do nothing else until the job has ended (a third of the CPU of a write)."""
Done = Callable[[Any, BaseException | None], None]


class Writer:
    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Done] | None] = queue.SimpleQueue()
        # Jobs submitted whose end has not been told, and the timer that is there while they are any.
        self._pending = 0
        self._blink: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], Any], done: Done) -> None:
        """Run `job` on the thread, then `done(result, error)` on the loop."""
        self._pending += 1
        self._jobs.put((job, done))
        if self._blink is None:
            self._blink = self._loop.call_later(BLINK_EVERY, self._let_go)

    async def call(self, job: Callable[[], T]) -> T:
        """Run `job` on the thread.  Cancelling the caller does not stop the job."""
        future: asyncio.Future[T] = self._loop.create_future()

        def done(result: T, error: BaseException | None) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.submit(job, done)
        return await future

    def stop(self) -> None:
        """End the thread after the jobs submitted.  Blocks for as long as they take: await them first."""
        self._jobs.put(None)
        self._thread.join()

    def _told(self, done: Done, result: Any, failure: BaseException | None) -> None:
        self._pending -= 1
        if not self._pending and self._blink is not None:
            self._blink.cancel()
            self._blink = None
        done(result, failure)

    def _let_go(self) -> None:
        time.sleep(BLINK)  # noqa: TID251 - on purpose, see the module's text
        self._blink = self._loop.call_later(BLINK_EVERY, self._let_go)

    def _run(self) -> None:
        while True:
            item = self._jobs.get()
            if item is None:
                return
            job, done = item
            result: Any = None
            failure: BaseException | None = None
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - carried to the loop, where it is raised
                failure = error
            try:
                self._loop.call_soon_threadsafe(self._told, done, result, failure)
            except RuntimeError:  # the loop was closed without the store: nobody is left to be told
                return
            del item, job, done, result, failure
