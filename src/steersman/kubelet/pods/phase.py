"""The phase of a pod, from the statuses of its containers."""

from collections.abc import Mapping

from steersman.api.tree import Tree
from steersman.kubelet.pods import spec


def phase(pod: Tree, statuses: Mapping[str, Tree], *, finished: bool, started: bool) -> str:
    """`statuses` are those of init and main containers by name.

    `finished`: nothing of the pod will be started again, whatever its policy.  `started`: a main container has
    run, so that restarting sidecars no longer make it Pending.
    """
    pending_init = pending_sidecars = failed_for_good = 0
    running = waiting = stopped = stopped_for_good = succeeded = unknown = 0
    for container in spec.init_containers(pod):
        status = statuses.get(container["name"])
        state = (status or {}).get("state") or {}
        last = ((status or {}).get("lastState") or {}).get("terminated")
        if spec.is_sidecar(container):
            if status is None:
                unknown += 1
            elif "running" in state:
                pending_sidecars += not status.get("started")
                running += 1
            elif "terminated" not in state and not last:
                pending_sidecars += 1
                waiting += 1
            continue
        ended = state.get("terminated") or (last if "waiting" in state else None)
        if ended is None:
            pending_init += 1
        elif ended.get("exitCode"):
            failed_for_good += not spec.restarts_after(pod, container, int(ended["exitCode"]))
    for container in spec.main_containers(pod):
        status = statuses.get(container["name"])
        state = (status or {}).get("state") or {}
        last = ((status or {}).get("lastState") or {}).get("terminated")
        if status is None:
            unknown += 1
        elif "running" in state:
            running += 1
        elif "terminated" in state or ("waiting" in state and last):
            ended = state.get("terminated") or last
            code = int((ended or {}).get("exitCode") or 0)
            stopped += 1
            stopped_for_good += not spec.restarts_after(pod, container, code)
            succeeded += "terminated" in state and code == 0
        else:
            waiting += 1
    if failed_for_good:
        return "Failed"
    if pending_init or (pending_sidecars and not started) or waiting:
        return "Pending"
    if running and not unknown:
        return "Running"
    if not running and stopped and not unknown:
        if not (finished and not spec.is_static(pod)) and stopped != stopped_for_good:
            return "Running"
        return "Succeeded" if stopped == succeeded else "Failed"
    return "Pending"
