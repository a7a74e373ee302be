import json

import pytest

from steersman.apiserver import watchers
from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, MERGE, PODS, TABLE, Api


async def _label(api: Api, name: str, **labels: str | None) -> None:
    await api.call("PATCH", f"{CONFIG_MAPS}/{name}", {"metadata": {"labels": labels}}, type=MERGE)


async def test_without_a_revision_the_present_comes_first(api: Api) -> None:
    await api.config_map("a")
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1")
    assert await watch.names() == [("ADDED", "a")]
    await api.config_map("b")
    await api.call("DELETE", f"{CONFIG_MAPS}/a")
    assert await watch.names() == [("ADDED", "b"), ("DELETED", "a")]
    await watch.close()


async def test_from_a_revision_the_past_comes_first(api: Api) -> None:
    await api.config_map("a")
    revision = api.store.revision
    await api.config_map("b")
    await _label(api, "a", x="1")
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion={revision}")
    await api.config_map("c")
    assert await watch.names() == [("ADDED", "b"), ("MODIFIED", "a"), ("ADDED", "c")]
    await watch.close()


async def test_an_object_that_enters_or_leaves_a_selection_comes_or_goes(api: Api) -> None:
    await api.config_map("a", labels={"x": "1"})
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&labelSelector=x%3D1")
    assert await watch.names() == [("ADDED", "a")]
    await _label(api, "a", x="2")
    ((type, left),) = await watch.next()
    assert (type, left["metadata"]["labels"]) == ("DELETED", {"x": "1"})
    assert left["metadata"]["resourceVersion"] == str(api.store.revision)
    await _label(api, "a", x="1", y="1")
    assert await watch.names() == [("ADDED", "a")]
    await _label(api, "a", y="2")
    assert await watch.names() == [("MODIFIED", "a")]
    await watch.close()


async def test_a_node_sees_its_pods_only(api: Api) -> None:
    watch = await api.watch(f"{PODS}?watch=1&fieldSelector=spec.nodeName%3Dn1")
    other = await api.watch(f"{PODS}?watch=1&fieldSelector=spec.nodeName%3Dn2")
    await api.pod("a")
    await api.call("POST", f"{PODS}/a/binding", {"metadata": {"name": "a"}, "target": {"name": "n1"}})
    assert await watch.names() == [("ADDED", "a")]
    await api.pod("b", nodeName="n2")
    assert await other.names() == [("ADDED", "b")]
    await watch.close()
    await other.close()


async def test_one_object_is_watched_by_name(api: Api) -> None:
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Db")
    await api.config_map("a")
    await api.config_map("b")
    assert await watch.names() == [("ADDED", "b")]
    await watch.close()


async def test_watchers_of_the_same_share_their_events(api: Api) -> None:
    first, second = await api.watch(f"{CONFIG_MAPS}?watch=1"), await api.watch(f"{CONFIG_MAPS}?watch=1")
    await api.config_map("a")
    assert first.stream.events is not None
    assert second.stream.events is not None
    (one,), (two,) = await anext(first.stream.events), await anext(second.stream.events)
    assert one is two
    await first.close()
    await second.close()


async def test_a_compacted_revision_is_an_error_event(api: Api) -> None:
    revision = api.store.revision
    await api.config_map("a")
    await api.config_map("b")
    await api.store.compact(api.store.revision)
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion={revision}")
    ((type, status),) = await watch.next()
    assert (type, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
    assert await watch.ended()


async def test_a_watch_ends_when_its_time_is_over(api: Api) -> None:
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&timeoutSeconds=5&resourceVersion={api.store.revision}")
    await api.config_map("a")
    await api.clock.advance("6s")
    assert await watch.names() == [("ADDED", "a")]
    assert await watch.ended()
    assert api.server.services.hubs.watchers == 0


async def test_a_watcher_that_leaves_too_many_events_unread_is_ended(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "CAPACITY", 3)
    await api.config_map("a")
    slow = await api.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion={api.store.revision}")
    quick = await api.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion={api.store.revision}")
    for number in range(4):
        await _label(api, "a", x=str(number))
        assert [type for type, _ in await quick.next()] == ["MODIFIED"]
    assert [tree["metadata"]["labels"]["x"] for _, tree in await slow.next()] == ["0", "1", "2"]
    assert await slow.ended()
    assert not quick.watcher.closed
    await quick.close()


async def test_a_watcher_that_leaves_too_much_unread_is_ended(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "CAPACITY_BYTES", 10_000)
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1&resourceVersion={api.store.revision}")
    await api.config_map("larger-than-may-be", {"k": "x" * 20_000})
    assert api.server.services.hubs.watchers == 1
    watch.watcher.check()
    await api.config_map("b")
    assert api.server.services.hubs.watchers == 0
    assert await watch.names() == [("ADDED", "larger-than-may-be")]
    assert await watch.ended()


async def test_what_a_watch_begins_with_counts_for_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await api.config_map(f"c{number}")
    monkeypatch.setattr(watchers, "CAPACITY", 2)
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1")
    await api.config_map("c5")
    await api.config_map("c6")
    assert not watch.watcher.closed
    watch.watcher.check()
    assert len(await watch.next()) == 7
    await watch.close()


async def test_a_long_beginning_leaves_in_pieces(api: Api) -> None:
    for number in range(10):
        await api.config_map(f"c{number}", {"k": "x" * 20_000})
    answer = await api.send("GET", f"{CONFIG_MAPS}?watch=1")
    assert isinstance(answer, http.Stream)
    names = []
    for pieces in (4, 4, 2):
        frame = await anext(answer.frames)
        names += [json.loads(line)["object"]["metadata"]["name"] for line in frame.splitlines()]
        assert frame.count(b"\n") == pieces
    assert names == [f"c{number}" for number in range(10)]
    await answer.aclose()


async def test_a_busy_watcher_gets_its_events_together(api: Api) -> None:
    answer = await api.send("GET", f"{CONFIG_MAPS}?watch=1&resourceVersion={api.store.revision}")
    assert isinstance(answer, http.Stream)
    await api.config_map("a")
    assert (await anext(answer.frames)).count(b"\n") == 1
    await api.config_map("b")
    waiting = api.server._tasks.spawn(_first(answer), "reader")
    await api.clock.settle()
    assert not waiting.done()
    await api.config_map("c")
    await api.clock.advance("10ms")
    frame = await waiting
    assert [json.loads(line)["object"]["metadata"]["name"] for line in frame.splitlines()] == ["b", "c"]
    await answer.aclose()


async def _first(stream: http.Stream) -> bytes:
    return await anext(stream.frames)


async def test_metadata_is_watched_alone(api: Api) -> None:
    accept = TABLE.replace("Table", "PartialObjectMetadata")
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1", headers={"accept": accept})
    await api.config_map("a", {"k": "v"})
    ((type, tree),) = await watch.next()
    assert (type, tree["kind"], "data" in tree) == ("ADDED", "PartialObjectMetadata", False)
    await watch.close()


async def test_a_stream_that_nobody_reads_leaves_nothing_behind(api: Api) -> None:
    watch = await api.watch(f"{CONFIG_MAPS}?watch=1")
    assert api.server.services.hubs.watchers == 1
    await watch.close()
    assert api.server.services.hubs.watchers == 0
