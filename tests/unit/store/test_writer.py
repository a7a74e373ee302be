"""The writer thread gets on beside a loop that never idles."""

import asyncio
import sys
import time

import pytest

from steersman.store.writer import Writer


async def spin(turn: float) -> None:
    while True:
        until = time.perf_counter() + turn
        while time.perf_counter() < until:
            pass
        await asyncio.sleep(0)


@pytest.mark.parametrize("turn", [0.00005, 0.0005])
async def test_jobs_end_soon_beside_a_loop_that_never_idles(turn: float) -> None:
    writer = Writer("test")
    spinner = asyncio.get_running_loop().create_task(spin(turn))
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    try:
        begun = time.perf_counter()
        for _ in range(20):
            await writer.call(lambda: time.sleep(0.0001))
        assert time.perf_counter() - begun < 1
    finally:
        sys.setswitchinterval(usual)
        spinner.cancel()
        writer.stop()
    assert writer._blink is None


async def test_jobs_run_in_order_and_an_error_is_the_jobs_result() -> None:
    writer = Writer("test")
    seen: list[int] = []

    def fail() -> None:
        seen.append(2)
        raise ZeroDivisionError

    first = asyncio.ensure_future(writer.call(lambda: seen.append(1)))
    second = asyncio.ensure_future(writer.call(fail))
    third = asyncio.ensure_future(writer.call(lambda: "fine"))
    await asyncio.wait([first, second, third])
    assert isinstance(second.exception(), ZeroDivisionError)
    assert third.result() == "fine"
    assert seen == [1, 2]
    writer.stop()
