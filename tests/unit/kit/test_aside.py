"""Work beside the loop."""

import threading

import pytest

from steersman.kit import aside, clock, virtual


async def test_it_runs_in_another_thread_one_piece_at_a_time() -> None:
    beside = aside.Aside(clock.RealClock())
    threads = {await beside.run(threading.get_ident) for _ in range(3)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    beside.close()


async def test_what_it_raises_comes_back() -> None:
    beside = aside.Aside(clock.RealClock())
    with pytest.raises(ValueError, match="no"):
        await beside.run(_refuse, "no")
    beside.close()


def _refuse(why: str) -> None:
    raise ValueError(why)


async def test_virtual_time_waits_for_it() -> None:
    time = virtual.VirtualClock()
    beside = aside.Aside(time)
    began = time.monotonic()
    assert await beside.run(sum, [1, 2]) == 3
    assert time.monotonic() == began
    beside.close()


async def test_it_can_be_closed_unused_and_twice() -> None:
    beside = aside.Aside(clock.RealClock())
    beside.close()
    await beside.run(len, "")
    beside.close()
    beside.close()
