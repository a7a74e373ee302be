"""The conditions of a pod that the kubelet owns, with the reference's reasons and messages.

A condition keeps its `lastTransitionTime` as long as its status stays.
"""

from collections.abc import Mapping, Sequence

from steersman.api.tree import MutableTree, Tree
from steersman.kubelet.pods import spec

OWNED = (
    "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
    "PodResizePending", "PodResizeInProgress",
)  # fmt: skip


def condition(type: str, status: bool, reason: str = "", message: str = "") -> MutableTree:
    made: MutableTree = {"type": type, "status": "True" if status else "False"}
    if reason:
        made["reason"] = reason
    if message:
        made["message"] = message
    return made


def go_list(names: Sequence[str]) -> str:
    """A list as Go prints it."""
    return f"[{' '.join(names)}]"


def containers_ready(pod: Tree, statuses: Mapping[str, Tree], phase: str) -> MutableTree:
    unknown, unready = [], []
    counted = [c for c in spec.init_containers(pod) if spec.is_sidecar(c)] + list(spec.main_containers(pod))
    for container in counted:
        status = statuses.get(container["name"])
        if status is None:
            unknown.append(container["name"])
        elif not status.get("ready"):
            unready.append(container["name"])
    if phase == "Succeeded" and not unknown:
        return condition("ContainersReady", False, "PodCompleted")
    if phase == "Failed":
        return condition("ContainersReady", False, "PodFailed")
    words = []
    if unknown:
        words.append(f"containers with unknown status: {go_list(unknown)}")
    if unready:
        words.append(f"containers with unready status: {go_list(unready)}")
    if words:
        return condition("ContainersReady", False, "ContainersNotReady", ", ".join(words))
    return condition("ContainersReady", True)


def ready(pod: Tree, containers: Tree, present: Sequence[Tree]) -> MutableTree:
    """Ready: all containers are, and every readiness gate's condition says True."""
    if containers["status"] != "True":
        return {**containers, "type": "Ready"}
    words = []
    for gate in pod["spec"].get("readinessGates") or ():
        type = gate["conditionType"]
        found = next((c for c in present if c.get("type") == type), None)
        if found is None:
            words.append(f'corresponding condition of pod readiness gate "{type}" does not exist.')
        elif found.get("status") != "True":
            words.append(f'the status of pod readiness gate "{type}" is not "True", but {found.get("status")}')
    if words:
        return condition("Ready", False, "ReadinessGatesNotReady", ", ".join(words))
    return condition("Ready", True)


def initialized(pod: Tree, statuses: Mapping[str, Tree], phase: str) -> MutableTree:
    unknown, incomplete = [], []
    for container in spec.init_containers(pod):
        status = statuses.get(container["name"])
        if status is None:
            unknown.append(container["name"])
        elif not status.get("started" if spec.is_sidecar(container) else "ready"):
            incomplete.append(container["name"])
    if phase == "Succeeded" and not unknown:
        return condition("Initialized", True, "PodCompleted")
    for container in spec.main_containers(pod):
        status = statuses.get(container["name"]) or {}
        state, last = status.get("state") or {}, status.get("lastState") or {}
        if "running" in state or "terminated" in state or "terminated" in last:
            return condition("Initialized", True)
    words = []
    if unknown:
        words.append(f"containers with unknown status: {go_list(unknown)}")
    if incomplete:
        words.append(f"containers with incomplete status: {go_list(incomplete)}")
    if words:
        return condition("Initialized", False, "ContainersNotInitialized", ", ".join(words))
    return condition("Initialized", True)


def stamped(made: Sequence[MutableTree], before: Sequence[Tree], generation: int, stamp: str) -> list[MutableTree]:
    """With times: those of an equal status before are kept.  All are of the given generation of the spec."""
    old = {c.get("type"): c for c in before}
    for one in made:
        earlier = old.get(one["type"])
        same = earlier is not None and earlier.get("status") == one["status"]
        one.setdefault("lastProbeTime", None)
        one["lastTransitionTime"] = (earlier or {}).get("lastTransitionTime") or stamp if same else stamp
        if generation:
            one["observedGeneration"] = generation
    return list(made)
