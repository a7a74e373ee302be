"""A pod's quality of service: what its requests and limits say about whom to evict first.

Guaranteed: every container has limits for CPU and memory, equal to its requests.  BestEffort: nobody asks for
either.  Burstable: everything else.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api import quantity
from steersman.api.tree import Tree, at

_COUNTED = ("cpu", "memory")


def of(pod: Tree) -> str:
    level = at(pod, "spec", "resources")
    if level and (level.get("requests") or level.get("limits")):
        containers = [{"resources": level}]
    else:
        containers = [*at(pod, "spec", "containers", default=()), *at(pod, "spec", "initContainers", default=())]
    any_asked, all_limited = False, True
    for container in containers:
        resources = container.get("resources") or {}
        requests, limits = _positive(resources.get("requests")), _positive(resources.get("limits"))
        any_asked = any_asked or bool(requests or limits)
        if len(limits) < len(_COUNTED) or any(requests.get(name, limits[name]) != limits[name] for name in limits):
            all_limited = False
    if not any_asked:
        return "BestEffort"
    return "Guaranteed" if all_limited else "Burstable"


def _positive(values: Mapping[str, Any] | None) -> dict[str, int]:
    """The amounts of CPU and memory that are not zero."""
    out = {}
    for name in _COUNTED:
        text = (values or {}).get(name)
        if text is not None:
            amount = quantity.nano(str(text))
            if amount > 0:
                out[name] = amount
    return out
