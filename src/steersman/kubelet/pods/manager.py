"""All pods of the node: where they come from, who works on them, and what nobody knows any more.

Pods come from the API (those with this node's name) and from manifest files.  Each has a worker by uid.  What
the runtime has without a pod is ended, but only once both sources have been read: a kubelet that starts while
the API is away leaves everything as it is.
"""

import logging
from collections.abc import Callable, Iterable, Mapping

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.client.informers import Informer, key_of
from steersman.kubelet import mirror
from steersman.kubelet.pods import conditions, ending, spec
from steersman.kubelet.pods.room import Room
from steersman.kubelet.pods.sync import PodWorker, Stage

log = logging.getLogger(__name__)


class PodManager:
    def __init__(self, room: Room, informer: Informer, node_uid: Callable[[], str], *, wait_static: bool) -> None:
        self.workers: dict[str, PodWorker] = {}
        self._room = room
        self._informer = informer
        self._node_uid = node_uid
        self._static: Mapping[str, Tree] = {}
        self._static_read = not wait_static
        self._mirroring = False
        self._mirror_again = False

    def begin(self) -> None:
        """Take what the informer has and brings."""
        self._informer.on_change(self._changed)

    # -- from the API ----------------------------------------------------------------------------------------

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new if new is not None else old
        assert tree is not None
        if spec.is_mirror(tree):
            self._mirrors_changed()
            static = self._static_by_key().get(key_of(tree))
            if new is not None and static is not None:
                if old is None or spec.uid(old) != spec.uid(new):
                    self._room.statuses.again(spec.uid(static))
                else:
                    self._room.statuses.seen(spec.uid(static), old, new)
            return
        if old is not None and (new is None or spec.uid(old) != spec.uid(new)):
            worker = self.workers.get(spec.uid(old))
            if worker is not None:
                if spec.is_deleting(old):
                    worker.update(old)
                worker.remove()
        if new is not None:
            if old is not None and spec.uid(old) == spec.uid(new):
                self._room.statuses.seen(spec.uid(new), old, new)
            self._take(new)

    def _take(self, pod: Tree) -> None:
        uid = spec.uid(pod)
        worker = self.workers.get(uid)
        if worker is None:
            worker = self.workers[uid] = PodWorker(self._room, pod, self._gone)
            worker.wake()
            return
        before = worker.pod
        if asks_for_more(before, pod):
            worker.update(pod)
            worker.wake()
        else:
            worker.pod = pod

    def _gone(self, worker: PodWorker) -> None:
        self.workers.pop(worker.uid, None)
        worker.close()
        if spec.is_static(worker.pod):
            self._mirrors_changed()

    # -- from files ------------------------------------------------------------------------------------------

    def set_static(self, pods: Mapping[str, Tree]) -> None:
        """All static pods there are, by uid."""
        self._static = pods
        self._static_read = True
        for uid, worker in list(self.workers.items()):
            if spec.is_static(worker.pod) and uid not in pods:
                worker.remove()
        for uid, pod in pods.items():
            if uid not in self.workers:
                worker = self.workers[uid] = PodWorker(self._room, pod, self._gone)
                worker.wake()
        self._mirrors_changed()

    def _static_by_key(self) -> dict[str, Tree]:
        return {key_of(pod): pod for pod in self._static.values()}

    def latest(self, pod: Tree) -> Tree | None:
        """The newest copy of the object that a pod's status is written to."""
        found = self._informer.get(f"{spec.namespace(pod)}/{spec.name(pod)}")
        if found is None:
            return None if spec.is_static(pod) else self._if_unsynced(pod)
        if spec.is_static(pod):
            return found if spec.is_mirror(found) and mirror.matches(found, pod) else None
        return found if spec.uid(found) == spec.uid(pod) else None

    def _if_unsynced(self, pod: Tree) -> Tree | None:
        return None if self._informer.synced else pod

    def _mirrors_changed(self) -> None:
        self._mirror_again = True
        if self._mirroring or not self._informer.synced:
            return
        self._mirroring = True
        try:
            self._room.tasks.spawn(self._sync_mirrors(), "mirror pods")
        except RuntimeError:
            self._mirroring = False

    async def _sync_mirrors(self) -> None:
        """Delete wrong mirrors, make missing ones, until a look finds nothing to do or the API refuses."""
        try:
            while self._mirror_again:
                self._mirror_again = False
                mirrors = {key_of(p): p for p in self._informer.list() if spec.is_mirror(p)}
                extra, missing = mirror.wrong(mirrors, self._static_by_key())
                for tree in extra:
                    await self._delete_mirror(tree)
                for pod in missing:
                    made = mirror.mirror_of(pod, self._room.config.node_name, self._node_uid())
                    try:
                        await self._room.client.create("pods", made)
                    except errors.AlreadyExists:
                        pass
                    except errors.ApiError as error:
                        log.warning("no mirror for static pod %s: %s", spec.full_name(pod), error)
        except ConnectionError as error:
            log.debug("mirror pods wait for the API server: %s", error)
        finally:
            self._mirroring = False

    async def _delete_mirror(self, tree: Tree) -> None:
        try:
            await self._room.client.delete("pods", spec.name(tree), spec.namespace(tree), uid=spec.uid(tree), grace=0)
        except (errors.NotFound, errors.Conflict):
            pass
        except errors.ApiError as error:
            log.warning("mirror pod %s could not be deleted: %s", spec.full_name(tree), error)

    # -- from the runtime ------------------------------------------------------------------------------------

    def runtime_changed(self, uid: str) -> None:
        """Something of this pod is different in the runtime."""
        worker = self.workers.get(uid)
        if worker is not None:
            worker.wake()
        elif uid:
            self._end_orphan(uid)

    def _end_orphan(self, uid: str) -> None:
        if not self._informer.synced or not self._static_read or uid not in self._room.view.pods:
            return
        view = self._room.view.pods[uid]
        pod = ending.synthetic(uid, list(view.sandboxes.values()), list(view.containers.values()))
        log.info("ending %s, which has no pod any more", spec.full_name(pod))
        worker = self.workers[uid] = PodWorker(self._room, pod, self._gone)
        worker.remove()

    async def housekeep(self) -> None:
        """End what runs without a pod, and remove the folders of pods that are gone."""
        if not self._informer.synced or not self._static_read:
            return
        for uid in self._room.view.uids():
            if uid and uid not in self.workers:
                self._end_orphan(uid)
        if self._room.volumes is not None:
            for uid in self._room.volumes.folders():
                if uid not in self.workers:
                    try:
                        await self._room.volumes.remove(uid)
                    except OSError as error:
                        log.warning("the folder of pod %s stays: %s", uid, error)
        if any(spec.is_static(w.pod) for w in self.workers.values()) or self._static:
            self._mirrors_changed()

    # -- shared ----------------------------------------------------------------------------------------------

    def probe_changed(self, uid: str) -> None:
        worker = self.workers.get(uid)
        if worker is not None:
            worker.wake()

    def objects_changed(self, uids: Iterable[str]) -> None:
        for uid in uids:
            worker = self.workers.get(uid)
            if worker is not None:
                worker.refresh()

    def taking_room(self, but: str) -> list[Tree]:
        """The pods that have been let in and have not ended, except one."""
        return [
            worker.pod
            for worker in self.workers.values()
            if worker.uid != but and worker.admitted and worker.stage in (Stage.RUNNING, Stage.ENDING)
        ]

    def close(self) -> None:
        for worker in self.workers.values():
            worker.close()


def asks_for_more(before: Tree, after: Tree) -> bool:
    """Whether a newer copy of a pod asks the kubelet for anything: not when only its own status came back."""
    if before["spec"] is not after["spec"] and before["spec"] != after["spec"]:
        return True
    for name in ("labels", "annotations", "deletionTimestamp", "deletionGracePeriodSeconds"):
        if before["metadata"].get(name) != after["metadata"].get(name):
            return True
    return _foreign(before) != _foreign(after)


def _foreign(pod: Tree) -> list[tuple[object, object]]:
    """What others say of the pod in its conditions."""
    found = (pod.get("status") or {}).get("conditions") or ()
    return [(c.get("type"), c.get("status")) for c in found if c.get("type") not in conditions.OWNED]
