"""One publisher, many readers, none of which holds up another."""

import asyncio

import pytest

from steersman.kit import broadcast
from steersman.kit.broadcast import Slow


async def test_every_reader_gets_every_value_from_its_beginning_on() -> None:
    source = broadcast.Broadcast[int]()
    first = source.subscribe(slow=Slow.END)
    source.publish(1)
    second = source.subscribe(slow=Slow.END)
    source.publish(2)
    source.close()
    assert [value async for value in first] == [1, 2]
    assert [value async for value in second] == [2]
    assert len(source) == 0


async def test_a_reader_that_waits_is_woken() -> None:
    source = broadcast.Broadcast[int]()
    reader = source.subscribe(slow=Slow.DROP)
    task = asyncio.get_running_loop().create_task(reader.batch())
    await asyncio.sleep(0)
    source.publish(1)
    source.publish(2)
    assert await task == [1, 2]
    task = asyncio.get_running_loop().create_task(reader.batch())
    await asyncio.sleep(0)
    source.close()
    assert await task == []


async def test_a_slow_reader_that_may_drop_loses_the_oldest() -> None:
    source = broadcast.Broadcast[int]()
    reader = source.subscribe(limit=2, slow=Slow.DROP)
    for value in range(5):
        source.publish(value)
    assert len(reader) == 2
    assert await reader.batch() == [3, 4]
    assert reader.dropped == 3


async def test_a_slow_reader_that_may_not_drop_is_told_after_what_it_had() -> None:
    source = broadcast.Broadcast[int]()
    reader, other = source.subscribe(limit=2, slow=Slow.END), source.subscribe(limit=9, slow=Slow.END)
    for value in range(5):
        source.publish(value)
    assert len(source) == 1
    assert await anext(reader) == 0
    assert await anext(reader) == 1
    with pytest.raises(broadcast.Lagged):
        await anext(reader)
    assert await other.batch() == [0, 1, 2, 3, 4]


async def test_a_closed_reader_is_at_its_end_and_costs_nothing() -> None:
    source = broadcast.Broadcast[int]()
    reader = source.subscribe(slow=Slow.DROP)
    source.publish(1)
    await reader.aclose()
    assert [value async for value in reader] == []
    assert len(source) == 0
    source.publish(2)


async def test_a_closed_broadcast_takes_nothing_more() -> None:
    source = broadcast.Broadcast[int]()
    source.close()
    assert [value async for value in source.subscribe(slow=Slow.END)] == []
    with pytest.raises(RuntimeError, match="closed"):
        source.publish(1)
    with pytest.raises(ValueError, match="room"):
        source.subscribe(limit=0, slow=Slow.DROP)
