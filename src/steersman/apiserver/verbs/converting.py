"""Serving a resource whose versions a webhook converts: what is read is converted first, or the request begins anew.

See `custom.conversion_cache`.  A request has only read when it meets what is not converted; what it wrote before, it
had converted already.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from steersman.api import status
from steersman.apiserver import watchers, watching
from steersman.apiserver.call import Call
from steersman.apiserver.custom.conversion_cache import Unconverted
from steersman.apiserver.registry import layout as layouts
from steersman.client.transport import WatchEvent
from steersman.kit import http
from steersman.store import protocol

ATTEMPTS = 100
_COLLECTIONS = ("list", "watch", "deletecollection")


async def serve(call: Call, serve: Callable[[Call], Awaitable[http.Answer]]) -> http.Answer:
    """Raises StatusError, also where the webhook does not convert."""
    registry, info = call.registry, call.info
    conversions = registry.conversions
    assert conversions is not None
    if info.verb in _COLLECTIONS and not info.name:
        entries = registry.store.range(registry.range_prefix(info.namespace)).entries
        await conversions.ensure(entry.value for entry in entries)
    elif info.name:
        entry = registry.entry(info.namespace, info.name)
        if entry is not None:
            await conversions.ensure((entry.value,))
    for _ in range(ATTEMPTS):
        try:
            return await serve(call)
        except Unconverted as missing:  # written a moment ago, or long ago: a list of an old revision
            await missing.conversions.ensure((missing.value,))
    raise status.timeout("the object changes faster than it can be converted", 1)


_OURS = ("BOOKMARK", "ERROR")
"""Events that are no object of the resource."""
AS_STORED = watchers.Form("as stored")
"""How a watcher takes events that are converted on their way to the client."""


def stream(call: Call, watcher: watchers.Watcher, form: watchers.Form) -> http.Stream:
    """A watch whose events are converted, and then made what `form` says."""
    return http.Stream(_Frames(_Batches(call, watcher, form)), events=_Batches(call, watcher, form))


class _Batches(AsyncIterator[Sequence[WatchEvent]]):
    def __init__(self, call: Call, watcher: watchers.Watcher, form: watchers.Form) -> None:
        self._call = call
        self._watcher = watcher
        self._form = form

    async def __anext__(self) -> Sequence[WatchEvent]:
        if not await self._watcher.ready():
            raise StopAsyncIteration
        batch = self._watcher.take(watchers.CHUNK)
        conversions = self._call.registry.conversions
        assert conversions is not None
        try:
            await conversions.ensure(event.raw for event in batch if event.type not in _OURS)
            return [self._made(event) for event in batch]
        except (status.StatusError, Unconverted) as error:
            self._watcher.abandon()
            refusal = error if isinstance(error, status.StatusError) else status.internal(str(error))
            return [watching.error_event(refusal)]

    def _made(self, event: WatchEvent) -> WatchEvent:
        if event.type in _OURS:
            return event
        registry = self._call.registry
        if self._form.make == registry.served:  # which keeps one form a revision; what left has two
            return WatchEvent(event.type, layouts.encode(registry.tree(event.raw)))
        revision = int(event.version)
        return WatchEvent(event.type, self._form.bytes(protocol.Entry("", event.raw, revision, revision)))

    async def aclose(self) -> None:
        self._watcher.abandon()


class _Frames(AsyncIterator[bytes]):
    def __init__(self, batches: _Batches) -> None:
        self._batches = batches

    async def __anext__(self) -> bytes:
        return b"".join([event.frame for event in await self._batches.__anext__()])

    async def aclose(self) -> None:
        await self._batches.aclose()
