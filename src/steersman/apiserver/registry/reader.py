"""Synchronous reads for whoever must decide during a request: access and admission.

Trees are decoded once a revision and kept while the object stays as it is; a resource that is read often
costs nothing, one that is never read is never decoded.  What is read here is what is durable, so a request
sees every write that was acknowledged before it began.

Promised: a tree that comes out never changes.  Not promised: that two reads see the same revision.
"""

from collections.abc import Sequence
from typing import Protocol

from steersman.api.tree import Tree
from steersman.apiserver.registry import layout
from steersman.store import protocol

KEPT = 20_000


class Reader(Protocol):
    def get(self, storage_prefix: str, namespace: str, name: str) -> Tree | None: ...

    def list(self, storage_prefix: str, namespace: str = "") -> Sequence[Tree]: ...

    def version(self, storage_prefix: str) -> int:
        """Changes when anything of the resource changed; equal versions mean equal lists."""
        ...


class StoreReader:
    def __init__(self, store: protocol.Store) -> None:
        self._store = store
        self._trees: dict[str, tuple[int, Tree]] = {}
        # Invariant: a prefix in `_versions` is watched, and its number grows with each of its changes.
        self._versions: dict[str, int] = {}
        self._lists: dict[str, tuple[int, Sequence[Tree]]] = {}
        self._subscriptions: list[protocol.Subscription] = []

    def get(self, storage_prefix: str, namespace: str, name: str) -> Tree | None:
        key = f"{layout.ROOT}{storage_prefix}/" + (f"{namespace}/{name}" if namespace else name)
        entry = self._store.get(key)
        return None if entry is None else self._decoded(entry)

    def list(self, storage_prefix: str, namespace: str = "") -> Sequence[Tree]:
        prefix = f"{layout.ROOT}{storage_prefix}/" + (f"{namespace}/" if namespace else "")
        version = self.version(storage_prefix)
        kept = self._lists.get(prefix)
        if kept is not None and kept[0] == version:
            return kept[1]
        found = tuple(self._decoded(entry) for entry in self._store.range(prefix).entries)
        if len(self._lists) > 256:
            self._lists.clear()
        self._lists[prefix] = (version, found)
        return found

    def version(self, storage_prefix: str) -> int:
        found = self._versions.get(storage_prefix)
        return self._watched(storage_prefix) if found is None else found

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()
        self._versions.clear()

    def _watched(self, storage_prefix: str) -> int:
        def sink(changes: Sequence[protocol.Change]) -> None:
            self._versions[storage_prefix] = changes[-1].revision
            for change in changes:
                self._trees.pop(change.entry.key, None)

        self._versions[storage_prefix] = after = self._store.revision
        prefix = f"{layout.ROOT}{storage_prefix}/"
        self._subscriptions.append(self._store.watch(prefix, sink, after=after))
        return after

    def _decoded(self, entry: protocol.Entry) -> Tree:
        kept = self._trees.get(entry.key)
        if kept is not None and kept[0] == entry.revision:
            return kept[1]
        tree: Tree = layout.decode(entry.value)
        if len(self._trees) >= KEPT:
            self._trees.clear()
        self._trees[entry.key] = (entry.revision, tree)
        return tree
