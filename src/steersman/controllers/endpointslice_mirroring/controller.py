"""The EndpointSlice mirroring controller."""

from steersman.api import labels
from steersman.api.tree import Tree
from steersman.client import errors, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.endpointslice import plan as slices
from steersman.controllers.endpointslice.controller import SLICES
from steersman.controllers.endpointslice.plan import Plan
from steersman.controllers.endpointslice_mirroring import plan as planning


def _mirrors(tree: Tree) -> list[str]:
    """Index function: the Endpoints that a slice of ours mirrors."""
    own = labels.of(tree)
    if own.get(slices.MANAGED_BY) != planning.MANAGER:
        return []
    return [f"{tree['metadata']['namespace']}/{own.get(slices.SERVICE_NAME, '')}"]


class Controller:
    name = "endpointslice-mirroring"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        informer = context.informers.informer
        self._endpoints = informer("endpoints")
        self._services = informer("services")
        self._slices = informer(SLICES)
        self._slices.add_index("mirrors", _mirrors)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=5)

    async def run(self) -> None:
        for informer in (self._endpoints, self._services):
            informer.on_change(self._changed)
        self._slices.on_change(self._slice_changed)
        for informer in (self._endpoints, self._services, self._slices):
            await informer.wait_synced()
        self._loop.run(self._context.tasks)

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is not None:
            self._loop.enqueue(informers.key_of(tree))

    def _slice_changed(self, old: Tree | None, new: Tree | None) -> None:
        for tree in (old, new):
            for key in _mirrors(tree) if tree is not None else ():
                self._loop.enqueue(key)

    async def _reconcile(self, key: str) -> float | None:
        endpoints = self._endpoints.get(key)
        present = self._slices.by_index("mirrors", key)
        if endpoints is not None and planning.is_mirrored(endpoints, self._services.get(key)):
            decided = planning.plan(endpoints, present)
        else:
            decided = Plan(delete=present)
        for tree in decided.create:
            await self._client.create(SLICES, tree)
        for tree in decided.update:
            await self._client.update(SLICES, tree)
        for tree in decided.delete:
            try:
                await self._client.delete(SLICES, tree["metadata"]["name"], tree["metadata"]["namespace"])
            except errors.NotFound:
                continue
        return None
