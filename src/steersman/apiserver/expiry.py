"""Events live for an hour after they were last written.

The store keeps no clock, so the server remembers which revision it was at, minute by minute; an event whose
revision is not newer than that of an hour ago has expired.  No event is decoded for it.  What was written
before the server started is counted from the start.
"""

import collections
import logging

from steersman.apiserver.registry import registry
from steersman.apiserver.services import Services
from steersman.store import protocol

log = logging.getLogger(__name__)
INTERVAL = 60.0
PREFIX = f"{registry.ROOT}events/"
AUTHOR = protocol.Author("system:apiserver", "kube-apiserver")


async def run(services: Services) -> None:
    """Forget expired events, until cancelled."""
    clock, store = services.clock, services.store
    marks: collections.deque[tuple[float, int]] = collections.deque()
    expired = 0
    while True:
        marks.append((clock.monotonic(), store.revision))
        await clock.sleep(INTERVAL)
        while marks and clock.monotonic() - marks[0][0] >= services.config.event_lifetime:
            expired = marks.popleft()[1]
        if expired:
            try:
                await forget(services, expired)
            except protocol.Unavailable as error:
                log.warning("expired events stay for now: %s", error)
                continue
            expired = 0


async def forget(services: Services, revision: int) -> None:
    """Delete the events that were not written after a revision."""
    events = services.registry_of("events")
    for entry in services.store.range(PREFIX).entries:
        if entry.revision > revision:
            continue
        tail = events.stored.tail(entry.value, entry.revision)
        try:
            await services.store.delete(entry.key, events.stored.head, tail, expect=entry.revision, author=AUTHOR)
        except protocol.Mismatch:
            continue  # written again just now: it lives on
