"""Watches: one hub a resource, subscribed once to the store, and a watcher for each client.

A change comes from the store once.  The hub asks which watchers could care (an index of namespace, name and
node, so that a thousand kubelets cost a lookup each change and not a thousand comparisons), each watcher's
selection says what the change is to it, and the event that results is made once for all who see it alike:

    before   after    the watcher sees
    no       yes      ADDED
    yes      yes      MODIFIED
    yes      no       DELETED, the object as it was, at the revision of the change

Promised: a watcher sees every change after its revision, in order, once.  A watcher that does not read is
ended when its buffer is full (its client lists again); nothing is dropped silently.  An idle watcher gets an
event at once; a busy one what has gathered, at most every `PAUSE` seconds, longer when there are many.
"""

import asyncio
import collections
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from steersman.api import status
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.registry.registry import ROOT
from steersman.apiserver.selection import Selection
from steersman.client.transport import WatchEvent
from steersman.kit import clock as clocks
from steersman.store import protocol
from steersman.store.protocol import Action, Change

PAUSE = 0.010
LONGEST_PAUSE = 0.050
WATCHERS_A_PAUSE = 100
"""With each further 100 watchers of a resource a busy one waits `PAUSE` longer: ten events that leave
together cost two or three times what one does."""
CAPACITY = 10_000
CHUNK = 64 * 1024

Route = tuple[str, str, str]
"""Namespace, name and node that a watcher is bound to; empty is any."""


class Form:
    """How events look to a watcher: `make` turns an object's stored bytes and revision into what it is sent.

    Watchers whose forms have the same `key` share their events.
    """

    __slots__ = ("key", "make")

    def __init__(self, key: str = "", make: Callable[[protocol.Entry], bytes] | None = None) -> None:
        self.key = key
        self.make = make

    def bytes(self, entry: protocol.Entry) -> bytes:
        return entry.value if self.make is None else self.make(entry)


class _Placed(msgspec.Struct):
    class Spec(msgspec.Struct):
        node: str = msgspec.field(default="", name="nodeName")

    spec: Spec = msgspec.field(default_factory=Spec)


_placed = msgspec.json.Decoder(_Placed)


class Happened:
    """A change, with the events made of it so far."""

    __slots__ = ("_events", "_layout", "change", "name", "namespace")

    def __init__(self, change: Change, namespace: str, name: str, layout: layouts.Layout) -> None:
        self.change = change
        self.namespace = namespace
        self.name = name
        self._layout = layout
        self._events: dict[tuple[str, str], WatchEvent] = {}

    def seen_by(self, selection: Selection | None, form: Form) -> WatchEvent | None:
        change = self.change
        previous = change.previous
        if selection is None:
            if change.action is Action.DELETE:
                return self.event("DELETED", form)
            return self.event("ADDED" if previous is None else "MODIFIED", form)
        before = previous is not None and selection.matches(previous)
        after = change.action is Action.PUT and selection.matches(change.entry)
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
        value = self._layout.at_revision(previous.value, previous.revision, entry.revision)
        return protocol.Entry(entry.key, value, entry.revision, entry.created)


