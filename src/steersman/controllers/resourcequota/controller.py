"""Counts what a namespace uses of its quotas, whenever that may have become less, and when a quota changes.

Admission adds what a write asks for before the write is stored; this controller takes off what went away and
sets right what was booked for a write that failed.  It therefore looks at a quota again a little while after
its status was written, not at once: the caches may not show yet what was booked.  With nothing written,
nothing is counted.

Only resources that some quota counts are followed.
"""

import functools
from collections.abc import Iterable

from steersman.api import resources
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import discovery, errors, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.resourcequota import plan

QUOTAS = "resourcequotas"
SETTLED = 5.0
"""Seconds after which a booking has become an object that the caches show, or never will."""
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
SERVED = 1.0
"""Seconds from a definition's change until its resource is served."""
PATIENCE = 10.0
"""Seconds for a new cache to fill; then the quota is tried again later, and others get their turn."""


class Controller:
    name = "resourcequota"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._quotas = context.informers.informer(QUOTAS)
        self._definitions = context.informers.informer(DEFINITIONS)
        self._unknown: set[str] = set()
        """Quotas that count a resource which nobody serves (yet)."""
        self._followed: dict[str, informers.Informer] = {}
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=2, longest=60.0)

    async def run(self) -> None:
        self._quotas.on_change(self._quota_changed)
        self._definitions.on_change(self._definition_changed)
        await self._quotas.wait_synced()
        self._loop.run(self._context.tasks)

    def _quota_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is None:
            return
        key = informers.key_of(new)
        if old is None or old.get("spec") != new.get("spec"):
            self._loop.enqueue(key)
        else:
            self._loop.enqueue_after(key, SETTLED)

    def _definition_changed(self, old: Tree | None, new: Tree | None) -> None:
        for key in self._unknown:
            self._loop.enqueue_after(key, SERVED)

    def _object_changed(self, resource: str, old: Tree | None, new: Tree | None) -> None:
        if old is None:
            return
        found = [
            quota
            for quota in self._quotas.list(old["metadata"].get("namespace") or "-")
            if resource in plan.resources(quota)
        ]
        if found and plan.lowers(resource, old, new):
            for quota in found:
                self._loop.enqueue(informers.key_of(quota))

    async def _reconcile(self, key: str) -> float | None:
        quota = self._quotas.get(key)
        if quota is None or podlib.is_deleting(quota):
            return None
        namespace = quota["metadata"]["namespace"]
        objects: dict[str, Iterable[Tree]] = {}
        self._unknown.discard(key)
        for resource in sorted(plan.resources(quota)):
            informer = await self._informer(resource)
            if informer is None:
                self._unknown.add(key)
                continue
            async with self._context.clock.timeout(PATIENCE):
                await informer.wait_synced()
            objects[resource] = informer.list(namespace)
        status = plan.status(quota, objects)
        if status is not None:
            try:
                await self._client.update_status(QUOTAS, {**quota, "status": status})
            except errors.NotFound:
                return None
        return None

    async def _informer(self, resource: str) -> informers.Informer | None:
        """The follower of a resource; None where no such resource is served."""
        found = self._followed.get(resource)
        if found is None:
            kind = resources.get(resource) or await self._custom(resource)
            if kind is None or not kind.namespaced or "watch" not in kind.verbs:
                return None
            found = self._followed.setdefault(resource, self._context.informers.informer(kind))
            found.on_change(functools.partial(self._object_changed, resource))
        return found

    async def _custom(self, resource: str) -> resources.Resource | None:
        known = await discovery.discover(self._client)
        return next((each for each in known.resources if each.name == resource), None)
