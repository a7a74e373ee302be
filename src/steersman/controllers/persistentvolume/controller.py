"""The binder of claims and volumes: events in, keys out; plans in, writes out.

One worker, as in the reference: two claims that want the same volume get their turn one after the other, and
the write of a stale choice is refused (Conflict) and tried again.  A claim that waits is looked at when it, a
volume that might serve it or its class changes; nothing is polled.
"""

from collections.abc import Iterable
from typing import assert_never

from steersman.api.semantics import claims, default_class
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree, edited
from steersman.client import errors, events, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers import podclaims
from steersman.controllers.persistentvolume import newest, trees
from steersman.controllers.persistentvolume import plan as planning

CLAIMS, VOLUMES, CLASSES = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"
DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
COMPONENT = "persistentvolume-controller"


def _waiting_class(claim: Tree) -> Iterable[str]:
    """Index function: the class of a claim that is not bound."""
    return () if claims.annotation(claim, claims.BIND_COMPLETED) else (claims.class_of(claim),)


def _volume_name(claim: Tree) -> Iterable[str]:
    name = claim["spec"].get("volumeName")
    return (name,) if name else ()


def _claim_key(volume: Tree) -> str:
    """The key of the claim that a volume names; empty for none."""
    reference = volume["spec"].get("claimRef")
    return f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else ""