class Watcher:
    """One client's watch.  Iterate `batches` or `frames`, or `close` it."""

    def __init__(self, hub: "Hub", route: Route, selection: Selection | None, form: Form, after: int) -> None:
        self.route = route
        self.selection = selection
        self.form = form
        self.revision = after
        """Changes up to here are not for this watcher: it has them, or began after them."""
        self._hub = hub
        self._buffer: collections.deque[WatchEvent] = collections.deque()
        self._waiting: asyncio.Future[None] | None = None
        self._room = CAPACITY
        self._closed = False
        self._timers: list[clocks.Timer] = []

    @property
    def closed(self) -> bool:
        return self._closed

    def begin(self, events: Sequence[WatchEvent]) -> None:
        """What it is sent first, however much that is."""
        self._buffer.extend(events)
        self._room = CAPACITY + len(events)

    def offer(self, happened: Happened) -> None:
        if happened.change.entry.revision <= self.revision:
            return
        event = happened.seen_by(self.selection, self.form)
        if event is not None:
            self.push(event)

    def push(self, event: WatchEvent) -> None:
        if len(self._buffer) >= self._room:
            self.close()
            return
        self._buffer.append(event)
        self._wake()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Run `call` later, unless the watch ends before."""
        self._timers = self._timers[-4:]
        self._timers.append(self._hub.clock.call_later(seconds, call))

    def finish(self, event: WatchEvent | None = None) -> None:
        """End the watch once what is buffered, and then `event`, has been taken."""
        if event is not None and not self._closed:
            self._buffer.append(event)
        self.close()

    def close(self) -> None:
        """Nothing more is buffered; what is can still be taken.  Twice does nothing."""
        if self._closed:
            return
        self._closed = True
        for timer in self._timers:
            timer.cancel()
        self._hub.leave(self)
        self._wake()

    def abandon(self) -> None:
        self.close()
        self._buffer.clear()

    async def ready(self) -> bool:
        """Wait for something to take; False at the end."""
        while not self._buffer:
            if self._closed:
                return False
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return True

    def take(self) -> list[WatchEvent]:
        batch = list(self._buffer)
        self._buffer.clear()
        self._room = CAPACITY
        return batch

    @property
    def pause(self) -> float:
        return min(PAUSE * (1 + self._hub.size // WATCHERS_A_PAUSE), LONGEST_PAUSE)

    @property
    def clock(self) -> clocks.Clock:
        return self._hub.clock

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Batches(AsyncIterator[Sequence[object]]):
    """A watch for a caller in the same process: events as they are, whatever has gathered."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    async def __anext__(self) -> Sequence[object]:
        if not await self._watcher.ready():
            raise StopAsyncIteration
        return self._watcher.take()

    async def aclose(self) -> None:
        self._watcher.abandon()


class Frames(AsyncIterator[bytes]):
    """A watch as bytes: several events in one piece where they have gathered, none larger than about CHUNK."""

    def __init__(self, watcher: Watcher, framed: Callable[[WatchEvent], bytes] | None = None) -> None:
        """`framed` makes an event what is sent, where that is not JSON."""
        self._watcher = watcher
        self._framed = framed
        self._last = float("-inf")
        self._pieces: collections.deque[bytes] = collections.deque()

    async def __anext__(self) -> bytes:
        watcher = self._watcher
        if not self._pieces:
            if not await watcher.ready():
                raise StopAsyncIteration
            wait = self._last + watcher.pause - watcher.clock.monotonic()
            if wait > 0 and not watcher.closed:
                await watcher.clock.sleep(wait)
            self._pieces.extend(pieces(watcher.take(), self._framed))
            self._last = watcher.clock.monotonic()
        return self._pieces.popleft()

    async def aclose(self) -> None:
        self._watcher.abandon()


def pieces(batch: Sequence[WatchEvent], framed: Callable[[WatchEvent], bytes] | None = None) -> list[bytes]:
    if len(batch) == 1:
        return [batch[0].frame if framed is None else framed(batch[0])]
    out, gathered, size = [], [], 0
    for event in batch:
        frame = event.frame if framed is None else framed(event)
        gathered.append(frame)
        size += len(frame)
        if size >= CHUNK:
            out.append(b"".join(gathered))
            gathered, size = [], 0
    if gathered:
        out.append(b"".join(gathered))
    return out


class Hub:
    """The watchers of one resource, whatever version of it they see."""

    def __init__(self, store: protocol.Store, clock: clocks.Clock, prefix: str, layout: layouts.Layout) -> None:
        self.clock = clock
        self.size = 0
        self._store = store
        self._prefix = prefix
        self._layout = layout
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
        return Happened(change, namespace, name, self._layout)

    def _sink(self, changes: Sequence[Change]) -> None:
        for change in changes:
            happened = self._happened(change)
            for route in self._concerned(happened):
                group = self._routes.get(route)
                if group:
                    for watcher in list(group):
                        watcher.offer(happened)

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

    def of(self, storage_prefix: str, layout: layouts.Layout) -> Hub:
        found = self._hubs.get(storage_prefix)
        if found is None:
            found = self._hubs[storage_prefix] = Hub(self._store, self._clock, f"{ROOT}{storage_prefix}/", layout)
        return found

    @property
    def watchers(self) -> int:
        return sum(hub.size for hub in self._hubs.values())

    def close(self) -> None:
        for hub in self._hubs.values():
            hub.close()


def error_event(error: status.StatusError) -> WatchEvent:
    return WatchEvent("ERROR", layouts.encode(error.tree))
