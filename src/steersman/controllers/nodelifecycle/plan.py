"""What is said of a node that has not been heard of, and which taints follow from its conditions.

Pure.  Silence turns conditions to Unknown; conditions give taints of effect NoSchedule at once; taints of
effect NoExecute, which move pods, are given slowly and not at all while everything looks dead (`zones`).
"""

from collections.abc import Mapping, Sequence

from steersman.api import times
from steersman.api.semantics import pods as podlib
from steersman.api.tree import MutableTree, Tree

GRACE = 50.0
STARTUP_GRACE = 60.0

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"

_WATCHED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_BY_CONDITION: Mapping[str, Mapping[str, str]] = {
    "Ready": {"False": NOT_READY, "Unknown": UNREACHABLE},
    "MemoryPressure": {"True": "node.kubernetes.io/memory-pressure"},
    "DiskPressure": {"True": "node.kubernetes.io/disk-pressure"},
    "PIDPressure": {"True": "node.kubernetes.io/pid-pressure"},
    "NetworkUnavailable": {"True": "node.kubernetes.io/network-unavailable"},
}
_MANAGED = {key for statuses in _BY_CONDITION.values() for key in statuses.values()} | {UNSCHEDULABLE}


def silenced(node: Tree, now: float) -> list[MutableTree]:
    """The conditions of a node that is not heard of any more."""
    moment = times.seconds(now)
    made: list[MutableTree] = []
    present = {each["type"]: each for each in (node.get("status") or {}).get("conditions") or ()}
    for type in _WATCHED:
        found = present.pop(type, None)
        if found is None:
            made.append(
                {
                    "type": type,
                    "status": "Unknown",
                    "reason": "NodeStatusNeverUpdated",
                    "message": "Kubelet never posted node status.",
                    "lastHeartbeatTime": node["metadata"].get("creationTimestamp") or moment,
                    "lastTransitionTime": moment,
                }
            )
        elif found.get("status") != "Unknown":
            made.append(
                {
                    **found,
                    "status": "Unknown",
                    "reason": "NodeStatusUnknown",
                    "message": "Kubelet stopped posting node status.",
                    "lastTransitionTime": moment,
                }
            )
        else:
            made.append(dict(found))
    # In the order in which they stood, new ones last.
    order = [each["type"] for each in (node.get("status") or {}).get("conditions") or ()]
    made.extend(dict(each) for each in present.values())
    return sorted(made, key=lambda each: order.index(each["type"]) if each["type"] in order else len(order))


def is_silenced(node: Tree) -> bool:
    """Whether all that a kubelet says is marked Unknown already."""
    return all(podlib.condition_status(node, type) == "Unknown" for type in _WATCHED)


def grace(node: Tree, grace: float = GRACE) -> float:
    """How long a node may be silent; one that never spoke has a little longer."""
    return grace if podlib.condition(node, "Ready") is not None else max(STARTUP_GRACE, grace)


def schedule_taints(node: Tree) -> list[str]:
    """The keys of the NoSchedule taints that the node's conditions ask for."""
    keys = []
    for each in (node.get("status") or {}).get("conditions") or ():
        key = _BY_CONDITION.get(each["type"], {}).get(each.get("status", ""))
        if key:
            keys.append(key)
    if (node.get("spec") or {}).get("unschedulable"):
        keys.append(UNSCHEDULABLE)
    return keys


def taints(node: Tree, execute: str | None, now: float) -> list[Tree] | None:
    """All taints as they should be; None where they are.

    `execute` is the key of the NoExecute taint wanted, empty for none, None to leave those as they are.
    """
    present: Sequence[Tree] = (node.get("spec") or {}).get("taints") or ()
    wanted = schedule_taints(node)
    kept = []
    have_schedule: set[str] = set()
    have_execute = ""
    for taint in present:
        key, effect = taint["key"], taint.get("effect")
        if effect == "NoSchedule" and key in _MANAGED:
            if key not in wanted:
                continue
            have_schedule.add(key)
        if effect == "NoExecute" and key in (NOT_READY, UNREACHABLE) and execute is not None:
            if key != execute:
                continue
            have_execute = key
        kept.append(taint)
    moment = times.seconds(now)
    for key in wanted:
        if key not in have_schedule:
            kept.append({"key": key, "effect": "NoSchedule", "timeAdded": moment})
    if execute and not have_execute:
        kept.append({"key": execute, "effect": "NoExecute", "timeAdded": moment})
    return kept if len(kept) != len(present) or any(a is not b for a, b in zip(kept, present, strict=True)) else None


def execute_taint(node: Tree) -> str:
    """The NoExecute taint that a node's readiness asks for, or nothing."""
    return {"False": NOT_READY, "Unknown": UNREACHABLE}.get(podlib.condition_status(node, "Ready"), "")


def not_ready(pod: Tree, now: float) -> list[MutableTree] | None:
    """The conditions of a pod on a node that is not ready; None where they say so already."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    made = []
    changed = False
    for each in conditions:
        if each["type"] == "Ready" and each.get("status") == "True":
            made.append({**each, "status": "False", "lastTransitionTime": times.seconds(now)})
            changed = True
        else:
            made.append(dict(each))
    return made if changed else None
