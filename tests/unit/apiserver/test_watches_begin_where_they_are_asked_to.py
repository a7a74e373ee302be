"""Each row of Kubernetes' table of `resourceVersion` and `sendInitialEvents` for watches."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator

import pytest

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, MERGE, TABLE, Api

LIST = "resourceVersionMatch=NotOlderThan&sendInitialEvents"
END = "k8s.io/initial-events-end"
BLUEPRINT = "kubernetes.io/initial-events-list-blueprint"


class Changed(Api):
    past = 0
    """The revision before the last change."""


@pytest.fixture
async def three() -> AsyncIterator[Changed]:
    """ConfigMaps a and b, of which a was changed last."""
    api = Changed()
    await api.server.start()
    await api.config_map("a")
    await api.config_map("b")
    api.past = api.store.revision
    await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"x": "1"}}, type=MERGE)
    yield api
    await api.server.close()


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", [("ADDED", "a"), ("ADDED", "b")]),
        ("resourceVersion=0", [("ADDED", "a"), ("ADDED", "b")]),
        (f"{LIST}=true", [("ADDED", "a"), ("ADDED", "b")]),
        (f"{LIST}=true&resourceVersion=0", [("ADDED", "a"), ("ADDED", "b")]),
        (f"{LIST}=true&resourceVersion=PAST", [("ADDED", "a"), ("ADDED", "b")]),
        (f"{LIST}=false", []),
        (f"{LIST}=false&resourceVersion=0", []),
        (f"{LIST}=false&resourceVersion=PAST", [("MODIFIED", "a")]),
        ("resourceVersion=PAST", [("MODIFIED", "a")]),
        ("resourceVersion=NOW", []),
    ],
)
async def test_a_watch_begins_where_it_is_asked_to(three: Changed, query: str, first: list[tuple[str, str]]) -> None:
    query = query.replace("PAST", str(three.past)).replace("NOW", str(three.store.revision))
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&{query}")
    await three.config_map("c")
    assert await watch.names() == [*first, ("ADDED", "c")]
    await watch.close()


async def test_a_watch_from_a_revision_that_is_not_there_yet_is_silent_until_then(three: Changed) -> None:
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion={three.store.revision + 2}")
    await three.config_map("c")
    await three.config_map("d")
    await three.clock.advance("10s")
    await three.config_map("e")
    assert await watch.names() == [("ADDED", "e")]
    await watch.close()


async def test_a_state_that_is_not_there_yet_is_an_error_event(three: Changed) -> None:
    current = three.store.revision
    asking = asyncio.create_task(three.watch(f"{CONFIG_MAPS}?watch=1&{LIST}=true&resourceVersion={current + 1}"))
    await three.clock.advance(3)
    watch = await asking
    ((type, status),) = await watch.next()
    assert (type, status["code"], status["reason"]) == ("ERROR", 504, "Timeout")
    assert status["message"] == f"Timeout: Too large resource version: {current + 1}, current: {current}"
    assert status["details"]["retryAfterSeconds"] == 1
    assert await watch.ended()


async def test_a_state_that_comes_within_three_seconds_is_waited_for(three: Changed) -> None:
    wanted = three.store.revision + 1
    asking = asyncio.create_task(three.watch(f"{CONFIG_MAPS}?watch=1&{LIST}=true&resourceVersion={wanted}"))
    await three.clock.advance(2)
    await three.config_map("c")
    watch = await asking
    assert await watch.names() == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c")]
    await watch.close()


@pytest.mark.parametrize("query", [f"{LIST}=true", "resourceVersion=0", ""])
async def test_who_takes_bookmarks_is_told_where_the_present_state_ends(three: Changed, query: str) -> None:
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&{query}")
    *_, (type, mark) = await watch.next()
    assert (type, mark["kind"], mark["apiVersion"]) == ("BOOKMARK", "ConfigMap", "v1")
    assert mark["metadata"]["resourceVersion"] == str(three.store.revision)
    assert mark["metadata"]["annotations"][END] == "true"
    await watch.close()


@pytest.mark.parametrize(
    ("accept", "kind", "version"),
    [
        ("application/json", "ConfigMapList", "v1"),
        (TABLE.replace("Table", "PartialObjectMetadata"), "PartialObjectMetadataList", "meta.k8s.io/v1"),
    ],
)
async def test_the_bookmark_carries_an_empty_list_of_the_events_form(
    three: Changed, accept: str, kind: str, version: str
) -> None:
    target = f"{CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&{LIST}=true"
    watch = await three.watch(target, headers={"accept": accept})
    *_, (_, mark) = await watch.next()
    empty = json.loads(base64.b64decode(mark["metadata"]["annotations"][BLUEPRINT]))
    assert empty == {"kind": kind, "apiVersion": version, "metadata": {}, "items": None}
    await watch.close()


async def test_who_takes_no_bookmarks_gets_none(three: Changed) -> None:
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&{LIST}=true")
    assert [type for type, _ in await watch.next()] == ["ADDED", "ADDED"]
    await three.clock.advance("10m")
    await three.config_map("c")
    assert await watch.names() == [("ADDED", "c")]
    await watch.close()


async def test_bookmarks_come_each_minute_and_shortly_before_the_end(three: Changed) -> None:
    query = f"allowWatchBookmarks=true&timeoutSeconds=150&resourceVersion={three.store.revision}"
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&{query}")
    began, times = three.clock.monotonic(), []
    while not watch.watcher.closed:
        await three.clock.advance("1s")
        times += [three.clock.monotonic() - began for type, _ in watch.seen() if type == "BOOKMARK"]
    assert times == [60.0, 120.0, 148.0]
    assert three.clock.monotonic() - began == 150.0


async def test_a_watch_too_short_for_a_last_bookmark_has_none(three: Changed) -> None:
    query = f"allowWatchBookmarks=true&timeoutSeconds=2&resourceVersion={three.store.revision}"
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&{query}")
    await three.clock.advance("3s")
    assert await watch.ended()


async def test_a_bookmark_is_not_older_than_the_events_before_it(three: Changed) -> None:
    query = f"allowWatchBookmarks=true&resourceVersion={three.store.revision}"
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&{query}")
    await three.config_map("c")
    await three.clock.advance("60s")
    (_, added), (type, mark) = await watch.next()
    assert type == "BOOKMARK"
    assert int(mark["metadata"]["resourceVersion"]) >= int(added["metadata"]["resourceVersion"])
    await watch.close()


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        (
            "sendInitialEvents=true",
            ["Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"],
        ),
        (
            "resourceVersionMatch=NotOlderThan&resourceVersion=5",
            ["Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"],
        ),
        (
            "sendInitialEvents=true&resourceVersionMatch=Exact&resourceVersion=5",
            [
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                'Unsupported value: "Exact": supported values: "NotOlderThan"',
            ],
        ),
        (
            f"{LIST}=true&continue=abc",
            ["Forbidden: resourceVersionMatch is forbidden when continue is provided"],
        ),
        ("continue=abc", ["Forbidden: resourceVersionMatch is forbidden when continue is provided"]),
        (
            "resourceVersion=0&continue=abc",
            ["Forbidden: resourceVersionMatch is forbidden when continue is provided"],
        ),
    ],
)
async def test_options_that_make_no_sense_for_a_watch_are_refused(
    three: Changed, query: str, messages: list[str]
) -> None:
    code, body = await three.call("GET", f"{CONFIG_MAPS}?watch=1&{query}")
    assert (code, body["reason"]) == (422, "Invalid")
    assert [(cause["field"], cause["message"]) for cause in body["details"]["causes"]] == [
        ("resourceVersionMatch", message) for message in messages
    ]


async def test_a_continue_token_means_nothing_to_a_watch_of_changes(three: Changed) -> None:
    watch = await three.watch(f"{CONFIG_MAPS}?watch=1&continue=abc&resourceVersion={three.past}")
    assert await watch.names() == [("MODIFIED", "a")]
    await watch.close()


@pytest.mark.parametrize("query", ["resourceVersion=abc", "timeoutSeconds=soon", "fieldSelector=data.x%3D1"])
async def test_what_cannot_be_read_is_refused_before_the_stream_begins(three: Changed, query: str) -> None:
    code, body = await three.call("GET", f"{CONFIG_MAPS}?watch=1&{query}")
    assert (code, body["reason"]) == (400, "BadRequest")


async def test_events_are_no_yaml(three: Changed) -> None:
    answer = await three.send("GET", f"{CONFIG_MAPS}?watch=1", headers={"accept": "application/yaml"})
    assert isinstance(answer, http.Response)
    assert answer.status == 406
    assert b"application/json;stream=watch" in answer.body


async def test_the_old_paths_watch_a_collection_or_one_object(three: Changed) -> None:
    old = CONFIG_MAPS.replace("/api/v1/", "/api/v1/watch/")
    every = await three.watch(f"{old}?resourceVersion={three.past}")
    one = await three.watch(f"{old}/b?resourceVersion={three.past}")
    await three.call("DELETE", f"{CONFIG_MAPS}/b")
    assert await every.names() == [("MODIFIED", "a"), ("DELETED", "b")]
    assert await one.names() == [("DELETED", "b")]
    await every.close()
    await one.close()


async def test_the_old_path_of_an_object_without_namespace(three: Changed) -> None:
    watch = await three.watch("/api/v1/watch/namespaces/default")
    assert await watch.names() == [("ADDED", "default")]
    patch = {"metadata": {"labels": {"x": "1"}}}
    await three.call("PATCH", "/api/v1/namespaces/default", patch, type=MERGE)
    assert await watch.names() == [("MODIFIED", "default")]
    await watch.close()


async def test_a_path_and_a_selector_that_name_different_objects_are_refused(three: Changed) -> None:
    old = CONFIG_MAPS.replace("/api/v1/", "/api/v1/watch/")
    for selector in ("metadata.name%3Db", "metadata.namespace%3Ddefault"):
        code, body = await three.call("GET", f"{old}/a?fieldSelector={selector}")
        assert (code, body["message"]) == (400, "fieldSelector metadata.name doesn't match requested name")
    watch = await three.watch(f"{old}/a?fieldSelector=metadata.name%3Da")
    assert await watch.names() == [("ADDED", "a")]
    await watch.close()


async def test_what_happens_while_a_large_state_is_made_follows_it(three: Changed) -> None:
    for number in range(30):
        await three.config_map(f"large{number}", {"k": "x" * 1000}, labels={"x": "1"})
    done = three.server.services.aside.done
    watching = asyncio.ensure_future(three.watch(f"{CONFIG_MAPS}?watch=1&labelSelector=x%3D1&allowWatchBookmarks=true"))
    await asyncio.sleep(0)
    await three.call("DELETE", f"{CONFIG_MAPS}/large7")
    await three.config_map("late", labels={"x": "1"})
    watch = await watching
    assert three.server.services.aside.done == done + 1
    seen = await watch.next()
    assert [type for type, _ in seen] == ["ADDED"] * 30 + ["BOOKMARK", "DELETED", "ADDED"]
    assert [tree["metadata"]["name"] for _, tree in seen[-2:]] == ["large7", "late"]
    await watch.close()
