"""Nodes, runtime classes, leases, component statuses."""

from typing import Any

from steersman.api.printers import cells, columns, durations
from steersman.api.semantics import pods
from steersman.api.tree import Tree

NODE = (
    columns.NAME,
    columns.Column("Status", "The status of the node"),
    columns.Column("Roles", "The roles of the node"),
    columns.AGE,
    columns.of("Version", "core.v1.NodeSystemInfo.kubeletVersion"),
    columns.of("Internal-IP", "core.v1.NodeStatus.addresses", priority=1),
    columns.of("External-IP", "core.v1.NodeStatus.addresses", priority=1),
    columns.of("OS-Image", "core.v1.NodeSystemInfo.osImage", priority=1),
    columns.of("Kernel-Version", "core.v1.NodeSystemInfo.kernelVersion", priority=1),
    columns.of("Container-Runtime", "core.v1.NodeSystemInfo.containerRuntimeVersion", priority=1),
)
RUNTIME_CLASS = (columns.NAME, columns.Column("Handler"), columns.AGE)
LEASE = (columns.NAME, columns.of("Holder", "coordination.v1.LeaseSpec.holderIdentity"), columns.AGE)
LEASE_CANDIDATE = (
    columns.NAME,
    columns.of("LeaseName", "coordination.v1beta1.LeaseCandidateSpec.leaseName"),
    columns.Column("BinaryVersion"),
    columns.Column("EmulationVersion"),
    columns.AGE,
)
COMPONENT_STATUS = (
    columns.NAME,
    columns.Column("Status", "Status of the component conditions"),
    columns.Column("Message", "Message of the component conditions"),
    columns.Column("Error", "Error of the component conditions"),
)
_ROLE, _ROLES = "kubernetes.io/role", "node-role.kubernetes.io/"


def _node(tree: Tree, now: float) -> list[Any]:
    status = cells.status(tree)
    info = status.get("nodeInfo") or {}
    return [
        cells.name(tree),
        _status(tree),
        ",".join(_roles(tree)) or cells.NONE,
        cells.age(tree, now),
        info.get("kubeletVersion") or "",
        _address(status, "InternalIP"),
        _address(status, "ExternalIP"),
        info.get("osImage") or durations.UNKNOWN,
        info.get("kernelVersion") or durations.UNKNOWN,
        info.get("containerRuntimeVersion") or durations.UNKNOWN,
    ]


def _status(tree: Tree) -> str:
    ready = pods.condition(tree, "Ready")
    if ready is None:
        text = "Unknown"
    else:
        text = "Ready" if ready.get("status") == "True" else "NotReady"
    return f"{text},SchedulingDisabled" if cells.spec(tree).get("unschedulable") else text


def _roles(tree: Tree) -> list[str]:
    """From `node-role.kubernetes.io/ROLE` labels, and the value of `kubernetes.io/role`."""
    found = set()
    for key, value in ((tree.get("metadata") or {}).get("labels") or {}).items():
        if key.startswith(_ROLES):
            found.add(key[len(_ROLES) :])
        elif key == _ROLE:
            found.add(value)
    return sorted(found - {""})


def _address(status: Tree, type: str) -> str:
    for address in status.get("addresses") or ():
        if address.get("type") == type:
            return str(address.get("address") or "")
    return cells.NONE


def _runtime_class(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), tree.get("handler") or "", cells.age(tree, now)]


def _lease(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), cells.spec(tree).get("holderIdentity") or "", cells.age(tree, now)]


def _lease_candidate(tree: Tree, now: float) -> list[Any]:
    fields = ("leaseName", "binaryVersion", "emulationVersion")
    return [cells.name(tree), *(cells.spec(tree).get(field) or "" for field in fields), cells.age(tree, now)]


def _component_status(tree: Tree, now: float) -> list[Any]:
    for condition in tree.get("conditions") or ():
        if condition.get("type") == "Healthy":
            healthy = "Healthy" if condition.get("status") == "True" else "Unhealthy"
            return [cells.name(tree), healthy, condition.get("message") or "", condition.get("error") or ""]
    return [cells.name(tree), "Unknown", "", ""]


PRINTERS = {
    ("", "Node"): columns.Printer(NODE, _node),
    ("", "ComponentStatus"): columns.Printer(COMPONENT_STATUS, _component_status),
    ("node.k8s.io", "RuntimeClass"): columns.Printer(RUNTIME_CLASS, _runtime_class),
    ("coordination.k8s.io", "Lease"): columns.Printer(LEASE, _lease),
    ("coordination.k8s.io", "LeaseCandidate"): columns.Printer(LEASE_CANDIDATE, _lease_candidate),
}
