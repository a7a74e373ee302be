"""What a pod asks for and may use, in quantities as they are written: what limits and quotas count.

The amounts of containers that run together are added up; one that runs before them counts only where it needs
more than they do.  Sidecars run with both.  Amounts said for the whole pod stand in for the sum.
"""

from collections.abc import Mapping, Sequence

from steersman.api import quantity
from steersman.api.tree import Tree, at

Amounts = dict[str, str]


def requests(pod: Tree) -> Amounts:
    """With overhead."""
    return _of_pod(pod, "requests")


def limits(pod: Tree) -> Amounts:
    """With overhead for what is limited."""
    return _of_pod(pod, "limits")


def of_containers(spec: Tree, which: str) -> Amounts:
    """The most that the containers have at any one time, in `requests` or `limits`; nothing said for the pod."""
    total: Amounts = {}
    for container in spec.get("containers") or ():
        _add(total, _of(container, which))
    peak: Amounts = {}
    sidecars: Amounts = {}
    for container in spec.get("initContainers") or ():
        own = _of(container, which)
        if container.get("restartPolicy") == "Always":
            _add(total, own)
            _add(sidecars, own)
            _raise(peak, sidecars)
        else:
            alone = dict(own)
            _add(alone, sidecars)
            _raise(peak, alone)
    _raise(total, peak)
    return total


def _of_pod(pod: Tree, which: str) -> Amounts:
    spec = pod.get("spec") or {}
    total = of_containers(spec, which)
    whole = at(spec, "resources", which, default={})
    total.update((name, str(amount)) for name, amount in whole.items())
    for name, amount in (spec.get("overhead") or {}).items():
        if which == "requests" or name in total:
            total[name] = quantity.add(total[name], str(amount)) if name in total else str(amount)
    return total


def _of(container: Tree, which: str) -> Mapping[str, str]:
    return {name: str(amount) for name, amount in at(container, "resources", which, default={}).items()}


def _add(total: Amounts, more: Mapping[str, str]) -> None:
    for name, amount in more.items():
        total[name] = quantity.add(total[name], amount) if name in total else amount


def _raise(total: Amounts, other: Mapping[str, str]) -> None:
    for name, amount in other.items():
        if name not in total or quantity.compare(amount, total[name]) > 0:
            total[name] = amount


def containers(pod: Tree) -> Sequence[Tree]:
    """Main and init containers, in this order."""
    spec = pod.get("spec") or {}
    return [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
