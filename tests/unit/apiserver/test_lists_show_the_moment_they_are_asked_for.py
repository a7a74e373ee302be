"""Each row of Kubernetes' table of `resourceVersion` and `resourceVersionMatch`, for lists and for GET."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from unit.apiserver.serving import CONFIG_MAPS, MERGE, Api

NEW, OLD = ["a", "b", "c", "d"], ["a", "b", "c"]


class Grown(Api):
    past = 0
    """The revision at which the last object was not there yet."""


@pytest.fixture
async def grown() -> AsyncIterator[Grown]:
    api = Grown()
    await api.server.start()
    for name in OLD:
        await api.config_map(name)
    api.past = api.store.revision
    await api.config_map("d")
    yield api
    await api.server.close()


def _names(body: Any) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


def _query(api: Grown, query: str) -> str:
    query = query.replace("PAST", str(api.past)).replace("FUTURE", str(api.store.revision + 1))
    return query.replace("MATCH", "resourceVersionMatch")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", NEW),
        ("limit=2", NEW[:2]),
        ("resourceVersion=0", NEW),
        ("resourceVersion=0&limit=2", NEW),
        ("resourceVersion=0&MATCH=NotOlderThan", NEW),
        ("resourceVersion=0&MATCH=NotOlderThan&limit=2", NEW),
        ("resourceVersion=PAST", NEW),
        ("resourceVersion=PAST&limit=4", OLD),
        ("resourceVersion=PAST&limit=2", OLD[:2]),
        ("resourceVersion=PAST&MATCH=NotOlderThan", NEW),
        ("resourceVersion=PAST&MATCH=NotOlderThan&limit=4", NEW),
        ("resourceVersion=PAST&MATCH=Exact", OLD),
        ("resourceVersion=PAST&MATCH=Exact&limit=2", OLD[:2]),
        ("resourceVersion=PAST&fieldSelector=metadata.name%3Dd", ["d"]),
        ("resourceVersion=PAST&fieldSelector=metadata.name%3Dd&limit=1", ["d"]),
        ("resourceVersion=PAST&MATCH=Exact&fieldSelector=metadata.name%3Dd", []),
    ],
)
async def test_a_list_shows_the_moment_it_is_asked_for(grown: Grown, query: str, names: list[str]) -> None:
    body = await grown.get(f"{CONFIG_MAPS}?{_query(grown, query)}")
    assert _names(body) == names
    exact = "Exact" in query or ("PAST&limit" in query)
    assert body["metadata"]["resourceVersion"] == str(grown.past if exact else grown.store.revision)


@pytest.mark.parametrize(
    "query",
    [
        "resourceVersion=FUTURE",
        "resourceVersion=FUTURE&limit=1",
        "resourceVersion=FUTURE&MATCH=Exact",
        "resourceVersion=FUTURE&MATCH=NotOlderThan",
        "resourceVersion=FUTURE&fieldSelector=metadata.name%3Da",
    ],
)
async def test_a_moment_that_has_not_come_is_a_timeout(grown: Grown, query: str) -> None:
    asked = asyncio.create_task(grown.send("GET", f"{CONFIG_MAPS}?{_query(grown, query)}"))
    await grown.clock.advance(2.9)
    at_once = "Exact" in query or "limit" in query
    assert asked.done() == at_once, "only what need not be exact is waited for"
    await grown.clock.advance(0.1)
    answer = asked.result()
    body = json.loads(answer.body)  # type: ignore[union-attr]
    current = grown.store.revision
    assert body == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"Timeout: Too large resource version: {current + 1}, current: {current}",
        "reason": "Timeout",
        "details": {
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
        "code": 504,
    }
    assert ("Retry-After", "1") in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "resourceVersion=PAST&MATCH=Exact",
        "resourceVersion=PAST&limit=1",
        "resourceVersion=PAST&MATCH=Exact&fieldSelector=metadata.name%3Da",
    ],
)
async def test_a_moment_that_is_compacted_has_expired(grown: Grown, query: str) -> None:
    await grown.store.compact(grown.store.revision)
    code, body = await grown.call("GET", f"{CONFIG_MAPS}?{_query(grown, query)}")
    assert (code, body["reason"]) == (410, "Expired")
    assert body["message"] == "The resourceVersion for the provided list is too old."
    assert "continue" not in body["metadata"]


async def test_not_older_than_a_compacted_moment_is_the_newest(grown: Grown) -> None:
    await grown.store.compact(grown.store.revision)
    assert _names(await grown.get(f"{CONFIG_MAPS}?resourceVersion={grown.past}")) == NEW


async def test_one_object_is_the_newest_or_not_there_yet(grown: Grown) -> None:
    for version in ("0", str(grown.past), str(grown.store.revision)):
        assert (await grown.get(f"{CONFIG_MAPS}/d?resourceVersion={version}"))["metadata"]["name"] == "d"
    for name in ("d", "nobody"):
        code, body = await grown.in_vain(f"{CONFIG_MAPS}/{name}?resourceVersion={grown.store.revision + 1}")
        assert (code, body["reason"]) == (504, "Timeout")


@pytest.mark.parametrize("target", [f"{CONFIG_MAPS}?MATCH=NotOlderThan&", f"{CONFIG_MAPS}?", f"{CONFIG_MAPS}/e?"])
async def test_a_moment_that_comes_within_three_seconds_is_waited_for(grown: Grown, target: str) -> None:
    wanted = grown.store.revision + 2
    asked = asyncio.create_task(grown.get(f"{_query(grown, target)}resourceVersion={wanted}"))
    await grown.clock.advance(1)
    await grown.config_map("e")
    await grown.clock.settle()
    assert not asked.done()
    await grown.config_map("f")
    body = await asked
    assert body["metadata"]["name"] == "e" if "/e" in target else "f" in _names(body)


async def test_who_waits_for_a_moment_and_goes_away_leaves_nothing_behind(grown: Grown) -> None:
    timers = grown.clock.pending
    asked = asyncio.create_task(grown.get(f"{CONFIG_MAPS}?resourceVersion={grown.store.revision + 1}"))
    await grown.clock.settle()
    assert grown.clock.pending == timers + 1
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert grown.clock.pending == timers
    await grown.config_map("e")


async def test_a_token_too_old_leads_on_at_the_newest_moment_for_all_further_pages(grown: Grown) -> None:
    first = await grown.get(f"{CONFIG_MAPS}?limit=1")
    await grown.call("DELETE", f"{CONFIG_MAPS}/b")
    await grown.config_map("e")
    await grown.store.compact(grown.store.revision)
    code, expired = await grown.call("GET", f"{CONFIG_MAPS}?limit=2&continue={first['metadata']['continue']}")
    assert (code, expired["reason"]) == (410, "Expired")
    assert expired["message"].startswith("The provided continue parameter is too old to display a consistent list")
    second = await grown.get(f"{CONFIG_MAPS}?limit=2&continue={expired['metadata']['continue']}")
    moment = grown.store.revision
    await grown.call("DELETE", f"{CONFIG_MAPS}/e")
    last = await grown.get(f"{CONFIG_MAPS}?limit=2&continue={second['metadata']['continue']}")
    assert (_names(second), _names(last)) == (["c", "d"], ["e"])
    assert second["metadata"]["resourceVersion"] == last["metadata"]["resourceVersion"] == str(moment)


async def test_a_page_needs_no_other_revision_than_its_token_has(grown: Grown) -> None:
    token = (await grown.get(f"{CONFIG_MAPS}?limit=1"))["metadata"]["continue"]
    code, body = await grown.call("GET", f"{CONFIG_MAPS}?continue={token}&resourceVersion={grown.past}")
    assert (code, body["message"]) == (400, "specifying resource version is not allowed when using continue")
    assert _names(await grown.get(f"{CONFIG_MAPS}?continue={token}&resourceVersion=0")) == NEW[1:]
    query = f"continue={token}&resourceVersionMatch=Exact&resourceVersion={grown.past}"
    code, body = await grown.call("GET", f"{CONFIG_MAPS}?{query}")
    assert (code, body["reason"]) == (422, "Invalid")


def _token(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


GOOD = {"v": "meta.k8s.io/v1", "rv": 5, "start": "a\0"}


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("a!bc", "illegal base64 data at input byte 1"),
        ("abcde", "illegal base64 data at input byte 4"),
        ("YWJj=", "illegal base64 data at input byte 4"),
        (_token(b"nonsense"), "invalid character 'n' looking for beginning of value"),
        (_token({**GOOD, "v": "v2"}), "server does not recognize this encoded version v2"),
        (_token({**GOOD, "rv": 0}), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
        (_token({**GOOD, "start": ""}), "encoded start key empty (version meta.k8s.io/v1)"),
        (_token({**GOOD, "start": "../secrets/a"}), "../secrets/a"),
        (_token({**GOOD, "start": "a//b"}), "a//b"),
        (_token({**GOOD, "start": "a/./b"}), "a/./b"),
        (_token({**GOOD, "start": "a/"}), "a/"),
    ],
)
async def test_a_token_that_is_none_of_ours_is_refused(grown: Grown, token: str, why: str) -> None:
    code, body = await grown.call("GET", f"{CONFIG_MAPS}?continue={token}")
    assert (code, body["reason"]) == (400, "BadRequest")
    assert body["message"] == f"invalid continue token: continue key is not valid: {why}"


async def test_a_token_of_one_namespace_shows_nothing_of_another(grown: Grown) -> None:
    token = _token({**GOOD, "rv": -1, "start": "default/a\0"})
    await grown.make("/api/v1/namespaces/kube-system/configmaps", {"metadata": {"name": "theirs"}})
    every = await grown.get(f"/api/v1/configmaps?continue={token}")
    assert {item["metadata"]["namespace"] for item in every["items"]} == {"default", "kube-system"}
    here = await grown.get(f"{CONFIG_MAPS}?continue={token}")
    assert {item["metadata"]["namespace"] for item in here["items"]} <= {"default"}


async def test_a_deletion_with_a_limit_takes_one_page(grown: Grown) -> None:
    code, body = await grown.call("DELETE", f"{CONFIG_MAPS}?limit=3")
    assert (code, _names(body), body["metadata"]["remainingItemCount"]) == (200, OLD, 1)
    assert _names(await grown.get(CONFIG_MAPS)) == ["d"]
    code, body = await grown.call("DELETE", f"{CONFIG_MAPS}?limit=3&continue={body['metadata']['continue']}")
    assert (_names(body), "continue" in body["metadata"]) == (["d"], False)
    assert _names(await grown.get(CONFIG_MAPS)) == []


async def test_a_deletion_takes_what_a_list_would_show(grown: Grown) -> None:
    await grown.call("PATCH", f"{CONFIG_MAPS}/b", {"metadata": {"labels": {"x": "1"}}}, type=MERGE)
    code, body = await grown.call("DELETE", f"{CONFIG_MAPS}?labelSelector=x%3D1")
    assert (code, _names(body)) == (200, ["b"])
    code, body = await grown.call("DELETE", f"{CONFIG_MAPS}?resourceVersion={grown.past}&resourceVersionMatch=Exact")
    assert (code, _names(body)) == (200, OLD)
    assert _names(await grown.get(CONFIG_MAPS)) == ["d"]
