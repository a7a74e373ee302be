"""Makes the claim of each `ephemeral` volume of a pod, owned by the pod: the garbage collector ends it with the pod."""

from steersman.api.semantics import claims
from steersman.api.semantics import pods as podlib
from steersman.api.tree import MutableTree, Tree
from steersman.client import errors, events, informers
from steersman.client.reconcile import loop, owners
from steersman.client.reconcile.manager import Context
from steersman.controllers import podclaims

CLAIMS = "persistentvolumeclaims"


def wanted(pod: Tree) -> list[tuple[str, MutableTree]]:
    """The names of a pod's ephemeral volumes and the claims they need.  Pure."""
    if podlib.is_deleting(pod):
        return []
    made: list[tuple[str, MutableTree]] = []
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
        if not template:
            continue
        given = template.get("metadata") or {}
        meta = {key: given[key] for key in ("labels", "annotations") if given.get(key)}
        meta |= {
            "name": claims.ephemeral_name(pod, volume),
            "namespace": pod["metadata"]["namespace"],
            "ownerReferences": [owners.controller_reference(pod)],
        }
        spec = template.get("spec") or {}
        claim = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": meta, "spec": spec}
        made.append((str(volume["name"]), claim))
    return made


class Controller:
    name = "ephemeral-volume"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._pods = podclaims.PodClaims(context.informers.informer("pods"))
        self._claims = context.informers.informer(CLAIMS)
        self._recorder = events.Recorder(context.client, context.clock, context.tasks, "ephemeral_volume")
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=2, longest=60.0)

    async def run(self) -> None:
        self._pods.pods.on_change(self._pod_changed)
        self._claims.on_change(self._claim_changed)
        await self._pods.pods.wait_synced()
        await self._claims.wait_synced()
        self._loop.run(self._context.tasks)

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        """A pod's volumes never change: it is looked at when it appears."""
        if old is None and new is not None and wanted(new):
            self._loop.enqueue(informers.key_of(new))

    def _claim_changed(self, old: Tree | None, new: Tree | None) -> None:
        """A claim that somebody deleted under its pod, or that stood in its way, makes room for the right one."""
        if new is None and old is not None:
            for pod in self._pods.naming(informers.key_of(old)):
                self._loop.enqueue(informers.key_of(pod))

    async def _reconcile(self, key: str) -> float | None:
        pod = self._pods.pods.get(key)
        if pod is None:
            return None
        for volume, claim in wanted(pod):
            present = self._claims.get(informers.key_of(claim))
            if present is None:
                await self._make(volume, claim, pod)
            elif not claims.is_pods_own(present, pod):
                text = f"PVC {informers.key_of(claim)} was not created for pod {key} (pod is not owner)"
                self._fail(pod, volume, text)
        return None

    async def _make(self, volume: str, claim: Tree, pod: Tree) -> None:
        try:
            await self._client.create(CLAIMS, claim)
        except errors.Conflict:
            raise  # it is there already, and the cache will show it
        except errors.ApiError as error:
            if not error.has_cause("NamespaceTerminating"):
                self._fail(pod, volume, f"create PVC {claim['metadata']['name']}: {error}")
                raise

    def _fail(self, pod: Tree, volume: str, text: str) -> None:
        self._recorder.event(pod, events.WARNING, "FailedBinding", f"ephemeral volume {volume}: {text}")
