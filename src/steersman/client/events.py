"""Events: what happened to an object, told once and counted.

`Recorder.event` returns at once; the write happens in the recorder's task group, in order for one object.
An event that repeats is counted instead of written again; more than ten that differ only in their message
within ten minutes become one "(combined from similar events)"; and one source may tell of one object 25
events at once, and one more every five minutes.  These are client-go's rules, because people read the
result.  The scheduler's events follow the newer form (`eventTime`, `action`, series instead of count).

Events are a courtesy: one that cannot be written is logged and dropped, and nothing waits for it.
"""

import collections
import dataclasses
import logging
import zlib
from typing import Any

from steersman.api import times
from steersman.api.tree import MutableTree, Tree
from steersman.client import errors
from steersman.client.client import Client
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)

NORMAL = "Normal"
WARNING = "Warning"

SIMILAR_LIMIT = 10
SIMILAR_WINDOW = 600.0
BURST = 25
REFILL = 300.0
SERIES_WINDOW = 360.0
REMEMBERED = 4096
QUEUE_LIMIT = 1000
LANES = 4


def reference(tree: Tree, field_path: str = "") -> MutableTree:
    """The object reference that an event carries."""
    meta = tree["metadata"]
    made: MutableTree = {"kind": tree.get("kind", "")}
    for name, value in (
        ("namespace", meta.get("namespace")),
        ("name", meta.get("name")),
        ("uid", meta.get("uid")),
        ("apiVersion", tree.get("apiVersion")),
        ("resourceVersion", meta.get("resourceVersion")),
        ("fieldPath", field_path),
    ):
        if value:
            made[name] = value
    return made


@dataclasses.dataclass(slots=True)
class _Written:
    """An event that the server has, and how often it was told."""

    name: str
    count: int
    first: str
    last: float


@dataclasses.dataclass(slots=True)
class _Similar:
    messages: set[str]
    last: float


@dataclasses.dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Told:
    about: Tree
    type: str
    reason: str
    message: str
    action: str
    field_path: str
    now: float


