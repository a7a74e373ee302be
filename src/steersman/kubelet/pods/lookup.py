"""The pods of the node as the kubelet's server asks for them."""

from collections.abc import Mapping, Sequence

from steersman.api import tree
from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.manager import PodManager
from steersman.kubelet.pods.statuses import StatusWriter
from steersman.kubelet.pods.sync import PodWorker
from steersman.kubelet.server.pods import ContainerRef, PodRef


class Lookup:
    """`kubelet.server.pods.Pods` over the manager's workers."""

    def __init__(self, manager: PodManager, statuses: StatusWriter) -> None:
        self._manager = manager
        self._statuses = statuses

    def find(self, namespace: str, name: str) -> PodRef | None:
        found = [
            worker
            for worker in self._manager.workers.values()
            if spec.name(worker.pod) == name and spec.namespace(worker.pod) == namespace
        ]
        if not found:
            return None
        # Two pods can have a name for a moment: one that ends, and the one that takes its place.
        worker = next((w for w in found if not w.removed and not spec.is_deleting(w.pod)), found[-1])
        return self._reference(worker)

    def refs(self) -> Sequence[PodRef]:
        made = [self._reference(worker) for worker in self._manager.workers.values()]
        return [reference for reference in made if reference.sandbox_id]

    def all(self) -> Sequence[Tree]:
        made = []
        for worker in self._manager.workers.values():
            status = self._statuses.known(worker.uid)
            made.append(tree.edited(worker.pod, status, "status") if status is not None else worker.pod)
        return made

    def _reference(self, worker: PodWorker) -> PodRef:
        record = worker.record()
        status = self._statuses.known(worker.uid) or worker.pod.get("status") or {}
        shown: Mapping[str, Tree] = {
            one["name"]: one
            for key in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
            for one in status.get(key) or ()
        }
        containers = {}
        for _, container in spec.all_containers(worker.pod):
            name = container["name"]
            attempts = record.containers.get(name) or ()
            newest = attempts[0] if attempts else None
            state = (shown.get(name) or {}).get("state") or {}
            containers[name] = ContainerRef(
                name=name,
                id=newest.id if newest is not None else "",
                running=newest is not None and newest.state is cri.ContainerState.RUNNING,
                log_path=newest.log_path if newest is not None else "",
                previous_log_path=attempts[1].log_path if len(attempts) > 1 else "",
                waiting=str((state.get("waiting") or {}).get("reason") or ""),
                started_at=newest.started_at if newest is not None else 0.0,
                tty=bool(container.get("tty")),
            )
        sandbox = record.sandbox
        return PodRef(
            namespace=spec.namespace(worker.pod),
            name=spec.name(worker.pod),
            uid=worker.uid,
            sandbox_id=sandbox.id if sandbox is not None else "",
            containers=containers,
            started_at=sandbox.created_at if sandbox is not None else 0.0,
        )
