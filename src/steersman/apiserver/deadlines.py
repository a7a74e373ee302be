"""How long a request may take: what the client says in `?timeout=`, at most what the server allows.

Watches, and what stays connected to a pod or a node, end when they end.  Everything else is given up when its
time is over and answered with 504; a write that was under way may still happen, as with any server that does not
answer.  Reads of built-in resources wait for nobody, so they are not timed.

Nearly all requests have the same limit, so they end in the order in which they began: one timer, for the oldest,
serves them all, and a request that is done in time costs an entry of a dict.
"""

import asyncio
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

from steersman.api import status
from steersman.apiserver.http.info import RequestInfo
from steersman.kit import clock as clocks
from steersman.kit import http

T = TypeVar("T")
_LONG_VERBS = frozenset({"watch", "proxy"})
_LONG_SUBRESOURCES = frozenset({"attach", "exec", "proxy", "log", "portforward"})
_READS = frozenset({"get", "list"})


class _Timed:
    """A request under way, and when it has to end."""

    __slots__ = ("end", "is_over", "task")

    def __init__(self, task: "asyncio.Task[Any]", end: float) -> None:
        self.task = task
        self.end = end
        self.is_over = False


class Deadlines:
    def __init__(self, clock: clocks.Clock, longest: float) -> None:
        self.longest = longest
        self._clock = clock
        # Invariant: those with the longest limit, oldest first; the timer fires no later than the first ends.
        self._usual: dict[_Timed, None] = {}
        self._timer: clocks.Timer | None = None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def within(self, limit: float, about: RequestInfo, work: Awaitable[T]) -> T:
        """What `work` comes to.  Raises the 504 of a request whose time is over."""
        task = asyncio.current_task()
        assert task is not None
        cancelling = task.cancelling()
        timed = _Timed(task, self._clock.monotonic() + limit)
        own: clocks.Timer | None = None
        if limit == self.longest:
            self._usual[timed] = None
            if self._timer is None:
                self._timer = self._clock.call_later(limit, self._look)
        else:
            own = self._clock.call_later(limit, lambda: _end(timed))
        try:
            made = await work
            if timed.is_over:
                task.uncancel()  # done in the last moment
            return made
        except asyncio.CancelledError as error:
            if timed.is_over and task.uncancel() <= cancelling:
                raise refusal(about) from error
            raise
        finally:
            if own is None:
                self._usual.pop(timed, None)
            else:
                own.cancel()

    def _look(self) -> None:
        """End what is over, and wait for the next."""
        self._timer = None
        now = self._clock.monotonic()
        for timed in list(self._usual):
            if timed.end > now:
                self._timer = self._clock.call_later(timed.end - now, self._look)
                return
            del self._usual[timed]
            _end(timed)


def _end(timed: _Timed) -> None:
    timed.is_over = True
    timed.task.cancel()


def seconds(request: http.Request, about: RequestInfo, longest: float) -> float | None:
    """None where the request may take as long as it takes.  Raises the 400 of a text that is no duration."""
    if about.is_resource and (about.verb in _LONG_VERBS or about.subresource in _LONG_SUBRESOURCES):
        return None
    asked = request.param("timeout") if request.query else ""
    if not asked:
        return longest
    from steersman.api import durations

    try:
        given = durations.go_duration(asked) / 1e9
    except ValueError:
        text = f"invalid timeout specified in the request URL - time: {_wrong(asked)} duration {status.quoted(asked)}"
        raise status.bad_request(text) from None
    return given if 0 < given < longest else longest


def _wrong(asked: str) -> str:
    """What Go says before "duration" of a text that is none."""
    known = re.match(rf"[+-]?(?:{_NUMBER}(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h)(?=[0-9.]))*", asked)
    rest = asked[known.end() :] if known else asked
    number = re.match(_NUMBER, rest)
    if number is None:
        return "invalid"
    unit = re.match(r"[^0-9.]*", rest[number.end() :])
    if unit is None or not unit.group():
        return "missing unit in"
    if unit.group() in ("ns", "us", "\u00b5s", "\u03bcs", "ms", "s", "m", "h"):
        return "invalid"
    return f"unknown unit {status.quoted(unit.group())} in"


_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"


def refusal(about: RequestInfo) -> status.StatusError:
    what = "within the allotted timeout"
    if about.is_resource and about.verb not in _READS:
        what = "within requested timeout - context deadline exceeded"
    return status.failure(504, "Timeout", f"Timeout: request did not complete {what}", {})
