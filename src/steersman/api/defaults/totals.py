"""What the containers of a pod ask for together, as quantities.

Like `semantics.pods.requests`, but exact, of limits too, and without the pod's own requests and overhead: those
are what is defaulted and checked with the help of this.
"""

from collections.abc import Sequence
from typing import Any

from steersman.api import quantity
from steersman.api.tree import Tree


def of(spec: Tree, field: str, *, complete: bool = False) -> dict[str, str]:
    """The most that the containers have at any one time, in `requests` or `limits`.

    `complete`: only of what every container names.
    """
    regular: Sequence[Any] = spec.get("containers") or ()
    init: Sequence[Any] = spec.get("initContainers") or ()
    total: dict[str, str] = {}
    for each in regular:
        _add(total, _own(each, field))
    sidecars: dict[str, str] = {}
    peak: dict[str, str] = {}
    for each in init:
        own = _own(each, field)
        if each.get("restartPolicy") == "Always":
            _add(total, own)
            _add(sidecars, own)
            _raise(peak, sidecars)
        else:
            together = dict(sidecars)
            _add(together, own)
            _raise(peak, together)
    _raise(total, peak)
    if complete:
        every = [_own(each, field) for each in (*regular, *init)]
        return {name: amount for name, amount in total.items() if all(name in own for own in every)}
    return total


def _own(container: Tree, field: str) -> Tree:
    found: Tree = (container.get("resources") or {}).get(field) or {}
    return found


def _add(total: dict[str, str], more: Tree) -> None:
    for name, amount in more.items():
        total[name] = quantity.add(total[name], amount) if name in total else amount


def _raise(total: dict[str, str], least: dict[str, str]) -> None:
    for name, amount in least.items():
        if name not in total or quantity.compare(amount, total[name]) > 0:
            total[name] = amount
