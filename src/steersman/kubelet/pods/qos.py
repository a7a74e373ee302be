"""The quality-of-service class of a pod, from what its containers request."""

from collections.abc import Mapping
from typing import Any

from steersman.api.tree import Tree

_COUNTED = ("cpu", "memory")


def _is_zero(quantity: Any) -> bool:
    digits = str(quantity).lstrip("+-")
    return not any(c in "123456789" for c in digits.split("e")[0].split("E")[0])


def qos_class(pod: Tree) -> str:
    """Guaranteed, Burstable or BestEffort.  What is set in `status.qosClass` at creation is what this computes."""
    sources: list[Mapping[str, Any]] = []
    own = pod["spec"].get("resources")
    if own:
        sources = [own]
    else:
        for field in ("initContainers", "containers"):
            sources += [c.get("resources") or {} for c in pod["spec"].get(field) or ()]
    any_set = False
    guaranteed = bool(sources)
    for resources in sources:
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in _COUNTED:
            request, limit = requests.get(name), limits.get(name)
            request = None if request is None or _is_zero(request) else request
            limit = None if limit is None or _is_zero(limit) else limit
            any_set = any_set or request is not None or limit is not None
            if limit is None or (request is not None and str(request) != str(limit)):
                guaranteed = False
    if not any_set:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"
