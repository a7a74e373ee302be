"""Watches: one hub a resource, subscribed once to the store, and a watcher for each client.

A change comes from the store once.  The hub asks which watchers could care (an index of namespace, name and
node, so that a thousand kubelets cost a lookup each change and not a thousand comparisons), each watcher's
selection says what the change is to it, and the event that results is made once for all who see it alike:

    before   after    the watcher sees
    no       yes      ADDED
    yes      yes      MODIFIED
    yes      no       DELETED, the object as it was, at the revision of the change

Promised: a watcher sees every change after its revision, in order, once, or its watch ends (`watchers` says
when); nothing is dropped silently.
"""

import collections
from collections.abc import Sequence

import msgspec

from steersman.api import status
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.registry.registry import ROOT
from steersman.apiserver.selection import Selection
from steersman.apiserver.watchers import Form, Route, Watcher
from steersman.client.transport import WatchEvent
from steersman.kit import clock as clocks
from steersman.store import protocol
from steersman.store.protocol import Action, Change


class _Placed(msgspec.Struct):
    class Spec(msgspec.Struct):
        node: str = msgspec.field(default="", name="nodeName")

    spec: Spec = msgspec.field(default_factory=Spec)


_placed = msgspec.json.Decoder(_Placed)


class Happened:
    """A change, with the events made of it so far."""

    __slots__ = ("_events", "_seen", "change", "name", "namespace")

    def __init__(self, change: Change, namespace: str, name: str) -> None:
        self.change = change
        self.namespace = namespace
        self.name = name
        self._events: dict[tuple[str, str], WatchEvent] = {}
        self._seen: dict[tuple[Selection, str], WatchEvent | None] = {}

    def seen_by(self, selection: Selection | None, form: Form) -> WatchEvent | None:
        """What the change is to a watcher; None where it is nothing."""
        change = self.change
        if selection is None:
            if change.action is Action.DELETE:
                return self.event("DELETED", form)
            return self.event("ADDED" if change.previous is None else "MODIFIED", form)
        key = (selection, form.key)
        if key not in self._seen:
            self._seen[key] = self._selected(selection, form)
        return self._seen[key]

    def _selected(self, selection: Selection, form: Form) -> WatchEvent | None:
        change, previous = self.change, self.change.previous
        before = previous is not None and selection.accepts(previous.value)
        after = change.action is Action.PUT and selection.accepts(change.entry.value)
        if after:
            return self.event("MODIFIED" if before else "ADDED", form)
        return self.event("DELETED", form) if before else None

    def event(self, type: str, form: Form) -> WatchEvent:
        found = self._events.get((type, form.key))
        if found is None:
            entry = self._left() if type == "DELETED" and self.change.action is Action.PUT else self.change.entry
            found = self._events[type, form.key] = WatchEvent(type, form.bytes(entry))
        return found

    def _left(self) -> protocol.Entry:
        """The object as it was, at the revision at which it left."""
        previous, entry = self.change.previous, self.change.entry
        assert previous is not None
        value = layouts.at_revision(previous.value, previous.revision, entry.revision)
        return protocol.Entry(entry.key, value, entry.revision, entry.created)


