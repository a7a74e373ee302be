"""Definitions in the store, as the table of what is served.

The store tells of every change of a definition, and the table is swapped before anybody else can ask: who reads
that a definition is established finds its resources.  A definition that stays the same in what counts keeps its
resources, and so its registries, nodes and derived bytes.
"""

from collections.abc import Callable, Sequence
from typing import Any

from steersman.api import resources
from steersman.api.tree import Tree, at
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.registry import layout
from steersman.apiserver.registry.registry import ROOT
from steersman.store import protocol

KEYS = f"{ROOT}{definitions.PREFIX}/"


class Definitions:
    """What is served beside the built-in resources; one for each server."""

    def __init__(self, store: protocol.Store, serve: Callable[[resources.Table], None]) -> None:
        """`serve` puts another table in place of what is served."""
        self._store = store
        self._serve = serve
        self._made: dict[str, tuple[Any, list[resources.Resource]]] = {}
        self._generation = 0
        self._subscription: protocol.Subscription | None = None

    def start(self) -> None:
        page = self._store.range(KEYS)
        for entry in page.entries:
            self._put(entry)
        if page.entries:
            self._swap()
        self._subscription = self._store.watch(KEYS, self._changed, after=page.revision)

    def close(self) -> None:
        if self._subscription is not None:
            self._subscription.cancel()

    def _changed(self, changes: Sequence[protocol.Change]) -> None:
        moved = False
        for change in changes:
            if change.action is protocol.Action.DELETE:
                found = self._made.pop(change.entry.key, None)
                moved |= bool(found and found[1])
            else:
                moved |= self._put(change.entry)
        if moved:
            self._swap()

    def _put(self, entry: protocol.Entry) -> bool:
        """True where something else is served now."""
        tree: Tree = layout.decode(entry.value)
        counts = _what_counts(tree)
        known = self._made.get(entry.key)
        if known is not None and known[0] == counts:
            return False
        made = definitions.resources_of(tree)
        self._made[entry.key] = (counts, made)
        return bool(made) or bool(known and known[1])

    def _swap(self) -> None:
        self._generation += 1
        more = [each for _, made in self._made.values() for each in made]
        self._serve(resources.BUILTIN.extended(more, self._generation))


def _what_counts(tree: Tree) -> Any:
    return (
        tree["metadata"].get("uid"), tree.get("spec"), at(tree, "status", "acceptedNames"),
        definitions.condition(tree, "Established"), definitions.is_terminating(tree),
    )  # fmt: skip
