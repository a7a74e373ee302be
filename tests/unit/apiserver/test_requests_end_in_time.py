"""A request that takes longer than it may is answered with 504, and a watch ends when it was to."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from steersman.apiserver.server import SELF
from steersman.kit import http
from steersman.store import protocol
from steersman.store.memory import MemoryStore
from unit.apiserver.serving import CONFIG_MAPS, JSON, Api


class SlowStore(MemoryStore):
    """Writes of config maps hang until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs = asyncio.Event()

    async def put(self, key: str, *how: Any, **more: Any) -> protocol.Entry:
        if "/configmaps/" in key:
            await self.hangs.wait()
        return await super().put(key, *how, **more)


@pytest.fixture
async def slow() -> AsyncIterator[Api]:
    api = Api(store=SlowStore())
    await api.server.start()
    yield api
    await api.server.close()


async def _ended_after(api: Api, query: str) -> tuple[float, http.Answer]:
    """When a write that hangs was answered, and how."""
    body = json.dumps({"metadata": {"name": "a"}}).encode()
    pairs = [("timeout", query)] if query else []
    request = http.Request("POST", CONFIG_MAPS, pairs, {"content-type": JSON}, body, user=SELF)
    began = api.clock.monotonic()
    answering = asyncio.ensure_future(api.server.handle(request))
    while not answering.done():
        await api.clock.advance("1s")
    return api.clock.monotonic() - began, answering.result()


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [("", 60), ("5s", 5), ("1m", 60), ("1h", 60), ("0s", 60), ("0", 60), ("-3s", 60), ("1500ms", 2)],
)
async def test_a_write_that_hangs_is_given_up(slow: Api, timeout: str, seconds: int) -> None:
    took, answer = await _ended_after(slow, timeout)
    assert took == seconds
    assert isinstance(answer, http.Response)
    assert json.loads(answer.body) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Timeout: request did not complete within requested timeout - context deadline exceeded",
        "reason": "Timeout",
        "details": {},
        "code": 504,
    }


@pytest.mark.parametrize(
    ("timeout", "why"),
    [
        ("soon", 'time: invalid duration "soon"'),
        ("5", 'time: missing unit in duration "5"'),
        ("5 s", 'time: unknown unit " s" in duration "5 s"'),
        ("1x", 'time: unknown unit "x" in duration "1x"'),
        ("1h2x", 'time: unknown unit "x" in duration "1h2x"'),
        ("1h2", 'time: missing unit in duration "1h2"'),
        ("1h-2s", 'time: unknown unit "h-" in duration "1h-2s"'),
    ],
)
async def test_a_timeout_that_is_no_duration_is_refused(api: Api, timeout: str, why: str) -> None:
    for target in (CONFIG_MAPS, "/version", "/apis"):
        code, body = await api.call("GET", f"{target}?timeout={timeout}")
        assert (code, body["message"]) == (400, f"invalid timeout specified in the request URL - {why}")


async def test_a_watch_heeds_only_its_own_time(api: Api) -> None:
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&timeout=1s&timeoutSeconds=90&resourceVersion={api.store.revision}")
    await api.clock.advance("89s")
    assert not watch.watcher.closed
    await api.clock.advance("2s")
    assert await watch.ended()


async def test_all_requests_share_one_timer(api: Api) -> None:
    await api.config_map("first")
    before = api.clock.pending
    for number in range(5):
        await api.config_map(f"c{number}")
    await api.get(f"{CONFIG_MAPS}/first?timeout=5s")
    assert api.clock.pending == before
    await api.clock.advance("2m")
    assert api.clock.pending == before - 1


async def test_requests_that_hang_end_one_after_the_other(slow: Api) -> None:
    first = asyncio.ensure_future(slow.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}}))
    await slow.clock.advance("30s")
    second = asyncio.ensure_future(slow.call("POST", CONFIG_MAPS, {"metadata": {"name": "b"}}))
    third = asyncio.ensure_future(slow.call("POST", f"{CONFIG_MAPS}?timeout=40s", {"metadata": {"name": "c"}}))
    await slow.clock.advance("31s")
    assert [each.done() for each in (first, second, third)] == [True, False, False]
    await slow.clock.advance("10s")
    assert [each.done() for each in (first, second, third)] == [True, False, True]
    store = slow.store
    assert isinstance(store, SlowStore)
    store.hangs.set()
    assert [(await each)[0] for each in (first, second, third)] == [504, 201, 504]


async def test_a_request_whose_caller_gives_up_is_no_timeout(slow: Api) -> None:
    asking = asyncio.ensure_future(slow.call("POST", CONFIG_MAPS, {"metadata": {"name": "a"}}))
    await slow.clock.advance("1s")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
