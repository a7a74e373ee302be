"""The arithmetic of a rolling update: how large each ReplicaSet may be.

A worked example: 10 replicas, maxSurge 25 % (up to 3 more), maxUnavailable 25 % (down to 2 fewer), so never
more than 13 pods and never fewer than 8 available.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from steersman.api.tree import MutableTree, Tree
from steersman.controllers.deployment import revisions


def scaled(value: Any, total: int, *, up: bool) -> int:
    """A number, or a percentage of `total`, rounded up or down."""
    if isinstance(value, int):
        return value
    text = str(value)
    if not text.endswith("%"):
        return int(text) if text.isdecimal() else 0
    product = int(text[:-1]) * total
    return -(-product // 100) if up else product // 100


def replicas(tree: Tree) -> int:
    wanted = (tree.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def is_rolling(deployment: Tree) -> bool:
    return ((deployment["spec"].get("strategy") or {}).get("type") or "RollingUpdate") == "RollingUpdate"


def fenceposts(deployment: Tree) -> tuple[int, int]:
    """maxSurge and maxUnavailable as numbers; both zero would stand still, so then one may be unavailable."""
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    total = replicas(deployment)
    surge = scaled(rolling.get("maxSurge", "25%"), total, up=True)
    unavailable = scaled(rolling.get("maxUnavailable", "25%"), total, up=False)
    if not surge and not unavailable:
        unavailable = 1
    return surge, unavailable


def max_surge(deployment: Tree) -> int:
    return fenceposts(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: Tree) -> int:
    if not is_rolling(deployment) or not replicas(deployment):
        return 0
    return min(fenceposts(deployment)[1], replicas(deployment))


@dataclasses.dataclass(slots=True)
class Size:
    """A ReplicaSet while a plan is made: its tree, and what the plan makes of it.

    Invariant: `replicas` is at least 0.  `annotations` is the whole map wanted, None for unchanged.
    """

    tree: Tree
    replicas: int
    annotations: dict[str, str] | None = None
    min_ready: int | None = None

    @property
    def name(self) -> str:
        return str(self.tree["metadata"]["name"])

    @property
    def observed(self) -> int:
        return int((self.tree.get("status") or {}).get("replicas") or 0)

    @property
    def available(self) -> int:
        return int((self.tree.get("status") or {}).get("availableReplicas") or 0)

    def number(self, annotation: str) -> int | None:
        if self.annotations is not None:
            text = self.annotations.get(annotation, "")
            return int(text) if text.isdecimal() else None
        return revisions.number_in(self.tree, annotation)


def of(tree: Tree) -> Size:
    return Size(tree, replicas(tree))


def wanted_in(sizes: Sequence[Size]) -> int:
    return sum(each.replicas for each in sizes)


def new_set_size(deployment: Tree, everything: Sequence[Size], current: int) -> int:
    """How large the new set may be now."""
    total = replicas(deployment)
    if not is_rolling(deployment):
        return total
    most = total + scaled(
        ((deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}).get("maxSurge", "25%"), total, up=True
    )
    room = most - wanted_in(everything)
    if room <= 0:
        return current
    return current + min(room, total - current)


def shrink_old(deployment: Tree, old: Sequence[Size], new: Size) -> None:
    """Take from the old sets as much as availability allows: first pods that are not available anyway."""
    if not wanted_in(old):
        return
    everything = [*old, new]
    least = replicas(deployment) - max_unavailable(deployment)
    budget = wanted_in(everything) - least - (new.replicas - new.available)
    if budget <= 0:
        return
    cleaned = 0
    for each in old:
        if cleaned >= budget:
            break
        unhealthy = min(budget - cleaned, each.replicas - each.available)
        if each.replicas and unhealthy > 0:
            each.replicas -= unhealthy
            cleaned += unhealthy
    spare = sum(each.available for each in everything) - least
    for each in old:
        if spare <= 0:
            break
        step = min(each.replicas, spare)
        each.replicas -= step
        spare -= step


def proportional(deployment: Tree, sizes: list[Size], observed: int) -> None:
    """Share a change of `replicas` during a rollout among the sets, by their sizes.

    What rounding leaves over goes to the first in order: the largest, and among equals the newer one when
    growing, the older one when shrinking.
    """
    total = replicas(deployment)
    allowed = total + max_surge(deployment) if total else 0
    change = allowed - wanted_in(sizes)
    if change > 0:
        sizes.sort(key=lambda each: each.name)
        sizes.sort(key=lambda each: each.tree["metadata"].get("creationTimestamp") or "", reverse=True)
    else:
        sizes.sort(key=lambda each: (each.tree["metadata"].get("creationTimestamp") or "", each.name))
    sizes.sort(key=lambda each: -each.replicas)
    added = 0
    shares = []
    for each in sizes:
        share = _share(deployment, each, change, added, observed) if change else 0
        added += share
        shares.append(share)
    for index, (each, share) in enumerate(zip(sizes, shares, strict=True)):
        leftover = change - added if index == 0 and change else 0
        each.replicas = max(each.replicas + share + leftover, 0)


def _share(deployment: Tree, size: Size, change: int, added: int, observed: int) -> int:
    if not size.replicas or change == added:
        return 0
    total = replicas(deployment)
    if not total:
        fraction = -size.replicas
    else:
        before = size.number(revisions.MAXIMUM) or observed
        if not before:
            return 0
        grown = size.replicas * (total + max_surge(deployment)) / before
        fraction = int(grown + 0.5) - size.replicas
    allowed = change - added
    return min(fraction, allowed) if change > 0 else max(fraction, allowed)


def resized(tree: Tree, size: Size) -> MutableTree:
    """The ReplicaSet as the plan wants it."""
    spec = {**tree["spec"], "replicas": size.replicas}
    if size.min_ready is not None:
        spec["minReadySeconds"] = size.min_ready
    meta = tree["metadata"] if size.annotations is None else {**tree["metadata"], "annotations": size.annotations}
    return {**tree, "metadata": meta, "spec": spec}
