"""Leader election by a Lease: of several that want to act, one does.

The holder renews; the others watch, and take over when the lease has not moved for its duration, counted
by their own clock from when they last saw it move (clocks of machines are never compared).  A holder that
cannot renew within the renew deadline must stop acting: `lead` cancels its work and raises `Lost`.

Promised: two holders never act at once as long as clocks run at nearly the same speed.
Not promised: that somebody leads at every moment.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from steersman.api import times
from steersman.api.tree import MutableTree, Tree
from steersman.client import errors
from steersman.client.client import Client
from steersman.kit.clock import Clock

log = logging.getLogger(__name__)

LEASES = "leases.coordination.k8s.io"
DURATION = 15.0
RENEW_DEADLINE = 10.0
RETRY = 2.0


class Lost(Exception):
    """The lease could not be renewed in time: somebody else may lead now."""


class Election:
    def __init__(
        self,
        client: Client,
        clock: Clock,
        *,
        name: str,
        namespace: str = "kube-system",
        identity: str,
        duration: float = DURATION,
        renew_deadline: float = RENEW_DEADLINE,
        retry: float = RETRY,
    ) -> None:
        if not duration > renew_deadline > retry:
            raise ValueError("duration, renew deadline and retry must be ordered, the longest first")
        self._client = client
        self._clock = clock
        self._name = name
        self._namespace = namespace
        self._identity = identity
        self._duration = duration
        self._renew_deadline = renew_deadline
        self._retry = retry
        self._seen: Tree | None = None
        """The lease's spec when it last moved, and `_seen_at` when that was."""
        self._seen_at = 0.0

    async def lead(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the lease, then do `work` while it is held.  Raises Lost; ends when `work` ends."""
        while not await self._try():
            await self._clock.sleep(self._retry)
        log.info("%s leads %s/%s", self._identity, self._namespace, self._name)
        working = asyncio.ensure_future(work())
        renewing = asyncio.get_running_loop().create_task(self._renew(), name=f"renew {self._name}")
        try:
            await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if renewing.done() and not working.done():
                raise Lost(f"{self._identity} could not renew the lease {self._namespace}/{self._name}")
            await working
        finally:
            for task in (working, renewing):
                task.cancel()
            await asyncio.gather(working, renewing, return_exceptions=True)
        await self.release()

    async def _renew(self) -> None:
        """Renew until that has failed for the whole deadline."""
        last = self._clock.monotonic()
        while self._clock.monotonic() - last < self._renew_deadline:
            await self._clock.sleep(self._retry)
            if await self._try():
                last = self._clock.monotonic()

    async def _try(self) -> bool:
        """Take or renew the lease; whether we hold it."""
        now = self._clock.now()
        try:
            found = await self._client.get(LEASES, self._name, self._namespace)
        except errors.NotFound:
            return await self._write(self._client.create, self._lease({}, now, 0, times.micros(now)))
        except (errors.ApiError, ConnectionError) as error:
            log.debug("cannot read the lease %s: %s", self._name, error)
            return False
        spec = found.get("spec") or {}
        if self._seen != spec:
            self._seen, self._seen_at = spec, self._clock.monotonic()
        holder = spec.get("holderIdentity") or ""
        if holder and holder != self._identity:
            length = float(spec.get("leaseDurationSeconds") or self._duration)
            if self._clock.monotonic() - self._seen_at < length:
                return False
        transitions = int(spec.get("leaseTransitions") or 0) + (holder != self._identity)
        acquired = spec.get("acquireTime") if holder == self._identity else times.micros(now)
        return await self._write(self._client.update, self._lease(found, now, transitions, acquired))

    async def _write(self, verb: Callable[..., Awaitable[Tree]], tree: Tree) -> bool:
        try:
            made = await verb(LEASES, tree)
        except (errors.ApiError, ConnectionError) as error:
            log.debug("cannot write the lease %s: %s", self._name, error)
            return False
        self._seen, self._seen_at = made.get("spec"), self._clock.monotonic()
        return True

    def _lease(self, found: Tree, now: float, transitions: int, acquired: Any) -> MutableTree:
        meta = found.get("metadata") or {"name": self._name, "namespace": self._namespace}
        return {
            "kind": "Lease",
            "apiVersion": "coordination.k8s.io/v1",
            "metadata": meta,
            "spec": {
                **(found.get("spec") or {}),
                "holderIdentity": self._identity,
                "leaseDurationSeconds": int(self._duration),
                "acquireTime": acquired or times.micros(now),
                "renewTime": times.micros(now),
                "leaseTransitions": transitions,
            },
        }

    async def release(self) -> None:
        """Give the lease up at once, so that another need not wait for it to run out."""
        try:
            found = await self._client.get(LEASES, self._name, self._namespace)
            spec = found.get("spec") or {}
            if spec.get("holderIdentity") != self._identity:
                return
            now = times.micros(self._clock.now())
            given = {**spec, "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": now, "acquireTime": now}
            await self._client.update(LEASES, {**found, "spec": given})
        except (errors.ApiError, ConnectionError) as error:
            log.debug("cannot release the lease %s: %s", self._name, error)
