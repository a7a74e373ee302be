"""The status of each container of a pod: what the runtime shows, what it showed before, and why one waits.

The newest attempt gives `state`, the one before it `lastState`.  A container that should be started but was
not the last time (`PodRecord.reasons`) is waiting for that reason; one that has just ended still shows how it
ended.  A status that was reported once and whose container has vanished is kept or explained, never reset:
"never ran" and "ran and is gone" are different things to whoever counts runs.
"""

from collections.abc import Mapping, Sequence

from steersman.api import times
from steersman.api.tree import MutableTree, Tree
from steersman.cri.runtime import Container, ContainerState
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.record import PodRecord, Probed, restart_count

UNKNOWN = "ContainerStatusUnknown"


def statuses(pod: Tree, field: str, record: PodRecord, before: Sequence[Tree], runtime: str) -> list[MutableTree]:
    """The statuses of `field` (`initContainers`, `containers`, `ephemeralContainers`), in the order reported.

    `before` is what was reported last; `runtime` the scheme of container ids.
    """
    old = {status["name"]: status for status in before}
    made = [_status(pod, field, c, record, old.get(c["name"]), runtime) for c in pod["spec"].get(field) or ()]
    if field != "initContainers":
        made.sort(key=lambda status: str(status["name"]))
    return made


def _status(pod: Tree, field: str, container: Tree, record: PodRecord, old: Tree | None, runtime: str) -> MutableTree:
    attempts = record.containers.get(container["name"]) or ()
    if attempts:
        status = _seen(container, attempts, old, runtime)
    else:
        status = _unseen(pod, field, container, old)
        regular_init = field == "initContainers" and not spec.is_sidecar(container)
        if regular_init and "waiting" in status["state"] and _has_main(pod, record):
            status["state"] = {"terminated": {
                "exitCode": 0, "reason": "Completed",
                "message": "Unable to get init container status from container runtime and pod has been "
                "initialized, treat it as exited normally",
            }}  # fmt: skip
    _wait(pod, field, container, record, status)
    _probed(field, container, attempts[0] if attempts else None, record, status)
    mounts = _volume_mounts(container)
    if mounts:
        status["volumeMounts"] = mounts
    return status


def _has_main(pod: Tree, record: PodRecord) -> bool:
    return any(record.newest(main["name"]) is not None for main in spec.main_containers(pod))


def _unseen(pod: Tree, field: str, container: Tree, old: Tree | None) -> MutableTree:
    """The status of a container that the runtime does not have."""
    waiting = "PodInitializing" if spec.init_containers(pod) else "ContainerCreating"
    status: MutableTree = {
        "name": container["name"], "state": {"waiting": {"reason": waiting}}, "lastState": {}, "ready": False,
        "restartCount": 0, "image": container.get("image") or "", "imageID": "",
    }  # fmt: skip
    if old is None:
        return status
    state, last = old.get("state") or {}, old.get("lastState") or {}
    if "terminated" in state:
        return {**status, **{k: v for k, v in old.items() if k not in ("volumeMounts", "started")}}
    status["restartCount"] = int(old.get("restartCount") or 0)
    status["lastState"] = last
    if "running" in state and "terminated" not in last:
        status["lastState"] = {"terminated": {
            "exitCode": 137, "reason": UNKNOWN, "startedAt": None, "finishedAt": None,
            "message": "The container could not be located when the pod was deleted.  "
            "The container used to be Running",
        }}  # fmt: skip
        if not spec.is_deleting(pod):
            status["restartCount"] += 1
    return status


def _seen(container: Tree, attempts: Sequence[Container], old: Tree | None, runtime: str) -> MutableTree:
    newest = attempts[0]
    named = newest.image if newest.image and not newest.image.startswith("sha256:") else container.get("image")
    status: MutableTree = {
        "name": container["name"],
        "state": state_of(newest, runtime),
        "lastState": {},
        "ready": False,
        "restartCount": restart_count(newest),
        "image": named or "",
        "imageID": newest.image_id,
        "containerID": f"{runtime}://{newest.id}",
    }
    if len(attempts) > 1:
        status["lastState"] = state_of(attempts[1], runtime)
    elif old is not None:
        before = old.get("state") or {}
        if old.get("containerID") != status["containerID"] and "terminated" in before:
            status["lastState"] = {"terminated": before["terminated"]}
        elif "terminated" in (old.get("lastState") or {}):
            status["lastState"] = old["lastState"]
    resources = container.get("resources") or {}
    status["resources"] = resources
    if resources.get("requests"):
        status["allocatedResources"] = resources["requests"]
    return status


def state_of(container: Container, runtime: str) -> MutableTree:
    if container.state is ContainerState.RUNNING:
        return {"running": {"startedAt": times.seconds(container.started_at or container.created_at)}}
    if container.state is not ContainerState.EXITED:
        return {"waiting": {}}
    ended: MutableTree = {
        "exitCode": container.exit_code,
        "startedAt": times.seconds(container.started_at) if container.started_at else None,
        "finishedAt": times.seconds(container.finished_at) if container.finished_at else None,
        "containerID": f"{runtime}://{container.id}",
    }
    reason = container.reason or ("Completed" if container.exit_code == 0 else "Error")
    ended["reason"] = reason
    if container.message:
        ended["message"] = container.message.removesuffix(": unknown")
    return {"terminated": ended}


def _wait(pod: Tree, field: str, container: Tree, record: PodRecord, status: MutableTree) -> None:
    """Show why a container that should run was not started."""
    reason = record.reasons.get(container["name"])
    if reason is None or spec.is_deleting(pod) or (field == "ephemeralContainers" and record.newest(container["name"])):
        return
    newest = record.newest(container["name"])
    if newest is not None:
        if newest.state is ContainerState.RUNNING:
            return
        if newest.state is ContainerState.EXITED:
            if field == "initContainers" and newest.exit_code == 0 and not spec.is_sidecar(container):
                return
            if not spec.restarts_after(pod, container, newest.exit_code):
                return
    if "terminated" in status["state"]:
        status["lastState"] = status["state"]
    waiting: MutableTree = {"reason": reason.reason}
    if reason.message:
        waiting["message"] = reason.message
    status["state"] = {"waiting": waiting}


def _probed(field: str, container: Tree, newest: Container | None, record: PodRecord, status: MutableTree) -> None:
    """`started` and `ready`."""
    if field == "ephemeralContainers":
        return
    status["started"] = False
    if newest is not None and newest.state is ContainerState.RUNNING:
        if field == "initContainers" and not spec.is_sidecar(container):
            return
        probed = record.probed.get(newest.id) or _unasked(container)
        status["started"] = probed.started
        status["ready"] = probed.started and probed.ready
    elif field == "initContainers" and not spec.is_sidecar(container):
        ended = status["state"].get("terminated")
        status["ready"] = ended is not None and not ended.get("exitCode")


def _unasked(container: Tree) -> Probed:
    """What holds of a container whose probes have not begun: what it would be without an answer."""
    return Probed(started="startupProbe" not in container, ready="readinessProbe" not in container)


def _volume_mounts(container: Tree) -> list[MutableTree]:
    made = []
    for mount in container.get("volumeMounts") or ():
        shown: MutableTree = {"name": mount["name"], "mountPath": mount["mountPath"]}
        if mount.get("readOnly"):
            shown["readOnly"] = True
            # A runtime that could mount recursively read-only says so; none of ours does.
            shown["recursiveReadOnly"] = "Disabled"
        made.append(shown)
    return made


def by_name(found: Sequence[Tree]) -> Mapping[str, Tree]:
    return {status["name"]: status for status in found}
