"""One publisher, many readers that each go at their own pace, and no reader that can hold up the others.

Each subscription has a queue of its own, bounded.  What happens when a reader is too slow is said when it
subscribes:

* `Slow.DROP`: the oldest unread values are dropped and counted (hints, progress, log lines);
* `Slow.END`: the subscription ends with `Lagged` after what was queued (state: the reader must start over).

`publish` never waits.  Values published before a subscription are not seen by it.
"""

import asyncio
import collections
import enum
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Slow(enum.Enum):
    DROP = "drop"
    END = "end"


class Lagged(Exception):
    """The reader was too slow, and values were lost to it."""


class Subscription(AsyncIterator[T], Generic[T]):
    """An async iterator of values; ends when it or its broadcast is closed.  For one reader at a time."""

    def __init__(self, broadcast: "Broadcast[T]", limit: int, slow: Slow) -> None:
        self._broadcast = broadcast
        self._limit, self._slow = limit, slow
        # Invariant: at most `_limit` values.
        self._queue: collections.deque[T] = collections.deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._lagged = False
        self.dropped = 0

    def __len__(self) -> int:
        """Values not read yet."""
        return len(self._queue)

    def __aiter__(self) -> "Subscription[T]":
        return self

    async def __anext__(self) -> T:
        if not await self._some():
            raise StopAsyncIteration
        return self._queue.popleft()

    async def batch(self) -> list[T]:
        """All that is there, at least one, or none at the end.  Raises Lagged as iteration does."""
        await self._some()
        values = list(self._queue)
        self._queue.clear()
        return values

    def close(self) -> None:
        """End the subscription; what was queued is dropped."""
        self._queue.clear()
        self._lagged = False
        self._finish()

    async def aclose(self) -> None:
        self.close()

    async def _some(self) -> bool:
        """Wait for values; False at the end."""
        while not self._queue:
            if self._lagged:
                raise Lagged(f"a reader fell {self._limit} values behind")
            if self._ended:
                return False
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return True

    def _offer(self, value: T) -> None:
        if len(self._queue) >= self._limit:
            self.dropped += 1
            if self._slow is Slow.END:
                self._lagged = True
                self._finish()
                return
            self._queue.popleft()
        self._queue.append(value)
        self._wake()

    def _finish(self) -> None:
        self._ended = True
        self._broadcast.forget(self)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Broadcast(Generic[T]):
    def __init__(self) -> None:
        # Ordered, so that readers are served in the order they came.
        self._subscriptions: dict[Subscription[T], None] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._subscriptions)

    def subscribe(self, *, limit: int = 1000, slow: Slow) -> Subscription[T]:
        """A subscription to what comes.  Of a closed broadcast it is at its end."""
        if limit < 1:
            raise ValueError("a subscription needs room for a value")
        subscription = Subscription(self, limit, slow)
        self._subscriptions[subscription] = None
        if self._closed:
            subscription._finish()
        return subscription

    def publish(self, value: T) -> None:
        if self._closed:
            raise RuntimeError("the broadcast is closed")
        for subscription in list(self._subscriptions):
            subscription._offer(value)

    def close(self) -> None:
        """End every subscription once it has read what is queued for it."""
        self._closed = True
        for subscription in list(self._subscriptions):
            subscription._finish()

    def forget(self, subscription: Subscription[T]) -> None:
        self._subscriptions.pop(subscription, None)
