"""The provisioner of class `standard`: claims that name us get a folder, released volumes lose theirs.

The folder is made here where the node is one of this machine's (all real nodes of a one-process cluster are),
so that it is open to every user from the start.  Nothing is polled.
"""

import asyncio
import posixpath
from collections.abc import Iterable
from typing import assert_never

from steersman.api.semantics import claims
from steersman.api.tree import Tree, edited, without
from steersman.client import errors, events, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.localpath import folder
from steersman.controllers.localpath import plan as planning

CLAIMS, VOLUMES, CLASSES = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"


def _asking(claim: Tree) -> Iterable[str]:
    """Index function."""
    return ("yes",) if planning.asks_us(claim) else ()


class Controller:
    name = "local-path-provisioner"

    def __init__(self, context: Context, root: str) -> None:
        self._context = context
        self._client = context.client
        self._root = root
        informer = context.informers.informer
        self._claims, self._volumes, self._classes = informer(CLAIMS), informer(VOLUMES), informer(CLASSES)
        self._nodes = informer("nodes")
        self._claims.add_index("asks local-path", _asking)
        self._recorder = events.Recorder(context.client, context.clock, context.tasks, planning.PROVISIONER)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=2, longest=60.0)

    async def run(self) -> None:
        self._claims.on_change(self._claim_changed)
        self._volumes.on_change(self._volume_changed)
        self._classes.on_change(self._others_changed)
        self._nodes.on_change(self._node_changed)
        for informer in (self._claims, self._volumes, self._classes, self._nodes):
            await informer.wait_synced()
        self._loop.run(self._context.tasks)

    def _claim_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None and planning.asks_us(new):
            self._loop.enqueue(f"claim {informers.key_of(new)}")

    def _volume_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None and planning.is_ours(new):
            self._loop.enqueue(f"volume {new['metadata']['name']}")

    def _node_changed(self, old: Tree | None, new: Tree | None) -> None:
        """Only nodes that come, go, or begin or cease to take pods matter; heartbeats do not."""
        before, after = ((planning.usable([each]) != []) if each is not None else None for each in (old, new))
        if before != after:
            self._others_changed(old, new)

    def _others_changed(self, old: Tree | None, new: Tree | None) -> None:
        for claim in self._claims.by_index("asks local-path", "yes"):
            self._loop.enqueue(f"claim {informers.key_of(claim)}")

    async def _reconcile(self, key: str) -> float | None:
        kind, _, name = key.partition(" ")
        if kind == "claim":
            claim = self._claims.get(name)
            if claim is not None and planning.asks_us(claim):
                await self._provision(claim)
            return None
        volume = self._volumes.get(name)
        if volume is not None and planning.is_over(volume):
            await self._delete(volume)
        elif volume is not None and planning.lets_go(volume):
            await self._unhold(volume)
        return None

    async def _provision(self, claim: Tree) -> None:
        storage_class = self._classes.get(claims.class_of(claim))
        if storage_class is None or not planning.is_due(claim, storage_class):
            return
        name = planning.volume_name(claim)
        if self._volumes.get(name) is not None:
            return  # made; the binder does the rest
        step = planning.plan(claim, storage_class, self._nodes.list(), self._root)
        match step:
            case planning.Refuse(why):
                text = f'failed to provision volume with StorageClass "{claims.class_of(claim)}": {why}'
                self._recorder.event(claim, events.WARNING, "ProvisioningFailed", text)
            case planning.Reschedule():
                await self._client.update(CLAIMS, without(claim, "metadata", "annotations", claims.SELECTED_NODE))
            case planning.Make(volume, here):
                text = f'External provisioner is provisioning volume for claim "{informers.key_of(claim)}"'
                self._recorder.event(claim, events.NORMAL, "Provisioning", text)
                await self._make(claim, volume, here=here)
            case _:
                assert_never(step)

    async def _make(self, claim: Tree, volume: Tree, *, here: bool) -> None:
        name = volume["metadata"]["name"]
        if here:
            try:
                with self._context.clock.busy():
                    await asyncio.to_thread(folder.make, self._root, name)
            except OSError as error:
                text = f'failed to provision volume with StorageClass "{claims.class_of(claim)}": {error}'
                self._recorder.event(claim, events.WARNING, "ProvisioningFailed", text)
                raise
        try:
            await self._client.create(VOLUMES, volume)
        except errors.AlreadyExists:
            return
        self._recorder.event(claim, events.NORMAL, "ProvisioningSucceeded", f"Successfully provisioned volume {name}")

    async def _delete(self, volume: Tree) -> None:
        """The folder first, then the object: a volume that is gone has left nothing behind."""
        name = volume["metadata"]["name"]
        if self._is_mine(volume):
            try:
                with self._context.clock.busy():
                    await asyncio.to_thread(folder.remove, self._root, name)
            except OSError as error:
                self._recorder.event(volume, events.WARNING, "VolumeFailedDelete", str(error))
                raise
        try:
            if not volume["metadata"].get("deletionTimestamp"):
                meta = volume["metadata"]
                volume = await self._client.delete(VOLUMES, name, uid=meta["uid"])
            await self._unhold(volume)
        except errors.NotFound:
            return

    def _is_mine(self, volume: Tree) -> bool:
        """Whether its folder is one that this process makes: directly below the root, under the volume's name."""
        path = (volume["spec"].get("hostPath") or {}).get("path")
        return bool(self._root) and path == posixpath.join(self._root, volume["metadata"]["name"])

    async def _unhold(self, volume: Tree) -> None:
        """Take our finalizer off."""
        finalizers = list((volume.get("metadata") or {}).get("finalizers") or ())
        if planning.FINALIZER not in finalizers:
            return
        left = [each for each in finalizers if each != planning.FINALIZER]
        try:
            await self._client.update(VOLUMES, edited(volume, left, "metadata", "finalizers"))
        except errors.NotFound:
            return
