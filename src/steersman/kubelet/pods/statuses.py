"""Statuses on their way to the API: the newest one of each pod, written as soon as it matters.

A status that changes nothing a controller waits for may be held back a tenth of a second, so that a pod that
starts at once is written once.  Conditions of others are taken from the newest copy of the object at each
attempt; a conflict means that the copy was old.  While the API server is away statuses wait and replace each
other.
"""

import dataclasses
import logging
from collections.abc import Callable

from steersman.api import tree as trees
from steersman.api.tree import Tree
from steersman.client import errors
from steersman.client.client import Client
from steersman.kit.clock import Clock, Timer
from steersman.kit.tasks import TaskGroup
from steersman.kubelet.pods import conditions, spec

log = logging.getLogger(__name__)

FIRST_WAIT = 0.2
LONGEST_WAIT = 10.0
ATTEMPTS = 5


@dataclasses.dataclass(slots=True)
class _Pending:
    pod: Tree
    status: Tree
    version: int = 1
    written: int = 0
    timer: Timer | None = None
    writing: bool = False


class StatusWriter:
    def __init__(
        self, client: Client, clock: Clock, tasks: TaskGroup, latest: Callable[[Tree], Tree | None], delay: float
    ) -> None:
        """`latest` gives the newest copy of a pod's object in the API (of a static pod, its mirror's)."""
        self._client = client
        self._clock = clock
        self._tasks = tasks
        self._latest = latest
        self._delay = delay
        self._pending: dict[str, _Pending] = {}

    def known(self, uid: str) -> Tree | None:
        """What was put last."""
        pending = self._pending.get(uid)
        return pending.status if pending else None

    def put(self, pod: Tree, status: Tree) -> None:
        """Report `status`; returns at once."""
        uid = spec.uid(pod)
        pending = self._pending.get(uid)
        before = pending.status if pending else pod.get("status") or {}
        if pending is None:
            pending = self._pending[uid] = _Pending(pod, status)
        else:
            pending.pod = pod
            if pending.status == status and pending.written == pending.version:
                return
            pending.status = status
            pending.version += 1
        if matters(before, status):
            self._begin(uid, pending)
        elif pending.timer is None and not pending.writing:
            pending.timer = self._clock.call_later(self._delay, lambda: self._begin(uid, pending))

    def again(self, uid: str) -> None:
        """The object in the API has changed or come back: see that it says what it should."""
        pending = self._pending.get(uid)
        if pending is not None:
            pending.written = 0
            self._begin(uid, pending)

    def seen(self, uid: str, before: Tree, after: Tree) -> None:
        """A change of the object: where somebody made a ready pod unready, it is said again that it is ready.

        The node controller does so when the node was silent, or said that it is not Ready; nobody but us takes
        it back.
        """
        pending = self._pending.get(uid)
        if pending is None or pending.written != pending.version or not _ready(pending.status):
            return
        if _ready(before.get("status") or {}) and not _ready(after.get("status") or {}):
            self.again(uid)

    def forget(self, uid: str) -> None:
        pending = self._pending.pop(uid, None)
        if pending is not None and pending.timer is not None:
            pending.timer.cancel()

    async def flush(self, uid: str) -> None:
        """Until the newest status is written, or its object is gone."""
        pending = self._pending.get(uid)
        if pending is None:
            return
        failures = 0
        while self._pending.get(uid) is pending and pending.written != pending.version:
            if not await self._write(uid, pending):
                failures += 1
                await self._clock.sleep(min(FIRST_WAIT * 2**failures, LONGEST_WAIT))

    def _begin(self, uid: str, pending: _Pending) -> None:
        if pending.timer is not None:
            pending.timer.cancel()
            pending.timer = None
        if pending.writing or self._pending.get(uid) is not pending:
            return
        pending.writing = True
        name = f"status of {spec.namespace(pending.pod)}/{spec.name(pending.pod)}"
        try:
            self._tasks.spawn(self._work(uid, pending), name)
        except RuntimeError:
            pending.writing = False  # the kubelet closes

    async def _work(self, uid: str, pending: _Pending) -> None:
        try:
            await self.flush(uid)
        finally:
            pending.writing = False

    async def _write(self, uid: str, pending: _Pending) -> bool:
        """One attempt at the newest status; whether it is done with."""
        version, status = pending.version, pending.status
        base = self._latest(pending.pod)
        for _ in range(ATTEMPTS):
            if base is None:
                pending.written = version  # nothing to write to; a mirror that comes later asks `again`
                return True
            wanted = merged(base, status)
            try:
                if wanted != base.get("status"):
                    await self._client.update_status("pods", trees.edited(base, wanted, "status"))
            except errors.Conflict:
                base = await self._fresh(base)
                continue
            except errors.NotFound:
                pass
            except errors.ApiError as error:
                log.warning("the status of %s was refused: %s", spec.full_name(pending.pod), error)
                if error.code >= 500 or error.code == 429:
                    return False
            except ConnectionError:
                return False
            pending.written = version
            return True
        return False

    async def _fresh(self, base: Tree) -> Tree | None:
        """The object as the server has it; None when it is another one by now."""
        try:
            found: Tree = await self._client.get("pods", spec.name(base), spec.namespace(base))
        except errors.NotFound:
            return None
        except (errors.ApiError, ConnectionError):
            return base
        return found if spec.uid(found) == spec.uid(base) else None


def merged(base: Tree, status: Tree) -> Tree:
    """`status` with the conditions that others own as the API has them."""
    present = (base.get("status") or {}).get("conditions") or ()
    foreign = [c for c in present if c.get("type") not in conditions.OWNED]
    own = [c for c in status.get("conditions") or () if c.get("type") in conditions.OWNED]
    kept = {c.get("type") for c in foreign}
    ours = [
        c
        for c in status.get("conditions") or ()
        if c.get("type") == "DisruptionTarget" and "DisruptionTarget" not in kept
    ]
    made = {**status, "conditions": [*foreign, *ours, *own]}
    for key in ("nominatedNodeName", "resourceClaimStatuses", "extendedResourceClaimStatus"):
        if key in (base.get("status") or {}):
            made[key] = base["status"][key]
    return made


def matters(before: Tree, after: Tree) -> bool:
    """Whether somebody waits for this change: the phase leaves Pending, or readiness or the address changes."""
    if after.get("phase") != before.get("phase") and after.get("phase") != "Pending":
        return True
    return _ready(before) != _ready(after) or (after.get("podIP") != before.get("podIP") and _ready(after))


def _ready(status: Tree) -> bool:
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ())
