"""The work queue: each key once, serial per key, nothing lost."""

import asyncio
import logging

import pytest

from steersman.kit import backoff, virtual, workqueue


@pytest.fixture
def clock() -> virtual.VirtualClock:
    return virtual.VirtualClock()


@pytest.fixture
def queue(clock: virtual.VirtualClock) -> workqueue.WorkQueue[str]:
    return workqueue.WorkQueue("test", clock=clock, backoff=backoff.Backoff(base=1, cap=8))


Queue = workqueue.WorkQueue[str]


async def test_a_key_added_often_is_one_piece_of_work(queue: Queue) -> None:
    for key in "abaab":
        queue.add(key)
    assert len(queue) == 2
    assert await queue.get() == "a"
    assert await queue.get() == "b"
    queue.check()


async def test_a_key_added_while_it_is_worked_on_comes_once_more_afterwards(queue: Queue) -> None:
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.add("a")
    queue.check()
    assert len(queue) == 0
    queue.done("a")
    assert len(queue) == 1
    assert await queue.get() == "a"
    queue.done("a")
    assert queue.is_idle


async def test_getters_are_served_in_the_order_they_came(queue: Queue, clock: virtual.VirtualClock) -> None:
    loop = asyncio.get_running_loop()
    first, second = loop.create_task(queue.get()), loop.create_task(queue.get())
    await clock.settle()
    queue.add("a")
    queue.add("b")
    assert list(await asyncio.gather(first, second)) == ["a", "b"]


async def test_a_key_given_to_a_cancelled_getter_is_not_lost(queue: Queue, clock: virtual.VirtualClock) -> None:
    loop = asyncio.get_running_loop()
    first, second = loop.create_task(queue.get()), loop.create_task(queue.get())
    await clock.settle()
    queue.add("a")
    first.cancel()
    assert await second == "a"
    third = loop.create_task(queue.get())
    await clock.settle()
    third.cancel()
    await clock.settle()
    queue.add("b")
    assert await queue.get() == "b"


async def test_a_delayed_key_comes_when_it_is_due_and_the_earliest_wish_counts(
    queue: Queue, clock: virtual.VirtualClock
) -> None:
    queue.add_after("a", 10)
    queue.add_after("a", 5)
    queue.add_after("a", 7)
    queue.add_after("b", 0)
    assert (len(queue), queue.delayed) == (1, 1)
    await clock.advance(4)
    assert len(queue) == 1
    await clock.advance(1)
    assert (len(queue), queue.delayed) == (2, 0)
    await clock.advance(60)
    assert len(queue) == 2


async def test_failures_are_delayed_longer_each_time_until_forgotten(queue: Queue, clock: virtual.VirtualClock) -> None:
    delays = []
    for _ in range(5):
        queue.add_rate_limited("a")
        delays.append(clock.next_timer)
        await clock.advance(10)
    assert delays == [1, 2, 4, 8, 8]
    assert queue.failures("a") == 5
    queue.forget("a")
    queue.add_rate_limited("a")
    assert clock.next_timer == 1


async def test_after_shut_down_nothing_is_added_and_what_was_queued_is_handed_out(
    queue: Queue, clock: virtual.VirtualClock
) -> None:
    queue.add("a")
    queue.add_after("b", 1)
    queue.shut_down()
    queue.add("c")
    queue.add_after("d", 1)
    await clock.advance(10)
    queue.check()
    assert await queue.get() == "a"
    with pytest.raises(workqueue.ShutDown):
        await queue.get()
    assert clock.pending == 0


async def test_shut_down_wakes_every_getter(queue: Queue, clock: virtual.VirtualClock) -> None:
    getters = [asyncio.get_running_loop().create_task(queue.get()) for _ in range(3)]
    await clock.settle()
    queue.shut_down()
    results = await asyncio.gather(*getters, return_exceptions=True)
    assert [type(result) for result in results] == [workqueue.ShutDown] * 3


async def test_draining_waits_for_the_work_in_hand(queue: Queue, clock: virtual.VirtualClock) -> None:
    queue.add("a")
    queue.add("b")
    await queue.get()
    drained = asyncio.get_running_loop().create_task(queue.drain())
    await clock.settle()
    queue.done("a")
    await clock.settle()
    assert not drained.done()
    await queue.get()
    queue.done("b")
    await drained


async def test_work_is_serial_for_a_key_and_parallel_across_keys(queue: Queue, clock: virtual.VirtualClock) -> None:
    active: set[str] = set()
    most, rounds = 0, 0

    async def reconcile(key: str) -> workqueue.Outcome:
        nonlocal most, rounds
        assert key not in active
        active.add(key)
        most, rounds = max(most, len(active)), rounds + 1
        await clock.sleep(1)
        active.remove(key)
        return workqueue.DONE

    runner = asyncio.get_running_loop().create_task(workqueue.run(queue, reconcile, workers=3, clock=clock))
    for _ in range(3):
        for key in "abcd":
            queue.add(key)
        await clock.advance(0.5)
    await clock.advance(10)
    assert most == 3
    assert 8 <= rounds < 12
    queue.shut_down()
    await runner


async def test_outcomes_decide_when_a_key_comes_again(queue: Queue, clock: virtual.VirtualClock) -> None:
    story: list[tuple[float, str]] = []
    errors: list[tuple[str, str]] = []

    async def reconcile(key: str) -> workqueue.Outcome:
        story.append((clock.monotonic(), key))
        tries = sum(1 for _, seen in story if seen == key)
        if key == "later" and tries < 3:
            return workqueue.RequeueAfter(30)
        if key == "broken" and tries < 4:
            raise ValueError("not yet")
        if key == "stuck" and tries == 1:
            await clock.sleep(1000)
        return workqueue.DONE

    runner = asyncio.get_running_loop().create_task(
        workqueue.run(
            queue,
            reconcile,
            workers=4,
            clock=clock,
            timeout=60,
            on_error=lambda key, error: errors.append((key, type(error).__name__)),
        )
    )
    for key in ("once", "later", "broken", "stuck"):
        queue.add(key)
    await clock.advance(100)
    assert [when for when, key in story if key == "once"] == [0]
    assert [when for when, key in story if key == "later"] == [0, 30, 60]
    assert [when for when, key in story if key == "broken"] == [0, 1, 3, 7]
    assert [when for when, key in story if key == "stuck"] == [0, 61]
    assert errors == [("broken", "ValueError")] * 3 + [("stuck", "TimeoutError")]
    assert queue.failures("broken") == 0
    runner.cancel()
    with pytest.raises(asyncio.CancelledError):
        await runner


async def test_an_error_that_nobody_takes_is_logged(
    queue: Queue, clock: virtual.VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def reconcile(key: str) -> workqueue.Outcome:
        if queue.failures(key) == 0:
            raise ValueError("no")
        return None

    queue.add("a")
    with caplog.at_level(logging.ERROR):
        runner = asyncio.get_running_loop().create_task(workqueue.run(queue, reconcile, workers=1, clock=clock))
        await clock.advance(5)
    assert "test: reconciling a failed" in caplog.text
    queue.shut_down()
    await runner


async def test_cancelled_work_is_given_back(queue: Queue, clock: virtual.VirtualClock) -> None:
    async def reconcile(key: str) -> workqueue.Outcome:
        await clock.sleep(1000)
        return workqueue.DONE

    queue.add("a")
    runner = asyncio.get_running_loop().create_task(workqueue.run(queue, reconcile, workers=2, clock=clock))
    await clock.settle()
    runner.cancel()
    await clock.settle()
    assert runner.cancelled()
    assert queue.is_idle
