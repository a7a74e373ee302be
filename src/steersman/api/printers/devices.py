"""Dynamic resource allocation: claims, their templates, device classes, slices."""

from typing import Any

from steersman.api.printers import cells, columns, configuration
from steersman.api.tree import Tree, at

CLAIM = (
    columns.NAME,
    columns.Column("State", "A summary of the current state (allocated, pending, reserved, etc.)."),
    columns.AGE,
)
SLICE = (
    columns.NAME,
    columns.of("Node", "resource.v1.ResourceSliceSpec.nodeName"),
    columns.of("Driver", "resource.v1.ResourceSliceSpec.driver"),
    columns.of("Pool", "resource.v1.ResourcePool.name"),
    columns.AGE,
)


def _claim(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), ",".join(_states(tree)), cells.age(tree, now)]


def _states(tree: Tree) -> list[str]:
    status, deleting = cells.status(tree), cells.is_deleting(tree)
    states = ["deleted"] if deleting else []
    if status.get("allocation") is not None:
        states.append("allocated")
        if status.get("reservedFor"):
            states.append("reserved")
    elif not deleting:
        states.append("pending")
    return states


def _slice(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    return [
        cells.name(tree),
        spec.get("nodeName") or "",
        spec.get("driver") or "",
        at(spec, "pool", "name", default=""),
        cells.age(tree, now),
    ]


_PLAIN = columns.Printer((columns.NAME, columns.AGE), configuration.plain)
PRINTERS = {
    ("resource.k8s.io", "DeviceClass"): _PLAIN,
    ("resource.k8s.io", "ResourceClaim"): columns.Printer(CLAIM, _claim),
    ("resource.k8s.io", "ResourceClaimTemplate"): _PLAIN,
    ("resource.k8s.io", "ResourceSlice"): columns.Printer(SLICE, _slice),
}
