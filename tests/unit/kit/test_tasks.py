"""Every task has an owner, a name and an end."""

import asyncio

import pytest

from steersman.kit import tasks


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


async def test_closing_ends_what_runs() -> None:
    group = tasks.TaskGroup("g")
    task = group.spawn(forever(), "one")
    await asyncio.sleep(0)
    assert len(group) == 1
    assert await group.close() == []
    assert task.cancelled()
    assert task.get_name() == "g/one"
    assert len(group) == 0
    assert group.faults == []


async def test_grace_lets_work_finish() -> None:
    group = tasks.TaskGroup("g")
    gate = asyncio.Event()
    task = group.spawn(gate.wait(), "one")
    asyncio.get_running_loop().call_soon(gate.set)
    assert await group.close(grace=5) == []
    assert task.result() is True


async def test_a_failure_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[tuple[str, BaseException]] = []
    group = tasks.TaskGroup("g", on_fault=lambda name, error: heard.append((name, error)))

    async def broken() -> None:
        raise ZeroDivisionError

    task = group.spawn(broken(), "one")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert [(name, type(error)) for name, error in heard] == [("g/one", ZeroDivisionError)]
    assert group.faults == heard
    assert "task g/one failed" in caplog.text
    await group.close()


async def test_a_failure_while_closing_is_heard() -> None:
    group = tasks.TaskGroup("g")

    async def broken() -> None:
        try:
            await forever()
        finally:
            raise ZeroDivisionError

    group.spawn(broken(), "one")
    await asyncio.sleep(0)
    assert await group.close() == []
    assert [type(error) for _, error in group.faults] == [ZeroDivisionError]


async def test_nothing_starts_after_close() -> None:
    group = tasks.TaskGroup("g")
    await group.close()
    with pytest.raises(RuntimeError, match="g is closed; late cannot start"):
        group.spawn(forever(), "late")


async def test_a_task_may_close_its_own_group() -> None:
    group = tasks.TaskGroup("g")
    other = group.spawn(forever(), "other")

    async def closer() -> list[str]:
        return await group.close()

    assert await group.spawn(closer(), "closer") == []
    assert other.cancelled()


async def test_a_cancelled_close_still_ends_the_tasks() -> None:
    group = tasks.TaskGroup("g")
    task = group.spawn(forever(), "one")
    closing = asyncio.get_running_loop().create_task(group.close(grace=60))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await asyncio.wait([task], timeout=1)
    assert task.cancelled()


async def test_a_block_closes_its_group() -> None:
    async with tasks.TaskGroup("g").running() as group:
        task = group.spawn(forever(), "one")
        await asyncio.sleep(0)
    assert task.cancelled()
