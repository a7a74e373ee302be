"""The EndpointSlice controller: a Service, its pods and its slices in; writes out."""

from steersman.api import labels
from steersman.api.semantics import services
from steersman.api.tree import Tree
from steersman.client import errors, events, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers import selection
from steersman.controllers.endpointslice import plan as planning

SLICES = "endpointslices.discovery.k8s.io"


def _by_service(tree: Tree) -> list[str]:
    """Index function: the Service of a slice that we manage."""
    own = labels.of(tree)
    if own.get(planning.MANAGED_BY) != planning.MANAGER:
        return []
    return [f"{tree['metadata']['namespace']}/{own.get(planning.SERVICE_NAME, '')}"]


class Controller:
    name = "endpointslice"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        informer = context.informers.informer
        self._services = informer("services")
        self._pods = informer("pods")
        self._nodes = informer("nodes")
        self._slices = informer(SLICES)
        self._slices.add_index("service", _by_service)
        self._selection = selection.Selection(self._services, self._pods)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=5)

    async def run(self) -> None:
        self._selection.on_change(self._loop.enqueue)
        self._slices.on_change(self._slice_changed)
        for informer in (self._services, self._pods, self._nodes, self._slices):
            await informer.wait_synced()
        self._loop.run(self._context.tasks)

    def _slice_changed(self, old: Tree | None, new: Tree | None) -> None:
        for tree in (old, new):
            for key in _by_service(tree) if tree is not None else ():
                self._loop.enqueue(key)

    async def _reconcile(self, key: str) -> float | None:
        service = self._services.get(key)
        if service is None or not services.has_selector(service) or service["metadata"].get("deletionTimestamp"):
            return None  # what is left of a Service that is gone is the garbage collector's
        pods = self._selection.pods_of(service)
        decided = planning.plan(service, pods, self._slices.by_index("service", key), self._nodes.cache.objects)
        try:
            await self._apply(decided)
        except errors.Conflict:
            raise
        except errors.ApiError as error:
            if not error.has_cause("NamespaceTerminating"):
                text = f"Error updating Endpoint Slices for Service {key}: {error}"
                self._context.recorder.event(service, events.WARNING, "FailedToUpdateEndpointSlices", text)
            raise
        return None

    async def _apply(self, plan: planning.Plan) -> None:
        for tree in plan.create:
            await self._client.create(SLICES, tree)
        for tree in plan.update:
            await self._client.update(SLICES, tree)
        for tree in plan.delete:
            namespace, name = informers.split_key(informers.key_of(tree))
            try:
                await self._client.delete(SLICES, name, namespace)
            except errors.NotFound:
                continue
