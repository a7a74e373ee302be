"""List, then watch, for ever: the one way to follow a collection without missing a change.

`follow` yields `Replaced` (everything there is, after each list) and batches of events in between.  A watch
that ends is resumed where it stopped; one whose revision is no longer kept (410) begins anew with a list.
Refusals and lost connections are waited out, longer each time up to half a minute, and written to the log.

Not promised: that an object deleted while the connection was down is ever named; it is missing from the next
`Replaced`, and the caller finds out by comparing.
"""

import dataclasses
import logging
from collections.abc import AsyncIterator, Sequence
from typing import TypeAlias

from steersman.client import errors
from steersman.client.client import Client, ResourceLike
from steersman.client.transport import WatchEvent
from steersman.kit.clock import Clock

log = logging.getLogger(__name__)

FIRST_WAIT = 0.8
LONGEST_WAIT = 30.0


@dataclasses.dataclass(frozen=True, slots=True)
class Replaced:
    """All objects of the collection, as JSON, at one revision."""

    items: Sequence[bytes]
    version: str


News: TypeAlias = Replaced | Sequence[WatchEvent]


@dataclasses.dataclass(slots=True)
class _Position:
    """How far a follower has come.  `version` is empty when only a list helps; `ok` after any success."""

    version: str = ""
    ok: bool = False


def wait(failures: int) -> float:
    """How long to wait after this many failures in a row."""
    return min(FIRST_WAIT * 2.0 ** max(failures - 1, 0), LONGEST_WAIT)


async def follow(
    client: Client, resource: ResourceLike, namespace: str = "", *, labels: str = "", fields: str = "", clock: Clock
) -> AsyncIterator[News]:
    """Everything that becomes of a collection.  Ends only by cancellation or `aclose`."""
    position = _Position()
    failures = 0
    while True:
        position.ok = False
        try:
            if not position.version:
                found = await client.list_raw(resource, namespace, labels=labels, fields=fields, version="0")
                position.version, position.ok = found.version, True
                yield Replaced(found.items, found.version)
            async for batch in _watch(client, resource, namespace, labels, fields, position):
                yield batch
        except errors.Gone:
            log.debug("%s: the revision %s is gone; listing again", resource, position.version)
            position.version = ""
        except (errors.ApiError, ConnectionError, TimeoutError) as error:
            log.warning("cannot follow %s: %s", resource, error)
            if isinstance(error, errors.NotFound):
                position.version = ""
        failures = 0 if position.ok else failures + 1
        # A watch that ended well is resumed at once; even so the loop must turn.
        await clock.sleep(wait(failures) if failures else 0)


async def _watch(
    client: Client, resource: ResourceLike, namespace: str, labels: str, fields: str, position: _Position
) -> AsyncIterator[Sequence[WatchEvent]]:
    """One watch, until it ends.  Moves `position` along; bookmarks are taken out of the batches."""
    async with await client.watch(resource, namespace, version=position.version, labels=labels, fields=fields) as watch:
        async for batch in watch:
            news = []
            for event in batch:
                if event.type == "ERROR":
                    raise errors.from_answer(int(event.tree.get("code") or 500), event.tree)
                if event.type != "BOOKMARK":
                    news.append(event)
            last = batch[-1].version
            if last:
                position.version = last
            position.ok = True
            if news:
                yield news
