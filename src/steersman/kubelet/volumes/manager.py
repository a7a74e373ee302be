"""The volumes of all pods of the node: mounted before containers start, renewed while they run, removed after.

`mount` answers with the paths, or raises `NotMounted` and tells the pod what is missing; it is cheap to call
again.  Repeated failures wait 0.5 s, doubling to about two minutes; a change of a referenced object ends the
wait.
"""

import asyncio
import dataclasses
import logging
from collections.abc import Mapping

from steersman.api.tree import Tree
from steersman.kubelet.containers import fields
from steersman.kubelet.pods import spec
from steersman.kubelet.tell import WARNING, Teller
from steersman.kubelet.volumes import disk, table
from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings
from steersman.kubelet.volumes.tokens import Tokens

log = logging.getLogger(__name__)

FIRST_WAIT = 0.5
LONGEST_WAIT = 122.0

REFRESHED = ("configMap", "downwardAPI", "projected", "secret")


class NotMounted(Exception):
    """Some volume is not there yet; worth another try at `retry_at` (monotonic time)."""

    def __init__(self, retry_at: float) -> None:
        super().__init__("volumes are not mounted yet")
        self.retry_at = retry_at


@dataclasses.dataclass(slots=True)
class _Mounted:
    paths: dict[str, str] = dataclasses.field(default_factory=dict)
    failures: int = 0
    retry_at: float = 0.0


class Volumes:
    def __init__(self, around: Surroundings, tell: Teller) -> None:
        self._around = around
        self._tell = tell
        self._tokens = Tokens(around.client, around.clock)
        self._types = table.types(self._tokens)
        self._pods: dict[str, _Mounted] = {}

    def hurry(self, uid: str) -> None:
        """Something that the pod refers to has changed: try again at once."""
        mounted = self._pods.get(uid)
        if mounted is not None:
            mounted.failures, mounted.retry_at = 0, 0.0

    async def mount(self, pod: Tree, facts: fields.Facts) -> Mapping[str, str]:
        """Path by volume name.  Raises NotMounted."""
        uid = spec.uid(pod)
        mounted = self._pods.setdefault(uid, _Mounted())
        missing = [v for v in pod["spec"].get("volumes") or () if v["name"] not in mounted.paths]
        if not missing:
            return mounted.paths
        if self._around.clock.monotonic() < mounted.retry_at:
            raise NotMounted(mounted.retry_at)
        failed = False
        for volume in missing:
            try:
                mounted.paths[volume["name"]] = await self._prepare(pod, volume, facts)
            except MountFault as error:
                failed = True
                message = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}'
                self._tell.pod(pod, WARNING, "FailedMount", message)
        if failed:
            wait = min(FIRST_WAIT * 2**mounted.failures, LONGEST_WAIT)
            mounted.failures += 1
            mounted.retry_at = self._around.clock.monotonic() + wait
            raise NotMounted(mounted.retry_at)
        mounted.failures = 0
        return mounted.paths

    async def refresh(self, pod: Tree, facts: fields.Facts) -> None:
        """Bring the files of mounted objects, fields and tokens up to date."""
        mounted = self._pods.get(spec.uid(pod))
        for volume in pod["spec"].get("volumes") or ():
            if mounted is None or volume["name"] not in mounted.paths or table.type_of(volume) not in REFRESHED:
                continue
            try:
                await self._prepare(pod, volume, facts)
            except MountFault as error:
                message = f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}'
                self._tell.pod(pod, WARNING, "FailedMount", message)

    async def _prepare(self, pod: Tree, volume: Tree, facts: fields.Facts) -> str:
        kind = table.type_of(volume)
        found = self._types.get(kind)
        if found is None:
            raise MountFault(f'volumes of type "{kind}" are not supported by this kubelet')
        return await found.prepare(self._around, Asked(pod, volume, facts))

    def has_refreshed(self, pod: Tree) -> bool:
        """Whether anything of the pod's volumes can change while it runs."""
        return any(table.type_of(volume) in REFRESHED for volume in pod["spec"].get("volumes") or ())

    async def remove(self, uid: str, *, whole: bool = True) -> None:
        """Unmount and delete the pod's volumes; with `whole` all that it had on disk.

        Raises OSError when something stays.
        """
        self._pods.pop(uid, None)
        self._tokens.forget(uid)
        folder = self._around.config.pod_dir(uid)
        if not whole:
            folder /= "volumes"
        if not folder.exists():
            return
        with self._around.clock.busy():
            await asyncio.to_thread(disk.remove, folder)

    def folders(self) -> list[str]:
        """The uids that have a folder on disk."""
        base = self._around.config.root / "pods"
        return [entry.name for entry in base.iterdir() if entry.is_dir()] if base.is_dir() else []