class Hub:
    """The watchers of one resource, whatever version of it they see."""

    def __init__(self, store: protocol.Store, clock: clocks.Clock, prefix: str) -> None:
        self.clock = clock
        self.size = 0
        self._store = store
        self._prefix = prefix
        self._routes: dict[Route, dict[Watcher, None]] = {}
        # Invariant: counts the routes in use by which of their parts are bound, so that a change looks only
        # where somebody is.
        self._shapes: collections.Counter[tuple[bool, bool, bool]] = collections.Counter()
        self._subscription: protocol.Subscription | None = None

    def join(
        self,
        route: Route,
        selection: Selection | None,
        form: Form,
        after: int,
        first: Sequence[WatchEvent] = (),
    ) -> Watcher:
        """A watcher of what happens after a revision; `first` it is sent before.  Raises Compacted."""
        watcher = Watcher(self, route, selection, form, after)
        watcher.begin(first)
        if self._subscription is None:
            self._subscription = self._store.watch(self._prefix, self._sink, after=self._store.revision)
        if after < self._store.revision:
            self._catch_up(watcher, after)
        self._routes.setdefault(route, {})[watcher] = None
        self._shapes[_shape(route)] += 1
        self.size += 1
        return watcher

    def leave(self, watcher: Watcher) -> None:
        group = self._routes.get(watcher.route)
        if group is None or watcher not in group:
            return
        del group[watcher]
        self.size -= 1
        shape = _shape(watcher.route)
        self._shapes[shape] -= 1
        if not self._shapes[shape]:
            del self._shapes[shape]
        if not group:
            del self._routes[watcher.route]
        if not self.size and self._subscription is not None:
            self._subscription.cancel()
            self._subscription = None

    def close(self) -> None:
        for watcher in [w for group in self._routes.values() for w in group]:
            watcher.close()

    def _catch_up(self, watcher: Watcher, after: int) -> None:
        namespace, name, node = watcher.route
        gathered: list[WatchEvent] = []

        def sink(changes: Sequence[Change]) -> None:
            for change in changes:
                happened = self._happened(change)
                if name and happened.name != name:
                    continue
                if node and node not in _nodes(change):
                    continue
                event = happened.seen_by(watcher.selection, watcher.form)
                if event is not None:
                    gathered.append(event)

        prefix = f"{self._prefix}{namespace}/" if namespace else self._prefix
        try:
            self._store.watch(prefix, sink, after=after).cancel()
        except protocol.Compacted:
            if not self.size and self._subscription is not None:
                self._subscription.cancel()
                self._subscription = None
            raise
        watcher.begin([*watcher.take(), *gathered])
        watcher.revision = self._store.revision

    def _happened(self, change: Change) -> Happened:
        rest = change.entry.key[len(self._prefix) :]
        namespace, _, name = rest.rpartition("/")
        return Happened(change, namespace, name)

    def _sink(self, changes: Sequence[Change]) -> None:
        for change in changes:
            happened, revision = self._happened(change), change.entry.revision
            plain: WatchEvent | None = None
            for route in self._concerned(happened):
                group = self._routes.get(route)
                if group:
                    for watcher in list(group):
                        if revision <= watcher.revision:
                            continue
                        event = plain if watcher.is_plain else None
                        if event is None:
                            event = happened.seen_by(watcher.selection, watcher.form)
                            if event is None:
                                continue
                            if watcher.is_plain:
                                plain = event
                        watcher.push(event)

    def _concerned(self, happened: Happened) -> list[Route]:
        """The routes on which somebody may care, each once."""
        routes = []
        nodes: Sequence[str] | None = None
        for by_namespace, by_name, by_node in self._shapes:
            namespace = happened.namespace if by_namespace else ""
            name = happened.name if by_name else ""
            if not by_node:
                routes.append((namespace, name, ""))
                continue
            if nodes is None:
                nodes = _nodes(happened.change)
            routes += [(namespace, name, node) for node in nodes]
        return routes


def _shape(route: Route) -> tuple[bool, bool, bool]:
    return bool(route[0]), bool(route[1]), bool(route[2])


def _nodes(change: Change) -> list[str]:
    """The nodes that the object is or was on."""
    nodes = {_placed.decode(change.entry.value).spec.node}
    if change.previous is not None:
        nodes.add(_placed.decode(change.previous.value).spec.node)
    return sorted(filter(None, nodes))


class Hubs:
    """One hub for each resource that is watched, made when it first is."""

    def __init__(self, store: protocol.Store, clock: clocks.Clock) -> None:
        self._store = store
        self._clock = clock
        self._hubs: dict[str, Hub] = {}

    def of(self, storage_prefix: str) -> Hub:
        found = self._hubs.get(storage_prefix)
        if found is None:
            found = self._hubs[storage_prefix] = Hub(self._store, self._clock, f"{ROOT}{storage_prefix}/")
        return found

    def end(self, storage_prefix: str) -> None:
        """End all watches of a resource: it is served otherwise from now on, or no more."""
        found = self._hubs.pop(storage_prefix, None)
        if found is not None:
            found.close()

    @property
    def watchers(self) -> int:
        return sum(hub.size for hub in self._hubs.values())

    def close(self) -> None:
        for hub in self._hubs.values():
            hub.close()


def error_event(error: status.StatusError) -> WatchEvent:
    return WatchEvent("ERROR", layouts.encode(error.tree))
