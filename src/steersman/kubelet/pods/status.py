"""The status that a pod reports: a pure function of its spec, its record and what it reported before.

Never goes back from Succeeded or Failed.  Conditions of others (readiness gates, DisruptionTarget) stay as the
API has them; those of `conditions.OWNED` are made anew.
"""

import dataclasses
from collections.abc import Sequence

from steersman.api import times
from steersman.api.tree import MutableTree, Tree
from steersman.kubelet.pods import conditions, container_status, plan, qos, requests, spec
from steersman.kubelet.pods import phase as phases
from steersman.kubelet.pods.record import PodRecord


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """What a pod's status takes from its node."""

    host_ips: Sequence[str]
    runtime: str = "containerd"


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """A phase that the kubelet decided, whatever the containers say."""

    phase: str
    reason: str = ""
    message: str = ""


DEADLINE = Verdict("Failed", "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")


def status(
    pod: Tree,
    record: PodRecord,
    node: Node,
    now: float,
    *,
    before: Tree | None = None,
    verdict: Verdict | None = None,
    finished: bool = False,
) -> MutableTree:
    """`before` is what was reported last (the API's, where nothing was); `finished`: nothing runs any more and
    nothing will be started."""
    if before is None:
        before = pod.get("status") or {}
    made: MutableTree = {}
    fields = (
        ("initContainers", "initContainerStatuses"),
        ("containers", "containerStatuses"),
        ("ephemeralContainers", "ephemeralContainerStatuses"),
    )
    for field, key in fields:
        shown = container_status.statuses(pod, field, record, before.get(key) or (), node.runtime)
        if shown:
            made[key] = shown
    counted = {s["name"]: s for key in ("initContainerStatuses", "containerStatuses") for s in made.get(key) or ()}
    phase = phases.phase(pod, counted, finished=finished, started=_has_started(pod, record))
    if not spec.is_terminal(phase):
        for earlier in (str(before.get("phase") or ""), spec.api_phase(pod)):
            if spec.is_terminal(earlier):
                phase = earlier
                break
    if verdict is not None:
        phase, made["reason"], made["message"] = verdict.phase, verdict.reason, verdict.message
    elif phase == before.get("phase"):
        made |= {key: before[key] for key in ("reason", "message") if before.get(key)}
    made["phase"] = phase
    made["qosClass"] = before.get("qosClass") or (pod.get("status") or {}).get("qosClass") or qos.qos_class(pod)
    made["startTime"] = before.get("startTime") or times.seconds(now)
    made["conditions"] = _conditions(pod, record, counted, phase, before, now)
    if spec.generation(pod):
        made["observedGeneration"] = spec.generation(pod)
    _addresses(pod, record, node, before, made)
    resources = requests.shown(pod)
    if resources:
        made["resources"] = resources
        if resources.get("requests"):
            made["allocatedResources"] = resources["requests"]
    return made


def rejected(pod: Tree, reason: str, message: str, now: float) -> MutableTree:
    """The status of a pod that this node does not take."""
    before = pod.get("status") or {}
    made: MutableTree = {
        "phase": "Failed",
        "reason": reason,
        "message": f"Pod was rejected: {message}",
        "qosClass": before.get("qosClass") or qos.qos_class(pod),
        "startTime": before.get("startTime") or times.seconds(now),
        "conditions": [c for c in before.get("conditions") or () if c.get("type") not in conditions.OWNED],
    }
    if spec.generation(pod):
        made["observedGeneration"] = spec.generation(pod)
    return made


def _has_started(pod: Tree, record: PodRecord) -> bool:
    for container in spec.main_containers(pod):
        newest = record.newest(container["name"])
        if newest is not None and newest.state.value in ("running", "exited"):
            return True
    return False


def _conditions(
    pod: Tree, record: PodRecord, statuses: dict[str, MutableTree], phase: str, before: Tree, now: float
) -> list[Tree]:
    present: list[Tree] = list((pod.get("status") or {}).get("conditions") or ())
    kept = [c for c in present if c.get("type") not in conditions.OWNED]
    earlier = list(before.get("conditions") or ()) or present
    changed, _ = plan.sandbox_changed(pod, record.sandboxes)
    containers = conditions.containers_ready(pod, statuses, phase)
    made = [
        conditions.condition("PodReadyToStartContainers", not changed),
        conditions.initialized(pod, statuses, phase),
        conditions.ready(pod, containers, kept),
        containers,
        conditions.condition("PodScheduled", True),
    ]
    return [*kept, *conditions.stamped(made, earlier, spec.generation(pod), times.seconds(now))]


def _addresses(pod: Tree, record: PodRecord, node: Node, before: Tree, made: MutableTree) -> None:
    hosts = list(node.host_ips)
    if hosts:
        made["hostIP"] = hosts[0]
        made["hostIPs"] = [{"ip": ip} for ip in hosts]
    sandbox = record.ready_sandbox
    if spec.is_host_network(pod):
        ips = [ip["ip"] for ip in before.get("podIPs") or ()] or hosts
    elif sandbox is not None:
        ips = list(sandbox.ips)
    else:
        # A pod that has ended shows the address it had.
        ips = [ip["ip"] for ip in before.get("podIPs") or ()] if before.get("podIP") else []
    if ips:
        made["podIP"] = ips[0]
        made["podIPs"] = [{"ip": ip} for ip in ips]
