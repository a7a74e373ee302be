"""What a pod requests and is limited to as a whole, as its status shows it.

Summed over main containers and sidecars, raised to what a single init container needs, with the overhead.
Only resources that every main container limits have a limit for the pod.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import quantity
from steersman.api.tree import MutableTree, Tree
from steersman.kubelet.pods import spec


def shown(pod: Tree) -> MutableTree:
    """`requests` and `limits`, where there are any."""
    own = pod["spec"].get("resources") or {}
    every = [*spec.init_containers(pod), *spec.main_containers(pod)]
    if not own and not any(c.get("resources") for c in every):
        return {}
    made: MutableTree = {}
    for kind in ("requests", "limits"):
        total = {**_total(pod, kind), **(own.get(kind) or {})}
        if total:
            made[kind] = total
    return made


def _total(pod: Tree, kind: str) -> Mapping[str, str]:
    main = [(c.get("resources") or {}).get(kind) or {} for c in spec.main_containers(pod)]
    sidecars: list[Mapping[str, Any]] = []
    peak: list[list[Mapping[str, Any]]] = []
    for container in spec.init_containers(pod):
        needs = (container.get("resources") or {}).get(kind) or {}
        if spec.is_sidecar(container):
            sidecars.append(needs)
        else:
            peak.append([*sidecars, needs])
    sums = _sum([*main, *sidecars])
    for needs in peak:
        for name, amount in _sum(needs).items():
            if name not in sums or quantity.compare(amount, sums[name]) > 0:
                sums[name] = amount
    if kind == "limits":
        for name in list(sums):
            if any(name not in each for each in main):
                del sums[name]
    overhead = pod["spec"].get("overhead") or {}
    return _sum([sums, overhead]) if overhead and sums else sums


def _sum(many: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    present = [each for each in many if each]
    if len(present) == 1:
        return {name: str(amount) for name, amount in present[0].items()}
    sums: dict[str, str] = {}
    for each in present:
        for name, amount in each.items():
            sums[name] = quantity.add(sums[name], str(amount)) if name in sums else str(amount)
    return sums
