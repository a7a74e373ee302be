"""The namespace controller: empties what is being deleted, then lets it go.

What there is to delete is asked of discovery on every pass, so custom and aggregated kinds go too.
"""

import collections

import msgspec

from steersman.api import resources
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import discovery, errors
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.namespace import plan as planning

DEFAULT_GRACE = 30


class _Meta(msgspec.Struct):
    finalizers: list[str] = []


class _Spec(msgspec.Struct):
    terminationGracePeriodSeconds: int | None = None  # noqa: N815  the API's spelling


class _Item(msgspec.Struct):
    metadata: _Meta
    spec: msgspec.Raw = msgspec.Raw(b"null")


_item = msgspec.json.Decoder(_Item)
_spec = msgspec.json.Decoder(_Spec | None)


class Controller:
    name = "namespace"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._namespaces = context.informers.informer("namespaces")
        self._pods = context.informers.informer("pods")
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=5)

    async def run(self) -> None:
        self._namespaces.on_change(self._namespace_changed)
        self._pods.on_change(self._pod_changed)
        await self._namespaces.wait_synced()
        await self._pods.wait_synced()
        self._loop.run(self._context.tasks)

    def _namespace_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None and podlib.is_deleting(new):
            self._loop.enqueue(new["metadata"]["name"])

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        """The last pod of a namespace on its way out is gone: no need to wait."""
        if new is not None or old is None:
            return
        namespace = self._namespaces.get(old["metadata"]["namespace"])
        if namespace is None or not podlib.is_deleting(namespace):
            return
        if not self._pods.list(namespace["metadata"]["name"]):
            self._loop.enqueue(namespace["metadata"]["name"])

    async def _reconcile(self, key: str) -> float | None:
        namespace = self._namespaces.get(key)
        if namespace is None or not podlib.is_deleting(namespace):
            return None
        finalizers = namespace["spec"].get("finalizers") or []
        if planning.FINALIZER not in finalizers:
            return None
        found = await self._empty(key)
        conditions = planning.conditions(namespace, found, self._context.clock.now())
        try:
            if conditions != ((namespace.get("status") or {}).get("conditions") or []):
                status = {**(namespace.get("status") or {}), "conditions": conditions}
                namespace = await self._client.update_status("namespaces", {**namespace, "status": status})
            if not found.is_empty:
                return planning.look_again(found)
            left = [each for each in finalizers if each != planning.FINALIZER]
            finalized = {**namespace, "spec": {**namespace["spec"], "finalizers": left}}
            await self._client.update("namespaces", finalized, subresource="finalize")
        except errors.NotFound:
            return None
        return None

    async def _empty(self, namespace: str) -> planning.Found:
        """Delete everything that can be deleted, and count what is still there."""
        known = await discovery.discover(self._client)
        remaining: dict[str, int] = {}
        finalizers: collections.Counter[str] = collections.Counter()
        failures: list[str] = []
        grace = 0
        for kind in known.with_verbs("list", "delete"):
            if not kind.namespaced:
                continue
            try:
                left = await self._delete_all(kind, namespace)
            except (errors.MethodNotAllowed, errors.NotFound):
                continue
            except errors.ApiError as error:
                failures.append(str(error))
                continue
            if not left:
                continue
            remaining[f"{kind.plural}.{kind.group}"] = len(left)
            for raw in left:
                item = _item.decode(raw)
                finalizers.update(item.metadata.finalizers)
                if kind.plural == "pods" and not kind.group:
                    spec = _spec.decode(item.spec)
                    own = spec.terminationGracePeriodSeconds if spec is not None else None
                    grace = max(grace, DEFAULT_GRACE if own is None else own)
        return planning.Found(remaining, finalizers, failures, known.stale, grace)

    async def _delete_all(self, kind: resources.Resource, namespace: str) -> list[bytes]:
        """What is left of a kind after asking for its deletion."""
        there = await self._client.list_raw(kind, namespace, limit=1)
        if not there.items:
            return []
        if "deletecollection" in kind.verbs:
            await self._client.delete_collection(kind, namespace, propagation="Background")
        else:
            for item in (await self._client.list(kind, namespace)).items:
                await self._client.delete(kind, item["metadata"]["name"], namespace, propagation="Background")
        return list((await self._client.list_raw(kind, namespace)).items)