class Controller:
    name = "persistent-volume-binder"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        informer = context.informers.informer
        self._claims, self._volumes, self._classes = informer(CLAIMS), informer(VOLUMES), informer(CLASSES)
        self._pods = podclaims.PodClaims(informer("pods"))
        self._newest_claims, self._newest_volumes = newest.Newest(self._claims), newest.Newest(self._volumes)
        self._claims.add_index("waiting", _waiting_class)
        self._claims.add_index("volume", _volume_name)
        self._volumes.add_index("claimRef", lambda volume: (_claim_key(volume),))
        self._recorder = events.Recorder(context.client, context.clock, context.tasks, COMPONENT)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, longest=60.0)

    async def run(self) -> None:
        self._claims.on_change(self._claim_changed)
        self._volumes.on_change(self._volume_changed)
        self._classes.on_change(self._class_changed)
        for informer in (self._claims, self._volumes, self._classes, self._pods.pods):
            await informer.wait_synced()
        self._loop.run(self._context.tasks)

    # What changes whose turn it is

    def _claim_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is None:
            return
        key = informers.key_of(tree)
        self._loop.enqueue(f"claim {key}")
        names = {name for each in (old, new) if each is not None for name in _volume_name(each)}
        names |= {each["metadata"]["name"] for each in self._volumes.by_index("claimRef", key)}
        for name in sorted(names):
            self._loop.enqueue(f"volume {name}")

    def _volume_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is None:
            return
        name = tree["metadata"]["name"]
        self._loop.enqueue(f"volume {name}")
        for each in (old, new):
            if each is not None and _claim_key(each):
                self._loop.enqueue(f"claim {_claim_key(each)}")
        for claim in self._claims.by_index("volume", name):
            self._loop.enqueue(f"claim {informers.key_of(claim)}")
        if new is not None and new["spec"].get("claimRef") is None:
            self._enqueue_waiting(claims.class_of(new))

    def _class_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None:
            self._enqueue_waiting(new["metadata"]["name"])
            self._enqueue_waiting("")

    def _enqueue_waiting(self, storage_class: str) -> None:
        for claim in self._claims.by_index("waiting", storage_class):
            self._loop.enqueue(f"claim {informers.key_of(claim)}")

    async def _reconcile(self, key: str) -> float | None:
        kind, _, name = key.partition(" ")
        try:
            if kind == "claim":
                claim = self._newest_claims.get(name)
                if claim is not None:
                    await self._sync_claim(claim)
            else:
                volume = self._newest_volumes.get(name)
                if volume is not None:
                    await self._sync_volume(volume)
        except errors.NotFound:
            return None
        return None

    # Claims

    async def _sync_claim(self, claim: Tree) -> None:
        name = claim["spec"].get("volumeName")
        if claims.annotation(claim, claims.BIND_COMPLETED):
            step = planning.bound_claim(claim, await self._surely(VOLUMES, name))
        elif name:
            step = planning.named_volume(claim, self._newest_volumes.get(name))
        else:
            step = planning.unbound_claim(
                claim,
                self._newest_volumes.list(),
                self._classes.get(claims.class_of(claim)),
                self._waiting_pods(claim),
            )
            if not isinstance(step, planning.Bind) and await self._give_default_class(claim):
                return
        match step:
            case planning.Bind(volume):
                await self._bind(volume, claim)
            case planning.Wait(told):
                self._tell(claim, told)
                await self._claim_status(claim, "Pending")
            case planning.Lose(told):
                if await self._claim_status(claim, "Lost"):
                    self._tell(claim, told)
            case planning.Provision(provisioner, told):
                changed = trees.claim_provisioned_by(claim, provisioner)
                if changed is not None:
                    claim = self._newest_claims.wrote(await self._client.update(CLAIMS, changed))
                self._tell(claim, told)
            case _:
                assert_never(step)

    def _waiting_pods(self, claim: Tree) -> list[str]:
        pods = self._pods.naming(informers.key_of(claim))
        return [
            pod["metadata"]["name"] for pod in pods if not pod["spec"].get("nodeName") and not podlib.is_terminal(pod)
        ]

    async def _give_default_class(self, claim: Tree) -> bool:
        """A claim made before there was a default class gets it now."""
        annotations = claim["metadata"].get("annotations") or {}
        if claim["spec"].get("storageClassName") is not None or claims.CLASS in annotations:
            return False
        chosen = default_class.chosen(self._classes.list(), *DEFAULT)
        if chosen is None:
            return False
        await self._client.update(CLAIMS, edited(claim, chosen, "spec", "storageClassName"))
        return True

    async def _bind(self, volume: Tree, claim: Tree) -> None:
        """Both halves and both states, the volume first; each write only where it changes something."""
        changed = trees.volume_bound(volume, claim)
        if changed is not None:
            volume = self._newest_volumes.wrote(await self._client.update(VOLUMES, changed))
        volume = await self._volume_phase(volume, planning.Phase("Bound"))
        changed = trees.claim_bound(claim, volume)
        if changed is not None:
            claim = self._newest_claims.wrote(await self._client.update(CLAIMS, changed))
        await self._claim_status(claim, "Bound", volume)

    async def _claim_status(self, claim: Tree, phase: str, volume: Tree | None = None) -> bool:
        """Whether the phase is a new one."""
        changed = trees.claim_status(claim, phase, volume)
        if changed is not None:
            self._newest_claims.wrote(await self._client.update_status(CLAIMS, changed))
        return bool((claim.get("status") or {}).get("phase") != phase)

    # Volumes

    async def _sync_volume(self, volume: Tree) -> None:
        step = planning.volume(volume, await self._claim_of(volume))
        match step:
            case planning.Phase():
                await self._volume_phase(volume, step)
            case planning.Release():
                await self._release(volume)
            case planning.Unbind():
                volume = self._newest_volumes.wrote(await self._client.update(VOLUMES, trees.volume_unbound(volume)))
                await self._volume_phase(volume, planning.Phase("Available"))
            case planning.AskClaim():
                self._loop.enqueue(f"claim {_claim_key(volume)}")
            case planning.Mismatched(told, to_claim):
                self._tell(volume, told)
                claim = self._claims.get(_claim_key(volume))
                if claim is not None:
                    self._tell(claim, to_claim)
            case _:
                assert_never(step)

    async def _claim_of(self, volume: Tree) -> Tree | None:
        """The claim of the uid that the volume names.  The server is asked before a claim is called gone."""
        uid = (volume["spec"].get("claimRef") or {}).get("uid")
        if not uid:
            return None
        key = _claim_key(volume)
        found = self._newest_claims.get(key)
        if found is None or found["metadata"]["uid"] != uid:
            found = await self._surely(CLAIMS, key)
        return found if found is not None and found["metadata"]["uid"] == uid else None

    async def _release(self, volume: Tree) -> None:
        if (volume.get("status") or {}).get("phase") not in ("Released", "Failed"):
            volume = await self._volume_phase(volume, planning.Phase("Released"))
        outcome = planning.reclaim(volume)
        if outcome is not None:
            await self._volume_phase(volume, outcome)

    async def _volume_phase(self, volume: Tree, phase: planning.Phase) -> Tree:
        changed = trees.volume_phase(volume, phase.name, phase.told.message if phase.told else "")
        if changed is None:
            return volume
        volume = self._newest_volumes.wrote(await self._client.update_status(VOLUMES, changed))
        self._tell(volume, phase.told)
        return volume

    async def _surely(self, resource: str, key: str | None) -> Tree | None:
        """A volume from the cache, or, where that has none, from the server: the cache may be behind.  Claims are
        asked of the server."""
        if not key:
            return None
        cached = self._newest_volumes.get(key) if resource == VOLUMES else None
        if cached is not None:
            return cached
        namespace, name = informers.split_key(key)
        try:
            return await self._client.get(resource, name, namespace)
        except errors.NotFound:
            return None

    def _tell(self, about: Tree, told: planning.Told | None) -> None:
        if told is not None:
            self._recorder.event(about, told.type, told.reason, told.message)
