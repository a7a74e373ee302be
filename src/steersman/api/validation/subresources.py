"""What may be written through a sub-resource: statuses, ephemeral containers, resizes.

Controllers and kubelets write most statuses; what is refused here keeps them from contradicting themselves.
A sub-resource that is not in `TABLE` has no rules of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import (
    addresses,
    certificates,
    cluster,
    internal,
    jobstatus,
    pods,
    resize,
    statuses,
    storage,
)
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import annotations, shapes

_MORE = "cannot be greater than status.replicas"
_LEFT_END = "may not be transitioned to non-terminated state"


def _counts(*fields: str, least: tuple[tuple[str, str, str], ...] = ()) -> Callable[[Tree, Tree, Errors], None]:
    """Counts that are not negative; `least`: one that another may not exceed, and how that is said."""

    def check(new: Tree, old: Tree, e: Errors) -> None:
        status = new.get("status") or {}
        for name in fields:
            e.not_negative(f"status.{name}", status.get(name))
        for small, great, why in least:
            if (status.get(small) or 0) > (status.get(great) or 0):
                e.invalid(f"status.{small}", status.get(small, 0), why)

    return check


def _below(*fields: str, ready: str = "cannot be greater than readyReplicas") -> tuple[tuple[str, str, str], ...]:
    return (*((name, "replicas", _MORE) for name in fields), ("availableReplicas", "readyReplicas", ready))


_REPLICAS = _counts(
    "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration",
    least=_below("fullyLabeledReplicas", "readyReplicas", "availableReplicas"),
)  # fmt: skip
_DEPLOYMENT = _counts(
    "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas",
    "terminatingReplicas", "collisionCount", least=_below("updatedReplicas", "readyReplicas", "availableReplicas"),
)  # fmt: skip
_STATEFUL_SET = _counts(
    "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "observedGeneration", "collisionCount",
    least=_below(
        "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas",
        ready="cannot be greater than status.readyReplicas",
    ),
)  # fmt: skip
_DAEMON_SET = _counts(
    "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
    "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
)  # fmt: skip


def pod_status(new: Tree, old: Tree, e: Errors) -> None:
    spec, status, before = new.get("spec") or {}, new.get("status") or {}, old.get("status") or {}
    if (spec.get("nodeName") or "") != ((old.get("spec") or {}).get("nodeName") or ""):
        e.forbidden("status.nodeName", "may not be changed directly")
    nominated = status.get("nominatedNodeName")
    if nominated and nominated != before.get("nominatedNodeName"):
        e.named("status.nominatedNodeName", nominated, names.dns1123_subdomain)
    e.immutable("status.qosClass", status.get("qosClass") or "", before.get("qosClass") or "")
    policy = spec.get("restartPolicy") or ""
    sidecars = {each.get("name") for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"}
    _ended("containerStatuses", status, before, policy, frozenset(), e)
    _ended("initContainerStatuses", status, before, policy, frozenset(sidecars), e)
    _ended("ephemeralContainerStatuses", status, before, "Never", frozenset(), e)
    for field in ("podIPs", "hostIPs"):
        given = [each.get("ip") or "" for each in status.get(field) or ()]
        for index, text in enumerate(given):
            addresses.ip(text, f"status.{field}[{index}]", e)
        if len(given) > 1 and (len(given) > 2 or len({addresses.is_v6(text) for text in given}) == 1):
            shown = [{"IP": text} for text in given]
            e.invalid(f"status.{field}", shown, "may specify no more than one IP for each IP family")


def _ended(field: str, status: Any, before: Any, policy: str, free: frozenset[Any], e: Errors) -> None:
    """A container that ended and may not restart stays so."""
    if policy == "Always":
        return
    for index, old in enumerate(before.get(field) or ()):
        ended = (old.get("state") or {}).get("terminated")
        if ended is None or old.get("name") in free or (ended.get("exitCode") and policy == "OnFailure"):
            continue
        for new in status.get(field) or ():
            if new.get("name") == old.get("name") and (new.get("state") or {}).get("terminated") is None:
                e.forbidden(f"status.{field}[{index}].state", _LEFT_END)


def ephemeral_containers(new: Tree, old: Tree, e: Errors) -> None:
    """They are added and then stay."""
    pods.whole(new, e)
    if annotations.MIRROR in ((old.get("metadata") or {}).get("annotations") or {}):
        e.forbidden("", "static pods do not support ephemeral containers")
        return
    after = {each.get("name"): each for each in (new.get("spec") or {}).get("ephemeralContainers") or ()}
    for container in (old.get("spec") or {}).get("ephemeralContainers") or ():
        name = container.get("name")
        if name not in after:
            e.forbidden("spec.ephemeralContainers", f'existing ephemeral containers "{name}" may not be removed\n')
        elif after[name] != container:
            shown = internal.difference(*(internal.render(each, shapes.EPHEMERAL) for each in (container, after[name])))
            e.forbidden(
                "spec.ephemeralContainers", f'existing ephemeral containers "{name}" may not be changed\n{shown}'
            )


def namespace_status(new: Tree, old: Tree, e: Errors) -> None:
    phase, ending = (new.get("status") or {}).get("phase") or "", new["metadata"].get("deletionTimestamp")
    wanted = "Terminating" if ending else "Active"
    if phase != wanted:
        stamp = "is not empty" if ending else "is empty"
        e.invalid("status.Phase", phase, f"may only be '{wanted}' if `deletionTimestamp` {stamp}")


TABLE: Mapping[tuple[str, str, str], Callable[[Tree, Tree, Errors], None]] = {
    ("", "Namespace", "status"): namespace_status,
    ("", "Node", "status"): cluster.node_update,
    ("", "PersistentVolumeClaim", "status"): statuses.claim,
    ("", "Pod", "ephemeralcontainers"): ephemeral_containers,
    ("", "Pod", "resize"): resize.resize,
    ("", "Pod", "status"): pod_status,
    ("", "ReplicationController", "status"): _REPLICAS,
    ("", "ResourceQuota", "status"): statuses.quota,
    ("", "Service", "status"): statuses.service,
    ("apps", "DaemonSet", "status"): _DAEMON_SET,
    ("apps", "Deployment", "status"): _DEPLOYMENT,
    ("apps", "ReplicaSet", "status"): _REPLICAS,
    ("apps", "StatefulSet", "status"): _STATEFUL_SET,
    ("autoscaling", "HorizontalPodAutoscaler", "status"): statuses.counts("currentReplicas", "desiredReplicas"),
    ("batch", "Job", "status"): jobstatus.update,
    ("certificates.k8s.io", "CertificateSigningRequest", "approval"): certificates.approval_update,
    ("certificates.k8s.io", "CertificateSigningRequest", "status"): certificates.status_update,
    ("flowcontrol.apiserver.k8s.io", "FlowSchema", "status"): statuses.flow_conditions,
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "status"): statuses.flow_conditions,
    ("networking.k8s.io", "Ingress", "status"): statuses.ingress,
    ("policy", "PodDisruptionBudget", "status"): statuses.disruption_budget,
    ("storage.k8s.io", "VolumeAttachment", "status"): storage.attachment_update,
}
