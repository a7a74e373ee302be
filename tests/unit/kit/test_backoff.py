"""Delays after failures, and between calls."""

import asyncio

import pytest

from steersman.kit import backoff, entropy, virtual


def test_delays_double_up_to_the_cap() -> None:
    assert [backoff.exponential(n, base=10, cap=300) for n in (0, 1, 2, 4, 5, 1000)] == [10, 20, 40, 160, 300, 300]


def test_each_key_fails_on_its_own() -> None:
    limiter = backoff.Backoff[str]()
    assert [limiter.next("a"), limiter.next("a"), limiter.next("b")] == [0.005, 0.01, 0.005]
    limiter.forget("a")
    limiter.forget("never seen")
    assert limiter.next("a") == 0.005
    assert len(limiter) == 2
    assert limiter.failures("c") == 0


def test_jitter_lengthens_a_delay_and_comes_from_the_entropy() -> None:
    def delays(seed: int) -> list[float]:
        limiter = backoff.Backoff[str](base=1, cap=100, jitter=0.5, entropy=entropy.SeededEntropy(seed))
        return [limiter.next("a") for _ in range(6)]

    assert delays(1) == delays(1) != delays(2)
    for plain, jittered in zip((1, 2, 4, 8, 16, 32), delays(1), strict=True):
        assert plain <= jittered <= plain * 1.5
    with pytest.raises(ValueError, match="randomness"):
        backoff.Backoff[str](jitter=0.1)


async def test_a_bucket_allows_a_burst_and_then_its_rate() -> None:
    clock = virtual.VirtualClock()
    bucket = backoff.TokenBucket(rate=2, burst=3, clock=clock)
    assert [bucket.try_take() for _ in range(4)] == [True, True, True, False]
    await clock.advance(0.5)
    assert [bucket.try_take(), bucket.try_take()] == [True, False]
    await clock.advance(3600)
    assert [bucket.try_take() for _ in range(4)] == [True, True, True, False]


async def test_takers_wait_their_turn() -> None:
    clock = virtual.VirtualClock()
    bucket = backoff.TokenBucket(rate=1, burst=1, clock=clock)
    taken: list[tuple[int, float]] = []

    async def taker(number: int) -> None:
        await bucket.take()
        taken.append((number, clock.monotonic()))

    tasks = [asyncio.get_running_loop().create_task(taker(n)) for n in range(4)]
    await clock.advance(10)
    await asyncio.gather(*tasks)
    assert taken == [(0, 0.0), (1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_bucket_without_room_or_rate_is_refused() -> None:
    for rate, burst in ((0.0, 1), (1.0, 0)):
        with pytest.raises(ValueError, match="token bucket"):
            backoff.TokenBucket(rate=rate, burst=burst, clock=virtual.VirtualClock())
