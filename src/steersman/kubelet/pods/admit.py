"""Whether this node takes a pod that was given to it.

The scheduler has looked already; this is for pods whose node was set by hand, for static ones, and for what
only the node decides (kernel parameters).
"""

import dataclasses
from collections.abc import Mapping, Sequence

from steersman.api import quantity
from steersman.api.tree import Tree
from steersman.kubelet.containers import security
from steersman.kubelet.pods import requests

COUNTED = ("cpu", "memory", "ephemeral-storage")


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    reason: str
    message: str


def refusal(
    pod: Tree,
    sysctls: tuple[str, ...],
    labels: Mapping[str, str],
    others: Sequence[Tree],
    allocatable: Mapping[str, str],
) -> Refusal | None:
    """Why not; None when it may run.  `others` are the pods that take room already."""
    forbidden = security.forbidden_sysctl(pod, sysctls)
    if forbidden:
        return Refusal("SysctlForbidden", forbidden)
    wanted = pod["spec"].get("nodeSelector") or {}
    if labels and any(labels.get(key) != value for key, value in wanted.items()):
        why = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
        return Refusal("NodeAffinity", why)
    system = (pod["spec"].get("os") or {}).get("name")
    if system and system != "linux":
        return Refusal("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS")
    return _room(pod, others, allocatable)


def _room(pod: Tree, others: Sequence[Tree], allocatable: Mapping[str, str]) -> Refusal | None:
    limit = int(allocatable.get("pods") or 0)
    if limit and len(others) + 1 > limit:
        return _short("pods", 1, len(others), limit)
    needs = requests.shown(pod).get("requests") or {}
    for name in COUNTED:
        if name not in needs or name not in allocatable:
            continue
        asked, there = _amount(name, needs[name]), _amount(name, allocatable[name])
        used = sum(_amount(name, (requests.shown(other).get("requests") or {}).get(name, "0")) for other in others)
        if asked and asked + used > there:
            return _short(name, asked, used, there)
    return None


def _amount(name: str, text: str) -> int:
    """CPU in thousandths, all else in whole units."""
    return quantity.milli(text) if name == "cpu" else quantity.to_int(text)


def _short(name: str, asked: int, used: int, there: int) -> Refusal:
    words = f"Node didn't have enough resource: {name}, requested: {asked}, used: {used}, capacity: {there}"
    return Refusal(f"OutOf{name}", words)
