"""The end of a pod: containers, sandboxes, volumes, the object, and what the runtime still has, in this order.

Each step may be repeated: a worker that was interrupted, or a kubelet that was restarted, begins again.
"""

import contextlib
import logging
import shutil
from collections.abc import Sequence

from steersman.api.tree import Tree
from steersman.client import errors
from steersman.cri import runtime as cri
from steersman.kubelet.containers import cgroup, paths
from steersman.kubelet.pods import sandboxes, spec
from steersman.kubelet.pods.record import PodRecord
from steersman.kubelet.pods.room import Room

log = logging.getLogger(__name__)


async def stop(room: Room, pod: Tree, record: PodRecord, grace: float, ips: Sequence[str]) -> None:
    """End all containers, then the sandboxes."""
    running = record.running()
    if running:
        await room.lifecycle.stop_all(pod, running, grace, ips)
    for container in running:
        await room.view.look_container(container.id)
    for sandbox in record.sandboxes:
        if sandbox.state is cri.SandboxState.READY:
            await room.runtime.stop_sandbox(sandbox.id)
            await room.view.look_sandbox(sandbox.id)


async def tear_down(room: Room, pod: Tree, *, whole: bool) -> None:
    """Take the volumes away; with `whole` everything that the pod has on disk but its logs."""
    room.objects.release(spec.uid(pod))
    if room.volumes is None:
        return
    try:
        await room.volumes.remove(spec.uid(pod), whole=whole)
    except OSError as error:
        log.warning("%s: its volumes could not be removed: %s", spec.full_name(pod), error)


async def delete_object(room: Room, pod: Tree) -> bool:
    """Report for the last time, then delete the pod's object; whether it is gone."""
    await room.statuses.flush(spec.uid(pod))
    try:
        await room.client.delete("pods", spec.name(pod), spec.namespace(pod), uid=spec.uid(pod), grace=0)
    except (errors.NotFound, errors.Conflict):
        pass  # gone already, or another pod has the name
    except (errors.ApiError, ConnectionError) as error:
        log.warning("%s could not be deleted: %s", spec.full_name(pod), error)
        return False
    return True


async def remove_rest(room: Room, pod: Tree) -> None:
    """Leave nothing: containers, sandboxes, control groups, logs, and what is remembered."""
    uid = spec.uid(pod)
    view = room.view.pod(uid)
    for container in list(view.containers.values()):
        await room.runtime.remove_container(container.id)
        room.view.gone(container.id)
    for sandbox in list(view.sandboxes.values()):
        await sandboxes.remove(room, sandbox)
    if room.config.cgroup:
        cgroup.remove(room.config.cgroup, pod)
    if not room.config.simulated:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(paths.log_directory(room.config, pod))
    room.statuses.forget(uid)
    room.images.forget(uid)
    room.probes.forget(uid)


def synthetic(uid: str, sandboxes: Sequence[cri.Sandbox], containers: Sequence[cri.Container]) -> Tree:
    """A pod for what runs without one: enough to end it."""
    name, namespace = "", ""
    for sandbox in sandboxes:
        name, namespace = sandbox.name, sandbox.namespace
    for container in containers:
        name = name or container.labels.get("io.kubernetes.pod.name", "")
        namespace = namespace or container.labels.get("io.kubernetes.pod.namespace", "")
    return {
        "metadata": {"name": name, "namespace": namespace, "uid": uid},
        "spec": {"containers": [], "terminationGracePeriodSeconds": 0},
    }
