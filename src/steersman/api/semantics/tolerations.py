"""Taints and tolerations: who may be where, and for how long."""

from collections.abc import Iterable, Sequence

from steersman.api.tree import Tree


def tolerates(toleration: Tree, taint: Tree) -> bool:
    """Whether one toleration covers one taint.  An empty effect or key means any."""
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    if operator == "Equal":
        return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")
    try:
        wanted, found = int(toleration.get("value") or ""), int(taint.get("value") or "")
    except ValueError:
        return False
    return found > wanted if operator == "Gt" else found < wanted if operator == "Lt" else False


def untolerated(taints: Iterable[Tree], tolerations: Sequence[Tree], effects: Sequence[str]) -> Tree | None:
    """The first taint with one of these effects that nothing tolerates."""
    for taint in taints:
        if taint.get("effect") in effects and not any(tolerates(each, taint) for each in tolerations):
            return taint
    return None


def eviction_delay(taints: Sequence[Tree], tolerations: Sequence[Tree]) -> float | None:
    """How long a pod may stay under these NoExecute taints: None for ever, 0 not at all.

    The shortest `tolerationSeconds` among the tolerations in use; one taint without any toleration ends it
    at once.
    """
    shortest: float | None = None
    for taint in taints:
        if taint.get("effect") != "NoExecute":
            continue
        used = [each for each in tolerations if tolerates(each, taint)]
        if not used:
            return 0.0
        for each in used:
            seconds = each.get("tolerationSeconds")
            if seconds is not None:
                shortest = min(max(float(seconds), 0.0), shortest if shortest is not None else float("inf"))
    return shortest
