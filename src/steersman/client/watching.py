"""A watch as its caller sees it: batches of events, whatever way they came.

In the same process the API server's own `WatchEvent` values are handed through, decoded at most once for
all.  Over HTTP the lines are split here and every object stays JSON until somebody asks for its tree.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Self, cast

import msgspec

from steersman.client.transport import WatchEvent
from steersman.kit import http


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


_line = msgspec.json.Decoder(_Line)


async def parse(frames: AsyncIterator[bytes]) -> AsyncIterator[Sequence[WatchEvent]]:
    """The events of a byte stream; what arrived together is one batch.  A cut last line is dropped."""
    rest = b""
    async for frame in frames:
        *lines, rest = (rest + frame).split(b"\n")
        batch = []
        for line in lines:
            if line.strip():
                event = _line.decode(line)
                batch.append(WatchEvent(event.type, bytes(event.object)))
        if batch:
            yield batch


class Watch:
    """An open watch: `async for batch in watch`.  Whoever opened it iterates it to its end or closes it."""

    def __init__(self, stream: http.Stream) -> None:
        self._stream = stream
        self._batches: AsyncIterator[Sequence[WatchEvent]]
        if stream.events is not None:
            self._batches = cast(AsyncIterator[Sequence[WatchEvent]], stream.events)
        else:
            self._batches = parse(stream.frames)

    def __aiter__(self) -> AsyncIterator[Sequence[WatchEvent]]:
        return self._batches

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the watch; twice does nothing."""
        close = getattr(self._batches, "aclose", None)
        if close is not None and self._batches is not self._stream.events:
            await close()
        await self._stream.aclose()
