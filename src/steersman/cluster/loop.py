"""The process around a server: its event loop, its signals, its collector, and how it ends."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)

SWITCH_INTERVAL = 0.0002
"""Seconds; so that the store's writer thread gets the interpreter beside a busy loop (decision 4)."""


def run(main: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run `main` with an event that SIGTERM and SIGINT set; a second signal cancels it."""
    import uvloop

    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_guarded(main))


def started() -> None:
    """The start is over: collect garbage from now on, but never look again at what the start has made.

    While a server starts it makes modules and classes, and hardly any garbage: collecting then costs a tenth of
    the time to ready.
    """
    gc.freeze()
    # Trees come and go with every request, in no cycles; the default thresholds cost several percent of CPU.
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


async def _guarded(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def told() -> None:
        if stop.is_set():
            task.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    await main(stop)


def configure_logging() -> None:
    """To standard error, a line each, warnings and worse from libraries."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname).1s %(name)s %(message)s", stream=sys.stderr
    )
    logging.getLogger("aiohttp").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
