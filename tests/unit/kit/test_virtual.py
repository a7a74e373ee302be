"""Virtual time: nothing waits, everything happens in order."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from steersman.kit import virtual


@pytest.fixture
def clock() -> virtual.VirtualClock:
    return virtual.VirtualClock()


def spawn(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    return asyncio.get_running_loop().create_task(work)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(3, 3.0), ("90s", 90.0), ("1h30m", 5400.0), ("250ms", 0.25), ("2d", 172800.0), ("1.5s", 1.5)],
)
def test_a_duration_is_a_number_or_text(text: float | str, expected: float) -> None:
    assert virtual.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "h", "10", "1y", "1h 2m", "-3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        virtual.seconds(text)


async def test_sleepers_wake_in_order_at_exactly_their_time(clock: virtual.VirtualClock) -> None:
    story: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        story.append((name, clock.monotonic()))

    tasks = [spawn(sleeper(name, seconds)) for name, seconds in (("c", 30), ("a", 1), ("b", 7200), ("d", 1))]
    await clock.advance("2h")
    assert story == [("a", 1.0), ("d", 1.0), ("c", 30.0), ("b", 7200.0)]
    assert clock.monotonic() == 7200.0
    assert clock.now() == virtual.EPOCH + 7200
    await asyncio.gather(*tasks)


async def test_what_is_due_later_does_not_happen(clock: virtual.VirtualClock) -> None:
    task = spawn(clock.sleep(10))
    await clock.advance(9.9)
    assert not task.done()
    assert clock.next_timer == pytest.approx(0.1)
    await clock.advance(0.2)
    assert task.done()
    assert clock.pending == 0


async def test_a_loop_of_sleeps_runs_as_often_as_time_allows(clock: virtual.VirtualClock) -> None:
    beats: list[float] = []

    async def heart() -> None:
        while True:
            await clock.sleep(10)
            beats.append(clock.monotonic())

    task = spawn(heart())
    await clock.advance("1m")
    assert beats == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    task.cancel()


async def test_what_a_timer_starts_is_over_before_a_later_one_fires(clock: virtual.VirtualClock) -> None:
    story: list[str] = []

    async def chain() -> None:
        await clock.sleep(1)
        for step in range(20):
            await clock.sleep(0)
            story.append(f"step {step}")

    task = spawn(chain())
    clock.call_later(1.000001, lambda: story.append("later"))
    await clock.advance(2)
    assert story[-1] == "later"
    assert len(story) == 21
    assert task.done()


async def test_a_cancelled_sleep_or_call_leaves_no_timer(clock: virtual.VirtualClock) -> None:
    tasks = [spawn(clock.sleep(100 + n)) for n in range(300)]
    timer = clock.call_later(5, lambda: pytest.fail("was cancelled"))
    await clock.settle()
    assert clock.pending == 301
    timer.cancel()
    timer.cancel()
    for task in tasks[1:]:
        task.cancel()
    await clock.settle()
    assert clock.pending == 1
    assert len(clock._timers) < 130
    await clock.advance(100)
    assert tasks[0].done()
    assert clock.next_timer is None


async def test_a_timer_may_cancel_another_of_the_same_instant(clock: virtual.VirtualClock) -> None:
    fired: list[str] = []

    def first() -> None:
        fired.append("first")
        second.cancel()

    clock.call_later(1, first)
    second = clock.call_later(1, lambda: fired.append("second"))
    await clock.advance(1)
    assert fired == ["first"]
    assert clock.pending == 0


async def test_a_timeout_ends_a_block_that_takes_longer(clock: virtual.VirtualClock) -> None:
    async def slow() -> None:
        async with clock.timeout(5):
            await clock.sleep(6)

    async def quick() -> None:
        async with clock.timeout(5):
            await clock.sleep(4)
        async with clock.timeout(None):
            await clock.sleep(100)

    late, timely = spawn(slow()), spawn(quick())
    await clock.advance(5)
    with pytest.raises(TimeoutError):
        late.result()
    await clock.advance(200)
    timely.result()
    assert clock.pending == 0


async def test_a_cancelled_block_is_cancelled_and_not_timed_out(clock: virtual.VirtualClock) -> None:
    async def block() -> None:
        async with clock.timeout(5):
            await clock.sleep(60)

    task = spawn(block())
    await clock.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_time_stands_still_while_somebody_is_busy(clock: virtual.VirtualClock) -> None:
    release, seen = threading.Event(), []

    async def hand_off() -> None:
        await clock.sleep(1)
        with clock.busy():
            await asyncio.get_running_loop().run_in_executor(None, release.wait)
        seen.append(clock.monotonic())

    task = spawn(hand_off())
    asyncio.get_running_loop().call_later(0.01, release.set)
    await clock.advance(60)
    assert seen == [1.0]
    assert task.done()


async def test_a_sleep_of_nothing_yields_once(clock: virtual.VirtualClock) -> None:
    ran = False

    def run() -> None:
        nonlocal ran
        ran = True

    asyncio.get_running_loop().call_soon(run)
    await clock.sleep(-1)
    assert ran
    assert clock.monotonic() == 0.0


async def test_a_call_after_nothing_is_made_without_time_passing(clock: virtual.VirtualClock) -> None:
    fired: list[int] = []
    clock.call_later(0, lambda: fired.append(1))
    clock.call_later(-1, lambda: fired.append(2)).cancel()
    assert fired == []
    await clock.settle()
    assert fired == [1]


async def test_the_wall_clock_may_jump_while_the_monotonic_one_does_not(clock: virtual.VirtualClock) -> None:
    await clock.advance(10)
    clock.jump(-3600)
    assert clock.now() == virtual.EPOCH + 10 - 3600
    assert clock.monotonic() == 10.0


async def test_two_tasks_cannot_advance_at_once(clock: virtual.VirtualClock) -> None:
    async def nested() -> None:
        await clock.sleep(1)
        await clock.advance(1)

    task = spawn(nested())
    await clock.advance(5)
    with pytest.raises(RuntimeError, match="being advanced"):
        task.result()


async def test_a_loop_that_never_rests_is_named(clock: virtual.VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "PATIENCE", 100)

    async def spin() -> None:
        while True:
            await clock.sleep(0)

    task = asyncio.get_running_loop().create_task(spin(), name="spinner")
    with pytest.raises(RuntimeError, match=r"does not come to rest.*spinner"):
        await clock.settle()
    task.cancel()
