"""Informers: a copy of a collection that keeps itself up to date, and tells who asked what changed.

A *change* is `(old, new)`: `(None, new)` for what appeared, `(old, None)` for what is gone.  Handlers are
called on the loop, in order, one after the other, after the cache has the new state; they must not block,
and usually put a key into a queue.  A handler added late is told first of everything that is there.

The cache may be behind the server, never ahead of it, and never goes back except after the server was
restored.  Trees in it are shared by everybody and changed by nobody.

`InformerSet` shares one informer among all who follow the same thing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import msgspec

from steersman.api import resources
from steersman.api.tree import Tree
from steersman.client import client as clients
from steersman.client import listwatch
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)

ChangeHandler: TypeAlias = Callable[[Tree | None, Tree | None], None]
IndexFunction: TypeAlias = Callable[[Tree], Iterable[str]]


def key_of(tree: Tree) -> str:
    """`namespace/name`, or `name` for what has no namespace."""
    meta = tree["metadata"]
    namespace = meta.get("namespace")
    return f"{namespace}/{meta['name']}" if namespace else str(meta["name"])


def split_key(key: str) -> tuple[str, str]:
    """Namespace (or nothing) and name."""
    namespace, _, name = key.rpartition("/")
    return namespace, name


def _namespace(tree: Tree) -> Iterable[str]:
    return (tree["metadata"].get("namespace") or "",)


class Cache:
    """Objects by key, and any number of secondary indexes.

    Invariant: an index holds exactly the keys whose object yields its value (`check`).
    """

    def __init__(self) -> None:
        self.objects: dict[str, Tree] = {}
        self._functions: dict[str, IndexFunction] = {"namespace": _namespace}
        self._indexes: dict[str, dict[str, dict[str, Tree]]] = {"namespace": {}}

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Index by what `function` yields.  The same name twice keeps the first."""
        if name in self._functions:
            return
        self._functions[name] = function
        index = self._indexes[name] = {}
        for key, tree in self.objects.items():
            for value in function(tree):
                index.setdefault(value, {})[key] = tree

    def put(self, key: str, tree: Tree) -> Tree | None:
        """Store; returns what was there."""
        old = self.objects.get(key)
        for name, function in self._functions.items():
            index = self._indexes[name]
            values = set(function(tree))
            if old is not None:
                self._drop(index, key, set(function(old)) - values)
            for value in values:
                index.setdefault(value, {})[key] = tree
        self.objects[key] = tree
        return old

    def remove(self, key: str) -> Tree | None:
        """Forget; returns what was there."""
        old = self.objects.pop(key, None)
        if old is not None:
            for name, function in self._functions.items():
                self._drop(self._indexes[name], key, function(old))
        return old

    @staticmethod
    def _drop(index: dict[str, dict[str, Tree]], key: str, values: Iterable[str]) -> None:
        for value in values:
            found = index.get(value)
            if found is not None:
                found.pop(key, None)
                if not found:
                    del index[value]

    def by_index(self, name: str, value: str) -> Sequence[Tree]:
        return list(self._indexes[name].get(value, {}).values())

    def index_values(self, name: str) -> Iterable[str]:
        return list(self._indexes[name])

    def check(self) -> None:
        """Assert the invariant."""
        for name, function in self._functions.items():
            expected: dict[str, dict[str, Tree]] = {}
            for key, tree in self.objects.items():
                for value in function(tree):
                    expected.setdefault(value, {})[key] = tree
            assert self._indexes[name] == expected, name


