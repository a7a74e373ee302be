"""A moment that is asked for and has not come: it is waited for, a little while.

A client that wrote by one server may ask another for what is not older than its write; so kube-apiserver waits 3 s
for its cache to get there, and only then answers 504.  Here the store is never behind, but the client need not know
which server wrote, and a revision may come from another member of the same store.

Promised: who waits is woken by the write that brings the revision, and by nothing else.
"""

import asyncio
from collections.abc import Sequence

from steersman.api import status
from steersman.apiserver.call import Call
from steersman.store import protocol

PATIENCE = 3.0


async def come(call: Call, asked: int) -> None:
    """Wait until the store is at a revision, or `PATIENCE` is over."""
    services = call.services
    if asked <= services.store.revision:
        return
    arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def look(changes: Sequence[protocol.Change]) -> None:
        if changes[-1].revision >= asked and not arrived.done():
            arrived.set_result(None)

    def over() -> None:
        if not arrived.done():
            arrived.set_result(None)

    subscription = services.store.watch("", look, after=services.store.revision)
    timer = services.clock.call_later(PATIENCE, over)
    try:
        await arrived
    finally:
        timer.cancel()
        subscription.cancel()


async def reached(call: Call, asked: int) -> None:
    """Wait for a revision.  Raises the 504 where it does not come."""
    await come(call, asked)
    current = call.services.store.revision
    if asked > current:
        raise future(asked, current)


def future(asked: int, current: int) -> status.StatusError:
    error = status.timeout(f"Timeout: Too large resource version: {asked}, current: {current}", 1)
    error.tree["details"] = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    error.headers = (("Retry-After", "1"),)
    return error
