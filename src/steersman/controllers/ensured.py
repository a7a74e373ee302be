"""For controllers that keep one object of a fixed name in every namespace."""

import abc

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context


class Ensured(abc.ABC):
    """Keeps `object_name` of `resource` in each namespace that is not terminating."""

    name: str
    resource: str
    object_name: str

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._namespaces = context.informers.informer("namespaces")
        self._objects = context.informers.informer(self.resource)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=2)

    async def run(self) -> None:
        self._namespaces.on_change(self._namespace_changed)
        self._objects.on_change(self._object_changed)
        await self._namespaces.wait_synced()
        await self._objects.wait_synced()
        self._loop.run(self._context.tasks)

    @abc.abstractmethod
    def wanted(self, present: Tree | None) -> Tree | None:
        """The object as it should be, but for its name; None where the present one will do."""

    def _namespace_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None:
            self._loop.enqueue(new["metadata"]["name"])

    def _object_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is not None and tree["metadata"]["name"] == self.object_name:
            self._loop.enqueue(tree["metadata"]["namespace"])

    async def _reconcile(self, key: str) -> float | None:
        namespace = self._namespaces.get(key)
        if namespace is None or namespace["metadata"].get("deletionTimestamp"):
            return None
        present = self._objects.get(f"{key}/{self.object_name}")
        tree = self.wanted(present)
        if tree is None:
            return None
        meta = {**(tree.get("metadata") or {}), "name": self.object_name, "namespace": key}
        try:
            if present is None:
                await self._client.create(self.resource, {**tree, "metadata": meta})
            else:
                await self._client.update(self.resource, {**tree, "metadata": meta})
        except errors.AlreadyExists:
            return None
        except errors.ApiError as error:
            if error.has_cause("NamespaceTerminating"):
                return None
            raise
        return None
