"""A client's watch: a buffer that events are put into, and the streams that take them out.

`watching` decides which events a watcher sees; here is what becomes of them until they leave.  An idle watcher
gets an event at once; a busy one what has gathered, at most every `PAUSE` seconds, longer when there are many.

Promised: events leave in the order in which they were pushed, each once; a watcher that does not read is ended
when its buffer is full, by number or by size, and what it had not taken by then it still can take.
Not promised: that an event waits for anybody: `push` never blocks.
"""

import asyncio
import collections
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from steersman.apiserver.selection import Selection
from steersman.client.transport import WatchEvent
from steersman.kit import clock as clocks
from steersman.store import protocol

PAUSE = 0.010
LONGEST_PAUSE = 0.100
WATCHERS_A_PAUSE = 100
"""With each further 100 watchers of a resource a busy one waits `PAUSE` longer: ten events that leave
together cost two or three times what one does."""
CAPACITY = 10_000
CAPACITY_BYTES = 64 << 20
"""What a watcher may leave unread, beyond what it was sent first."""
CHUNK = 64 * 1024

Route = tuple[str, str, str]
"""Namespace, name and node that a watcher is bound to; empty is any."""


class Home(Protocol):
    """Where a watcher belongs."""

    @property
    def clock(self) -> clocks.Clock: ...

    @property
    def size(self) -> int:
        """How many watchers share the resource."""
        ...

    def leave(self, watcher: "Watcher") -> None: ...


class Form:
    """How events look to a watcher: `make` turns an object's stored bytes and revision into what it is sent.

    Watchers whose forms have the same `key` share their events.
    """

    __slots__ = ("key", "make")

    def __init__(self, key: str = "", make: Callable[[protocol.Entry], bytes] | None = None) -> None:
        self.key = key
        self.make = make

    def bytes(self, entry: protocol.Entry) -> bytes:
        return entry.value if self.make is None else self.make(entry)


class Watcher:
    """One client's watch.  Take its events through `Batches` or `Frames`, or `close` it."""

    def __init__(self, home: Home, route: Route, selection: Selection | None, form: Form, after: int) -> None:
        self.route = route
        self.selection = selection
        self.form = form
        self.is_plain = selection is None and not form.key
        """It sees everything, as it is stored: what most watchers of a resource get is one and the same event."""
        self.revision = after
        """Changes up to here are not for this watcher: it has them, or began after them."""
        self._home = home
        self._buffer: collections.deque[WatchEvent] = collections.deque()
        # Invariant: of the buffer's events the first `_ahead` count for nothing; `_unread` bytes are in the rest.
        self._ahead = 0
        self._unread = 0
        self._waiting: asyncio.Future[None] | None = None
        self._closed = False
        self._timers: dict[str, clocks.Timer] = {}

    @property
    def closed(self) -> bool:
        return self._closed

    @property
    def buffered(self) -> int:
        """How many events wait to be taken."""
        return len(self._buffer)

    def begin(self, events: Sequence[WatchEvent]) -> None:
        """What it is sent first, however much that is."""
        self._buffer.extend(events)
        self._ahead = len(self._buffer)

    def push(self, event: WatchEvent) -> None:
        buffer, before = self._buffer, self._unread
        unread = before + len(event.raw)
        if len(buffer) - self._ahead >= CAPACITY or (unread > CAPACITY_BYTES and before):
            self.close()
            return
        self._unread = unread
        buffer.append(event)
        waiting = self._waiting
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def after(self, what: str, seconds: float, call: Callable[[], None]) -> None:
        """Run `call` later, unless the watch ends before; in place of the last call for `what`."""
        before = self._timers.get(what)
        if before is not None:
            before.cancel()
        self._timers[what] = self._home.clock.call_later(seconds, call)

    def finish(self, event: WatchEvent | None = None) -> None:
        """End the watch once what is buffered, and then `event`, has been taken."""
        if event is not None and not self._closed:
            self._buffer.append(event)
        self.close()

    def close(self) -> None:
        """Nothing more is buffered; what is can still be taken.  Twice does nothing."""
        if self._closed:
            return
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._home.leave(self)
        self._wake()

    def abandon(self) -> None:
        self.close()
        self.take()

    async def ready(self) -> bool:
        """Wait for something to take; False at the end."""
        while not self._buffer:
            if self._closed:
                return False
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return True

    def take(self, size: int | None = None) -> list[WatchEvent]:
        """All that is buffered, or events of about `size` bytes of it."""
        if size is None or len(self._buffer) == 1 or (not self._ahead and self._unread <= size):
            batch = list(self._buffer)
            self._buffer.clear()
            self._ahead = self._unread = 0
            return batch
        batch, taken = [], 0
        while self._buffer and taken < size:
            event = self._buffer.popleft()
            batch.append(event)
            taken += len(event.raw)
            if self._ahead:
                self._ahead -= 1
            else:
                self._unread -= len(event.raw)
        return batch

    @property
    def pause(self) -> float:
        return min(PAUSE * (1 + self._home.size // WATCHERS_A_PAUSE), LONGEST_PAUSE)

    @property
    def clock(self) -> clocks.Clock:
        return self._home.clock

    def check(self) -> None:
        """Raise AssertionError where an invariant does not hold.  For tests."""
        assert 0 <= self._ahead <= len(self._buffer)
        counted = list(self._buffer)[self._ahead :]
        assert self._closed or self._unread == sum(len(event.raw) for event in counted)
        assert len(counted) <= CAPACITY + 1, "one more than fits: the last word of a watch that ends"

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Batches(AsyncIterator[Sequence[object]]):
    """A watch for a caller in the same process: events as they are, whatever has gathered."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    async def __anext__(self) -> Sequence[object]:
        if not await self.watcher.ready():
            raise StopAsyncIteration
        return self.watcher.take()

    async def aclose(self) -> None:
        self.watcher.abandon()


class Frames(AsyncIterator[bytes]):
    """A watch as bytes: several events in one piece where they have gathered, none much larger than CHUNK."""

    def __init__(self, watcher: Watcher, framed: Callable[[WatchEvent], bytes] | None = None) -> None:
        """`framed` makes an event what is sent, where that is not JSON."""
        self._watcher = watcher
        self._framed = framed
        self._last = float("-inf")

    async def __anext__(self) -> bytes:
        watcher = self._watcher
        while await watcher.ready():
            wait = self._last + watcher.pause - watcher.clock.monotonic()
            if wait > 0 and not watcher.closed:
                await watcher.clock.sleep(wait)
            batch = watcher.take(CHUNK)
            # A piece as large as may be is followed by the next at once: the pause is for gathering.
            self._last = float("-inf") if watcher.buffered else watcher.clock.monotonic()
            if batch:
                return self._joined(batch)
        raise StopAsyncIteration

    def _joined(self, batch: Sequence[WatchEvent]) -> bytes:
        framed = self._framed
        if framed is not None:
            return b"".join(map(framed, batch))
        return batch[0].frame if len(batch) == 1 else b"".join([event.frame for event in batch])

    async def aclose(self) -> None:
        self._watcher.abandon()