class Informer:
    """Follows one collection.  `run` is its life; everything else may be called before, during and after."""

    def __init__(
        self,
        client: clients.Client,
        resource: clients.ResourceLike,
        *,
        clock: Clock,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
    ) -> None:
        self.resource = clients.resolve(resource)
        self.cache = Cache()
        self.version = ""
        """The revision of the newest change seen."""
        self._client = client
        self._clock = clock
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._handlers: list[ChangeHandler] = []
        self._synced = asyncio.Event()

    @property
    def synced(self) -> bool:
        """Whether the first list is in."""
        return self._synced.is_set()

    async def wait_synced(self) -> None:
        await self._synced.wait()

    def get(self, key: str) -> Tree | None:
        """By `namespace/name`, or `name` for what has no namespace."""
        return self.cache.objects.get(key)

    def list(self, namespace: str = "") -> Sequence[Tree]:
        if namespace:
            return self.cache.by_index("namespace", namespace)
        return list(self.cache.objects.values())

    def add_index(self, name: str, function: IndexFunction) -> None:
        self.cache.add_index(name, function)

    def by_index(self, name: str, value: str) -> Sequence[Tree]:
        return self.cache.by_index(name, value)

    def on_change(self, handler: ChangeHandler) -> Callable[[], None]:
        """Tell `handler` of every change from now on, and of what is there.  Returns how to stop it."""
        self._handlers.append(handler)
        for tree in list(self.cache.objects.values()):
            handler(None, tree)

        def stop() -> None:
            if handler in self._handlers:
                self._handlers.remove(handler)

        return stop

    async def run(self) -> None:
        """Follow until cancelled."""
        source = listwatch.follow(
            self._client,
            self.resource,
            self._namespace,
            labels=self._labels,
            fields=self._fields,
            clock=self._clock,
        )
        async for news in source:
            if isinstance(news, listwatch.Replaced):
                self._replace(news)
                self._synced.set()
                continue
            for event in news:
                tree = event.tree
                self.version = tree["metadata"].get("resourceVersion") or self.version
                if event.type == "DELETED":
                    self._tell(self.cache.remove(key_of(tree)), None, last=tree)
                else:
                    self._tell(self.cache.put(key_of(tree), tree), tree)

    def _replace(self, news: listwatch.Replaced) -> None:
        self.version = news.version
        gone = set(self.cache.objects)
        for raw in news.items:
            tree = self._decoded(raw)
            key = key_of(tree)
            gone.discard(key)
            old = self.cache.objects.get(key)
            if old is not None and _version(old) == _version(tree):
                continue
            self.cache.put(key, tree)
            self._tell(old, tree)
        for key in sorted(gone):
            self._tell(self.cache.remove(key), None)

    def _decoded(self, raw: bytes) -> Tree:
        tree = cast(dict[str, Any], msgspec.json.decode(raw))
        if "kind" in tree:
            return tree
        return {"kind": self.resource.kind, "apiVersion": self.resource.api_version, **tree}

    def _tell(self, old: Tree | None, new: Tree | None, last: Tree | None = None) -> None:
        """One change to all handlers.  A deletion carries the last state, where the event had one."""
        if new is None:
            if old is None:
                return
            old = last or old
        for handler in list(self._handlers):
            handler(old, new)


def _version(tree: Tree) -> object:
    return tree["metadata"].get("resourceVersion")


class InformerSet:
    """One informer for each thing followed, started in `tasks` when first asked for."""

    def __init__(self, client: clients.Client, clock: Clock, tasks: TaskGroup) -> None:
        self.client = client
        self.clock = clock
        self._tasks = tasks
        self._informers: dict[tuple[str, ...], Informer] = {}

    def informer(
        self, resource: clients.ResourceLike, *, namespace: str = "", labels: str = "", fields: str = ""
    ) -> Informer:
        kind = clients.resolve(resource)
        identity = (kind.group, kind.version, kind.plural, namespace, labels, fields)
        found = self._informers.get(identity)
        if found is None:
            found = Informer(self.client, kind, clock=self.clock, namespace=namespace, labels=labels, fields=fields)
            self._informers[identity] = found
            self._tasks.spawn(found.run(), f"informer {resources.collection_path(kind, namespace)}")
        return found

    @property
    def all(self) -> Mapping[tuple[str, ...], Informer]:
        return self._informers

    async def wait_synced(self) -> None:
        """Until every informer asked for so far has its first list."""
        for found in list(self._informers.values()):
            await found.wait_synced()
