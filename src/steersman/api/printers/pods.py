"""Pods: the one row that people read all day.

Status is the phase until something says more: a reason of the pod, a scheduling gate, an init container that
has not ended well, then the first container (the last one looked at wins, and they are looked at backwards)
that waits or has ended.  Restarts count the init containers while those run, and the others after that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api.printers import cells, columns, durations, pod_view
from steersman.api.tree import Tree

COLUMNS = (
    columns.NAME,
    columns.Column("Ready", "The aggregate readiness state of this pod for accepting traffic."),
    columns.Column("Status", "The aggregate status of the containers in this pod."),
    columns.Column(
        "Restarts",
        "The number of times the containers in this pod have been restarted and when the last container in this pod"
        " has restarted.",
    ),
    columns.AGE,
    columns.of("IP", "core.v1.PodStatus.podIP", priority=1),
    columns.of("Node", "core.v1.PodSpec.nodeName", priority=1),
    columns.of("Nominated Node", "core.v1.PodStatus.nominatedNodeName", priority=1),
    columns.of("Readiness Gates", "core.v1.PodSpec.readinessGates", priority=1),
)

_OVER: Mapping[str, Sequence[Tree]] = {
    phase: ({"type": "Completed", "status": "True", "reason": phase, "message": message},)
    for phase, message in (("Succeeded", "The pod has completed successfully."), ("Failed", "The pod failed."))
}


def _row(pod: Tree, now: float) -> list[Any]:
    metadata, spec, status = pod.get("metadata") or {}, pod.get("spec") or {}, pod.get("status") or {}
    reason, ready, restarts, last = _state(spec, status)
    if metadata.get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            reason = "Terminating"
    total = len(spec.get("containers") or ())
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            total += 1
    return [
        metadata.get("name") or "",
        f"{ready}/{total}",
        reason,
        f"{restarts} ({durations.human(now - last)} ago)" if restarts and last is not None else str(restarts),
        durations.since(metadata.get("creationTimestamp"), now),
        _address(status) or cells.NONE,
        spec.get("nodeName") or cells.NONE,
        status.get("nominatedNodeName") or cells.NONE,
        _gates(spec, status),
    ]


def _state(spec: Tree, status: Tree) -> tuple[str, int, int, float | None]:
    """Reason, ready containers, restarts, and when the last restart was."""
    conditions = status.get("conditions") or ()
    reason = status.get("reason") or status.get("phase") or ""
    for condition in conditions:
        if condition.get("type") == "PodScheduled" and condition.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    ready = restarts = 0
    last: float | None = None
    statuses = status.get("initContainerStatuses")
    if statuses:
        starting, ready, counts, sidecars = _initial(spec, statuses)
        if starting:
            reason = starting
            if not _is_true(conditions, "Initialized"):
                return reason, ready, *counts
        restarts, last = sidecars
    running = False
    for container in reversed(status.get("containerStatuses") or ()):
        restarts += container.get("restartCount") or 0
        last = _later(last, container)
        state = container.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated")
        if waiting is not None and waiting.get("reason"):
            reason = waiting["reason"]
        elif ended is not None:
            reason = _ending(ended)
        elif container.get("ready") and state.get("running") is not None:
            running = True
            ready += 1
    if reason == "Completed" and running:
        reason = "Running" if _is_true(conditions, "Ready") else "NotReady"
    return reason, ready, restarts, last


_Restarts = tuple[int, float | None]


def _initial(spec: Tree, statuses: Any) -> tuple[str, int, _Restarts, _Restarts]:
    """Of the init containers: where they are stuck or at work, ready sidecars, restarts of all and of sidecars.

    Those after the one that is at work are not looked at.
    """
    declared = spec.get("initContainers") or ()
    sidecars = {c.get("name") for c in declared if c.get("restartPolicy") == "Always"}
    reason = ""
    ready = all_count = own_count = 0
    all_last: float | None = None
    own_last: float | None = None
    for index, container in enumerate(statuses):
        is_sidecar = container.get("name") in sidecars
        all_count += container.get("restartCount") or 0
        all_last = _later(all_last, container)
        if is_sidecar:
            own_count += container.get("restartCount") or 0
            own_last = _later(own_last, container)
        state = container.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated")
        if ended is not None and not ended.get("exitCode"):
            continue
        if is_sidecar and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if ended is not None:
            reason = f"Init:{_ending(ended)}"
        elif waiting is not None and waiting.get("reason") not in (None, "", "PodInitializing"):
            reason = f"Init:{waiting['reason']}"
        else:
            reason = f"Init:{index}/{len(declared)}"
        break
    return reason, ready, (all_count, all_last), (own_count, own_last)


def _ending(ended: Tree) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode') or 0}"


def _later(last: float | None, container: Tree) -> float | None:
    """When the container's previous run ended, if that was later."""
    ended = (container.get("lastState") or {}).get("terminated")
    moment = durations.moment(ended.get("finishedAt")) if ended else None
    return moment if moment is not None and (last is None or moment > last) else last


def _is_true(conditions: Any, type: str) -> bool:
    return any(c.get("type") == type and c.get("status") == "True" for c in conditions)


def _address(status: Tree) -> Any:
    """`podIP` decides where it differs from the first of `podIPs`."""
    addresses = status.get("podIPs") or ()
    return status.get("podIP") or (addresses[0].get("ip") if addresses else "")


def _gates(spec: Tree, status: Tree) -> str:
    gates = spec.get("readinessGates")
    if not gates:
        return cells.NONE
    found: dict[Any, bool] = {}
    for condition in status.get("conditions") or ():
        found.setdefault(condition.get("type"), condition.get("status") == "True")
    return f"{sum(found.get(gate.get('conditionType'), False) for gate in gates)}/{len(gates)}"


def _conditions(pod: Tree) -> Sequence[Tree]:
    return _OVER.get((pod.get("status") or {}).get("phase") or "", ())


def _template(tree: Tree, now: float) -> list[Any]:
    template = tree.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    return [cells.name(tree), *cells.containers(template), cells.pairs(labels)]


def _budget(tree: Tree, now: float) -> list[Any]:
    least, most = (cells.spec(tree).get(field) for field in ("minAvailable", "maxUnavailable"))
    return [
        cells.name(tree),
        "N/A" if least is None else str(least),
        "N/A" if most is None else str(most),
        cells.number(cells.status(tree), "disruptionsAllowed"),
        cells.age(tree, now),
    ]


PRINTERS = {
    ("", "Pod"): columns.Printer(COLUMNS, _row, conditions=_conditions, reads=pod_view.Pod),
    ("", "PodTemplate"): columns.Printer(
        (
            columns.NAME,
            columns.Column("Containers", columns.CONTAINERS.description),
            columns.Column("Images", columns.IMAGES.description),
            columns.Column("Pod Labels", "The labels for the pod template."),
        ),
        _template,
    ),
    ("policy", "PodDisruptionBudget"): columns.Printer(
        (
            columns.NAME,
            columns.Column("Min Available", "The minimum number of pods that must be available."),
            columns.Column("Max Unavailable", "The maximum number of pods that may be unavailable."),
            columns.Column(
                "Allowed Disruptions",
                "Calculated number of pods that may be disrupted at this time.",
                type="integer",
            ),
            columns.AGE,
        ),
        _budget,
    ),
}