class Recorder:
    """Tells events in the name of `component` (and, for what runs on a node, `host`)."""

    def __init__(
        self, client: Client, clock: Clock, tasks: TaskGroup, component: str, *, host: str = "", series: bool = False
    ) -> None:
        self._client = client
        self._clock = clock
        self._tasks = tasks
        self._component = component
        self._host = host
        self._series = series
        self._last_nanos = 0
        self._lanes: list[collections.deque[_Told]] = [collections.deque() for _ in range(LANES)]
        self._running = [False] * LANES
        self._written: collections.OrderedDict[tuple[str, ...], _Written] = collections.OrderedDict()
        self._similar: collections.OrderedDict[tuple[str, ...], _Similar] = collections.OrderedDict()
        self._buckets: collections.OrderedDict[tuple[str, ...], _Bucket] = collections.OrderedDict()

    def event(
        self, about: Tree, type: str, reason: str, message: str, *, action: str = "", field_path: str = ""
    ) -> None:
        """Tell what happened to `about` (an object, or a reference to one with its kind)."""
        lane = zlib.crc32(str(_identity(about)).encode()) % LANES
        waiting = self._lanes[lane]
        if len(waiting) >= QUEUE_LIMIT:
            log.warning("too many events wait; dropped %s %s", reason, message)
            return
        waiting.append(_Told(about, type, reason, message[:1024], action, field_path, self._clock.now()))
        if not self._running[lane]:
            self._running[lane] = True
            try:
                self._tasks.spawn(self._write_lane(lane), f"events of {self._component} {lane}")
            except RuntimeError:
                self._running[lane] = False  # the group is closed: the process ends, and events with it

    async def _write_lane(self, lane: int) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting:
                told = waiting.popleft()
                try:
                    await self._write(told)
                except (errors.ApiError, ConnectionError) as error:
                    log.debug("an event was not written: %s (%s)", told.message, error)
        finally:
            self._running[lane] = False

    async def _write(self, told: _Told) -> None:
        identity = _identity(told.about)
        if self._spent(identity, told.now):
            return
        if self._series:
            await self._write_series(told, identity)
            return
        key, message = self._correlated(told, identity)
        known = self._written.get(key)
        namespace = told.about["metadata"].get("namespace") or "default"
        if known is not None:
            known.count += 1
            known.last = told.now
            patch = {"count": known.count, "lastTimestamp": times.seconds(told.now), "message": message}
            try:
                await self._client.patch("events", known.name, patch, namespace)
                return
            except errors.NotFound:
                first, count = known.first, known.count
        else:
            first, count = times.seconds(told.now), 1
        tree = self._tree(told, message)
        tree |= {
            "source": {"component": self._component, **({"host": self._host} if self._host else {})},
            "firstTimestamp": first,
            "lastTimestamp": times.seconds(told.now),
            "count": count,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }
        await self._client.create("events", tree)
        self._remember(key, _Written(tree["metadata"]["name"], count, first, told.now))

    async def _write_series(self, told: _Told, identity: tuple[str, ...]) -> None:
        key = (*identity, told.type, told.reason, told.action, told.message)
        known = self._written.get(key)
        namespace = told.about["metadata"].get("namespace") or "default"
        moment = times.micros(told.now)
        if known is not None and told.now - known.last < SERIES_WINDOW:
            known.count += 1
            known.last = told.now
            patch = {"series": {"count": known.count, "lastObservedTime": moment}}
            try:
                await self._client.patch("events", known.name, patch, namespace)
                return
            except errors.NotFound:
                pass
        tree = self._tree(told, told.message)
        tree |= {
            "source": {},
            "eventTime": moment,
            "firstTimestamp": None,
            "lastTimestamp": None,
            "action": told.action,
            "reportingComponent": self._component,
            "reportingInstance": f"{self._component}-{self._host}" if self._host else self._component,
        }
        await self._client.create("events", tree)
        self._remember(key, _Written(tree["metadata"]["name"], 1, moment, told.now))

    def _tree(self, told: _Told, message: str) -> dict[str, Any]:
        about = reference(told.about, told.field_path)
        # The name has the moment in it; the server keeps it unique only by refusing, so one is added on a tie.
        nanos = int(told.now * 1e9)
        self._last_nanos = nanos = max(nanos, self._last_nanos + 1)
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {
                "name": f"{about.get('name', '')[:220]}.{nanos:x}",
                "namespace": about.get("namespace") or "default",
            },
            "involvedObject": about,
            "reason": told.reason,
            "message": message,
            "type": told.type,
        }

    def _correlated(self, told: _Told, identity: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """The key under which the event is counted, and its message."""
        group = (*identity, told.field_path, told.type, told.reason)
        similar = self._similar.get(group)
        if similar is None or told.now - similar.last > SIMILAR_WINDOW:
            similar = _Similar(set(), told.now)
        similar.messages.add(told.message)
        similar.last = told.now
        self._similar[group] = similar
        self._similar.move_to_end(group)
        while len(self._similar) > REMEMBERED:
            self._similar.popitem(last=False)
        if len(similar.messages) < SIMILAR_LIMIT:
            return (*group, told.message), told.message
        similar.messages.pop()  # the set stays at the limit; which one goes does not matter
        return group, f"(combined from similar events): {told.message}"

    def _spent(self, identity: tuple[str, ...], now: float) -> bool:
        """Whether this object's allowance is used up; takes one from it otherwise."""
        bucket = self._buckets.get(identity)
        if bucket is None:
            bucket = self._buckets[identity] = _Bucket(BURST, now)
            while len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at) / REFILL)
        bucket.at = now
        if bucket.tokens < 1:
            return True
        bucket.tokens -= 1
        return False

    def _remember(self, key: tuple[str, ...], written: _Written) -> None:
        self._written[key] = written
        self._written.move_to_end(key)
        while len(self._written) > REMEMBERED:
            self._written.popitem(last=False)


def _identity(about: Tree) -> tuple[str, ...]:
    meta = about["metadata"]
    return (
        str(about.get("apiVersion") or ""),
        str(about.get("kind") or ""),
        str(meta.get("namespace") or ""),
        str(meta.get("name") or ""),
        str(meta.get("uid") or ""),
    )
