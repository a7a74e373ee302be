"""Time that moves only when a test says so.

`await clock.advance("2h")` goes from timer to timer: it sets the time to that of the next timer, runs what is
due, and then lets the loop run until it is settled, that is until nothing is ready and nobody is busy.  Then
the next timer.  A cluster's two hours take as long as its work takes.

Settled is judged by the ready queue of asyncio's own event loop (`_ready`: private, but the same since 3.4;
uvloop has none and is refused) and by the count of `busy` holders, which covers threads, sockets and child
processes.  Timers of the loop itself (`asyncio.sleep`, a library's time-outs) run in real time and are not
waited for: our code takes its time from a clock.

Promised: timers fire in order of their time, and of their making where equal, each with `now` and
`monotonic` at exactly its time; what a timer starts is settled before a later timer fires.
"""

import asyncio
import collections
import contextlib
import heapq
import re
from collections.abc import Callable, Iterator
from types import TracebackType

EPOCH = 1_767_225_600.0
"""2026-01-01T00:00:00Z, where virtual time begins unless told otherwise."""

PATIENCE = 1_000_000
"""Turns of the loop without coming to rest after which `settle` gives up."""

QUIET = 3
"""Turns in a row with nothing ready that count as rest: one polls the sockets, one runs what they had."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def seconds(duration: float | str) -> float:
    """Seconds of a number, or of text such as "90s", "1h30m", "250ms", "2d"."""
    if not isinstance(duration, str):
        return float(duration)
    parts = _DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is not a duration such as 90s, 1h30m or 250ms")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


class VirtualTimer:
    """A pending call.  Ordered by time, then by age."""

    __slots__ = ("_clock", "call", "is_queued", "order", "when")

    def __init__(self, clock: "VirtualClock", when: float, order: int, call: Callable[[], None]) -> None:
        self._clock = clock
        self.when, self.order = when, order
        self.call: Callable[[], None] | None = call
        # In the clock's heap; no longer once it is due.
        self.is_queued = False

    def __lt__(self, other: "VirtualTimer") -> bool:
        return (self.when, self.order) < (other.when, other.order)

    def cancel(self) -> None:
        if self.call is not None:
            self.call = None
            if self.is_queued:
                self._clock._cancelled()


class VirtualTimeout:
    """asyncio's time-out, ended by a virtual timer."""

    def __init__(self, clock: "VirtualClock", seconds: float | None) -> None:
        self._clock, self._seconds = clock, seconds
        self._inner = asyncio.timeout(None)
        self._timer: VirtualTimer | None = None

    async def __aenter__(self) -> object:
        await self._inner.__aenter__()
        if self._seconds is not None:
            self._timer = self._clock.call_later(self._seconds, self._expire)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self._inner.__aexit__(kind, error, trace)

    def _expire(self) -> None:
        self._inner.reschedule(asyncio.get_running_loop().time())


class VirtualClock:
    """A `kit.clock.Clock` for one event loop."""

    def __init__(self, start: float = EPOCH) -> None:
        self._start = start
        # Invariant: never goes back; no pending timer is before it once `advance` has returned.
        self._elapsed = 0.0
        # A heap.  Invariant: `_dead` of them are cancelled, fewer than half once there are many.
        self._timers: list[VirtualTimer] = []
        self._dead = 0
        self._order = 0
        self._busy = 0
        self._freed: asyncio.Event = asyncio.Event()
        self._advancing = False

    def now(self) -> float:
        return self._start + self._elapsed

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if woken.done() else woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    def timeout(self, seconds: float | None) -> VirtualTimeout:
        return VirtualTimeout(self, seconds)

    def call_later(self, seconds: float, call: Callable[[], None]) -> VirtualTimer:
        self._order += 1
        timer = VirtualTimer(self, self._elapsed + max(seconds, 0.0), self._order, call)
        if seconds <= 0:
            _fire_soon(timer)
        else:
            timer.is_queued = True
            heapq.heappush(self._timers, timer)
        return timer

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._freed.set()

    @property
    def pending(self) -> int:
        """Timers that have not fired."""
        return len(self._timers) - self._dead

    @property
    def next_timer(self) -> float | None:
        """Seconds until the next timer; None without any."""
        self._shed()
        return self._timers[0].when - self._elapsed if self._timers else None

    def jump(self, duration: float | str) -> None:
        """Change the wall clock alone, forwards or (a negative number) backwards, as an administrator may."""
        self._start += seconds(duration)

    async def advance(self, duration: float | str) -> None:
        """Let time pass, with everything that falls due in it.  Not from two tasks at once."""
        if self._advancing:
            raise RuntimeError("the clock is being advanced already")
        self._advancing = True
        try:
            target = self._elapsed + seconds(duration)
            await self.settle()
            while True:
                self._shed()
                if not self._timers or self._timers[0].when > target:
                    break
                self._elapsed = max(self._elapsed, self._timers[0].when)
                while self._timers and self._timers[0].when <= self._elapsed:
                    timer = self._pop()
                    if timer.call is not None:
                        _fire_soon(timer)
                await self.settle()
            self._elapsed = max(self._elapsed, target)
        finally:
            self._advancing = False

    async def settle(self) -> None:
        """Let the loop run, without time passing, until nothing is ready and nobody is busy."""
        ready = _ready(asyncio.get_running_loop())
        quiet = 0
        for _ in range(PATIENCE):
            await asyncio.sleep(0)
            if self._busy:
                quiet = 0
                if not ready:
                    self._freed.clear()
                    await self._freed.wait()
            elif ready:
                quiet = 0
            else:
                quiet += 1
                if quiet == QUIET:
                    return
        names = sorted(task.get_name() for task in asyncio.all_tasks())
        raise RuntimeError(f"the loop does not come to rest; its tasks: {', '.join(names)}")

    def _cancelled(self) -> None:
        self._dead += 1
        if self._dead > 64 and self._dead * 2 > len(self._timers):
            self._timers = [timer for timer in self._timers if timer.call is not None]
            heapq.heapify(self._timers)
            self._dead = 0

    def _shed(self) -> None:
        while self._timers and self._timers[0].call is None:
            self._pop()

    def _pop(self) -> VirtualTimer:
        timer = heapq.heappop(self._timers)
        timer.is_queued = False
        if timer.call is None:
            self._dead -= 1
        return timer


def _fire_soon(timer: VirtualTimer) -> None:
    """Fire from the loop, not from `advance`: a call that raises is the loop's to report."""
    asyncio.get_running_loop().call_soon(_fire, timer)


def _fire(timer: VirtualTimer) -> None:
    call, timer.call = timer.call, None
    if call is not None:
        call()


def _ready(loop: asyncio.AbstractEventLoop) -> "collections.deque[asyncio.Handle]":
    ready = getattr(loop, "_ready", None)
    if not isinstance(ready, collections.deque):
        raise TypeError(f"virtual time needs asyncio's own event loop, not {type(loop).__name__}")
    return ready
