"""Time as an argument.

Everything below `cluster` that waits, times out or stamps takes a `Clock`; `RealClock` here is the only
place that reads the machine's clocks.  `virtual.VirtualClock` is the other implementation: its time moves
only when a test says `advance`.

Promised by every clock: `monotonic` never goes back, even where `now` jumps; a sleep of zero or less still
yields to the loop once; cancelling a sleeping task leaves no timer behind.
Not promised: that `now` and `monotonic` advance together, or that sleeps of equal length end in order.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol


class Timer(Protocol):
    """A pending call; cancelling one that has run, or twice, does nothing."""

    def cancel(self) -> None: ...


class Timeout(Protocol):
    """`async with clock.timeout(5):` raises TimeoutError when the block takes longer."""

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...


class Clock(Protocol):
    def now(self) -> float:
        """Wall time, seconds since 1970 in UTC.  May jump; for stamps, never for measuring."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment.  For measuring and deadlines."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    def timeout(self, seconds: float | None) -> Timeout:
        """A block that may take `seconds`; None never ends."""
        ...

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Run `call` on the loop after `seconds`."""
        ...

    def busy(self) -> contextlib.AbstractContextManager[None]:
        """Held around every hand-off that the loop cannot see (a thread, a socket, a child process).

        Virtual time does not move while anybody holds it.
        """
        ...


class RealClock:
    """The machine's clocks, on the running asyncio loop."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))

    def timeout(self, seconds: float | None) -> Timeout:
        return asyncio.timeout(seconds)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(max(seconds, 0), call)

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        yield
