"""Who keeps the protecting finalizer, and who may lose it.  Pure."""

import enum
from collections.abc import Iterable

from steersman.api.semantics import claims
from steersman.api.tree import MutableTree, Tree, at, edited

CLAIM = "kubernetes.io/pvc-protection"
VOLUME = "kubernetes.io/pv-protection"


class Step(enum.Enum):
    NOTHING = "nothing"
    PROTECT = "protect"
    LET_GO = "let go"
    """May be deleted, unless the server knows of a user that the cache does not show yet."""


def claim(tree: Tree, pods: Iterable[Tree]) -> Step:
    """`pods` are those that name the claim."""
    return _step(tree, CLAIM, used=any(claims.used_by(pod, tree) for pod in pods))


def volume(tree: Tree) -> Step:
    return _step(tree, VOLUME, used=at(tree, "status", "phase") == "Bound")


def _step(tree: Tree, finalizer: str, *, used: bool) -> Step:
    meta = tree["metadata"]
    protected = finalizer in (meta.get("finalizers") or ())
    if not meta.get("deletionTimestamp"):
        return Step.NOTHING if protected else Step.PROTECT
    return Step.LET_GO if protected and not used else Step.NOTHING


def protected(tree: Tree, finalizer: str) -> MutableTree:
    return edited(tree, [*(tree["metadata"].get("finalizers") or ()), finalizer], "metadata", "finalizers")


def let_go(tree: Tree, finalizer: str) -> MutableTree:
    left = [each for each in tree["metadata"].get("finalizers") or () if each != finalizer]
    return edited(tree, left, "metadata", "finalizers")
