"""How long to wait: after failures (per key, doubling up to a cap) and between calls (a token bucket).

`exponential` is the rule as a function; `Backoff` keeps the count of failures for each key, as client-go's
item exponential failure rate limiter does; `TokenBucket` spaces calls on average while allowing bursts.

Jitter spreads what failed together: a delay is lengthened by up to that share of itself, never shortened.
Neither class waits: they say how long, the caller's clock does the rest.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

from steersman.kit import clock as clocks
from steersman.kit import entropy as sources

K = TypeVar("K", bound=Hashable)


def exponential(failures: int, *, base: float, cap: float, factor: float = 2.0) -> float:
    """The delay after so many failures before this one: `base`, then `factor` times more each, up to `cap`."""
    if failures > 64:  # beyond any cap in use; keeps the power finite
        return cap
    return min(cap, base * factor**failures)


class Backoff(Generic[K]):
    """The defaults are client-go's: 5 ms doubling to 1000 s, no jitter."""

    def __init__(
        self,
        *,
        base: float = 0.005,
        cap: float = 1000.0,
        factor: float = 2.0,
        jitter: float = 0.0,
        entropy: sources.Entropy | None = None,
    ) -> None:
        if jitter and entropy is None:
            raise ValueError("jitter needs a source of randomness")
        self._base, self._cap, self._factor, self._jitter = base, cap, factor, jitter
        self._entropy = entropy
        self._failures: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._failures)

    def next(self, key: K) -> float:
        """Count a failure and return the delay that follows it."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay = exponential(failures, base=self._base, cap=self._cap, factor=self._factor)
        if self._entropy is not None and self._jitter:
            delay *= 1 + self._entropy.uniform(0, self._jitter)
        return delay

    def failures(self, key: K) -> int:
        return self._failures.get(key, 0)

    def forget(self, key: K) -> None:
        """The key did well: its next failure is the first again."""
        self._failures.pop(key, None)


class TokenBucket:
    """`rate` calls a second on average, at most `burst` at once."""

    def __init__(self, *, rate: float, burst: int, clock: clocks.Clock) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("a token bucket needs a rate and room for a token")
        self._rate, self._burst, self._clock = rate, burst, clock
        # Tokens at `_since`; below zero when they have been promised ahead of time.
        self._tokens = float(burst)
        self._since = clock.monotonic()

    def try_take(self) -> bool:
        """Take a token if there is one."""
        self._fill()
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def reserve(self) -> float:
        """Take a token, of the future if need be; returns the seconds until it may be used."""
        self._fill()
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    async def take(self) -> None:
        """Wait for a token.  In the order of asking; a caller that is cancelled while it waits has spent its own."""
        delay = self.reserve()
        if delay > 0:
            await self._clock.sleep(delay)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(float(self._burst), self._tokens + (now - self._since) * self._rate)
        self._since = now
