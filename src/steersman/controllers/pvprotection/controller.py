"""Two controllers that keep storage in use: pvc-protection and pv-protection.

Admission puts the finalizers on (and these controllers on what was made without it); here they are taken off,
from a claim when the last pod that uses it is gone, from a volume when it is no longer bound.
"""

from steersman.api.semantics import claims
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import errors, informers
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers import podclaims
from steersman.controllers.pvprotection import plan

CLAIMS, VOLUMES = "persistentvolumeclaims", "persistentvolumes"


class Claims:
    name = "persistentvolumeclaim-protection"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._claims = context.informers.informer(CLAIMS)
        self._pods = podclaims.PodClaims(context.informers.informer("pods"))
        self._loop = loop.Loop(self.name, self._reconcile, context.clock)

    async def run(self) -> None:
        self._claims.on_change(self._claim_changed)
        self._pods.pods.on_change(self._pod_changed)
        await self._claims.wait_synced()
        await self._pods.pods.wait_synced()
        self._loop.run(self._context.tasks)

    def _claim_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None and plan.claim(new, ()) is not plan.Step.NOTHING:
            self._loop.enqueue(informers.key_of(new))

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        """A pod that is gone or over may have been the last user."""
        pod = new or old
        if pod is None or (new is not None and not podlib.is_terminal(new)):
            return
        for key in self._pods.named_by(pod):
            claim = self._claims.get(key)
            if claim is not None and claim["metadata"].get("deletionTimestamp"):
                self._loop.enqueue(key)

    async def _reconcile(self, key: str) -> float | None:
        claim = self._claims.get(key)
        if claim is None:
            return None
        step = plan.claim(claim, self._pods.naming(key))
        try:
            if step is plan.Step.PROTECT:
                await self._client.update(CLAIMS, plan.protected(claim, plan.CLAIM))
            elif step is plan.Step.LET_GO and not await self._is_used(claim):
                await self._client.update(CLAIMS, plan.let_go(claim, plan.CLAIM))
        except errors.NotFound:
            return None
        return None

    async def _is_used(self, claim: Tree) -> bool:
        """Ask the server, because the cache may miss a pod that was bound just now."""
        found = await self._client.list("pods", claim["metadata"]["namespace"])
        return any(claims.used_by(pod, claim) for pod in found.items)


class Volumes:
    name = "persistentvolume-protection"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._volumes = context.informers.informer(VOLUMES)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock)

    async def run(self) -> None:
        self._volumes.on_change(self._volume_changed)
        await self._volumes.wait_synced()
        self._loop.run(self._context.tasks)

    def _volume_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None and plan.volume(new) is not plan.Step.NOTHING:
            self._loop.enqueue(new["metadata"]["name"])

    async def _reconcile(self, key: str) -> float | None:
        volume = self._volumes.get(key)
        if volume is None:
            return None
        step = plan.volume(volume)
        try:
            if step is plan.Step.PROTECT:
                await self._client.update(VOLUMES, plan.protected(volume, plan.VOLUME))
            elif step is plan.Step.LET_GO:
                await self._client.update(VOLUMES, plan.let_go(volume, plan.VOLUME))
        except errors.NotFound:
            return None
        return None
