"""The real clock keeps what every clock promises."""

import asyncio

import pytest

from steersman.kit import clock as clocks
from steersman.kit import virtual


def both() -> list[clocks.Clock]:
    return [clocks.RealClock(), virtual.VirtualClock()]


@pytest.mark.parametrize("clock", both(), ids=["real", "virtual"])
async def test_a_sleep_of_nothing_still_yields(clock: clocks.Clock) -> None:
    ran: list[int] = []
    asyncio.get_running_loop().call_soon(ran.append, 1)
    await clock.sleep(0)
    assert ran == [1]
    asyncio.get_running_loop().call_soon(ran.append, 2)
    await clock.sleep(-5)
    assert ran == [1, 2]


@pytest.mark.parametrize("clock", both(), ids=["real", "virtual"])
async def test_a_timeout_of_nothing_ends_what_waits(clock: clocks.Clock) -> None:
    with pytest.raises(TimeoutError):
        async with clock.timeout(0):
            await asyncio.get_running_loop().create_future()
    async with clock.timeout(None):
        pass


@pytest.mark.parametrize("clock", both(), ids=["real", "virtual"])
async def test_a_call_may_be_cancelled_before_and_after_it_was_made(clock: clocks.Clock) -> None:
    made: list[int] = []
    first = clock.call_later(0, lambda: made.append(1))
    clock.call_later(0, lambda: made.append(2)).cancel()
    clock.call_later(-1, lambda: made.append(3))
    clock.call_later(3600, lambda: made.append(4)).cancel()
    for _ in range(3):
        await asyncio.sleep(0)
    first.cancel()
    assert sorted(made) == [1, 3]


def test_the_real_clocks_run() -> None:
    clock = clocks.RealClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.now() > 1_700_000_000
    with clock.busy():
        pass
