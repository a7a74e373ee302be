"""The Endpoints controller."""

from steersman.api.semantics import services
from steersman.api.tree import Tree
from steersman.client import errors, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers import selection
from steersman.controllers.endpoints import plan as planning


class Controller:
    name = "endpoint"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        informer = context.informers.informer
        self._services = informer("services")
        self._pods = informer("pods")
        self._endpoints = informer("endpoints")
        self._selection = selection.Selection(self._services, self._pods)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=5)

    async def run(self) -> None:
        self._selection.on_change(self._loop.enqueue)
        self._endpoints.on_change(self._endpoints_changed)
        for informer in (self._services, self._pods, self._endpoints):
            await informer.wait_synced()
        self._loop.run(self._context.tasks)

    def _endpoints_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is not None and (new is None or self._services.get(informers.key_of(tree)) is None):
            self._loop.enqueue(informers.key_of(tree))

    async def _reconcile(self, key: str) -> float | None:
        namespace, name = informers.split_key(key)
        service = self._services.get(key)
        current = self._endpoints.get(key)
        if service is None:
            if current is not None and planning.MANAGED_BY in (current["metadata"].get("labels") or {}):
                try:
                    await self._client.delete("endpoints", name, namespace, uid=current["metadata"]["uid"])
                except errors.NotFound:
                    return None
            return None
        if not services.has_selector(service):
            return None
        wanted = planning.plan(service, self._selection.pods_of(service), current)
        if wanted is None:
            return None
        if current is None:
            await self._client.create("endpoints", wanted)
        else:
            await self._client.update("endpoints", wanted)
        return None
