"""Informers keep a copy, tell changes in order, and survive what connections do."""

from steersman.api import status
from steersman.api.tree import Tree
from steersman.client.informers import key_of
from unit.client.world import World


def config(name: str, **data: str) -> Tree:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "namespace": "a"}, "data": data}


async def test_what_is_there_and_what_comes_later_is_seen(world: World) -> None:
    await world.client.create("configmaps", config("first"))
    informer = world.informers.informer("configmaps")
    await world.clock.settle()
    assert informer.synced
    await world.client.create("configmaps", config("second"))
    await world.clock.settle()
    assert sorted(map(key_of, informer.list("a"))) == ["a/first", "a/second"]
    assert informer.get("a/first") == world.server.get("configmaps", "a", "first")


async def test_changes_are_told_as_old_and_new(world: World) -> None:
    informer = world.informers.informer("configmaps")
    told: list[tuple[str | None, str | None]] = []

    def tell(old: Tree | None, new: Tree | None) -> None:
        told.append((old["data"]["v"] if old else None, new["data"]["v"] if new else None))

    informer.on_change(tell)
    await world.clock.settle()
    await world.client.create("configmaps", config("x", v="1"))
    await world.client.patch("configmaps", "x", {"data": {"v": "2"}}, "a")
    await world.client.delete("configmaps", "x", "a")
    await world.clock.settle()
    assert told == [(None, "1"), ("1", "2"), ("2", None)]
    assert informer.list() == []


async def test_a_watch_that_ends_is_resumed_without_a_new_list(world: World) -> None:
    informer = world.informers.informer("configmaps")
    await world.clock.settle()
    world.server.cut()
    await world.client.create("configmaps", config("x"))
    await world.clock.advance(2)
    assert informer.get("a/x") is not None
    lists = [path for method, path in world.server.requests if method == "GET"]
    assert len(lists) == 3  # one list, two watches


async def test_a_revision_that_is_gone_means_a_new_list_and_deletions_are_found(world: World) -> None:
    await world.client.create("configmaps", config("old"))
    informer = world.informers.informer("configmaps")
    await world.clock.settle()
    gone: list[str] = []
    informer.on_change(lambda old, new: gone.append(key_of(old)) if new is None and old else None)
    watchers, world.server.watchers = world.server.watchers, []
    await world.client.delete("configmaps", "old", "a")
    await world.client.create("configmaps", config("new"))
    world.server.compacted = world.server.revision
    world.server.watchers = watchers
    world.server.cut()
    await world.clock.advance(5)
    assert gone == ["a/old"]
    assert [key_of(each) for each in informer.list()] == ["a/new"]


async def test_a_refusal_is_waited_out(world: World) -> None:
    world.server.refuse["GET", "configmaps"] = status.forbidden("configmaps", "", "", "no")
    informer = world.informers.informer("configmaps")
    await world.clock.advance(20)
    tries = len(world.server.requests)
    assert 4 <= tries <= 7
    world.server.refuse.clear()
    await world.clock.advance(30)
    assert informer.synced


async def test_an_index_answers_by_value_and_stays_right(world: World) -> None:
    informer = world.informers.informer("configmaps")
    informer.add_index("v", lambda tree: [tree["data"]["v"]])
    await world.clock.settle()
    for name, value in (("a", "1"), ("b", "1"), ("c", "2")):
        await world.client.create("configmaps", config(name, v=value))
    await world.client.patch("configmaps", "b", {"data": {"v": "2"}}, "a")
    await world.clock.settle()
    assert sorted(map(key_of, informer.by_index("v", "2"))) == ["a/b", "a/c"]
    informer.cache.check()


async def test_one_informer_is_shared_by_all_who_ask(world: World) -> None:
    assert world.informers.informer("pods") is world.informers.informer("pods")
    assert world.informers.informer("pods") is not world.informers.informer("pods", namespace="a")
