"""Which of too many pods goes first.

Kubernetes' order, each rule deciding only where those before it are undecided: without a node; pending
before unknown before running; not ready; lower deletion cost; more pods of the family on the same node;
ready for a shorter time; more restarts; younger.  Times are compared by their order of magnitude (the
logarithm to base 2), and within one magnitude the uid decides, so that no age is spared for ever.
"""

import functools
import math
from collections.abc import Mapping, Sequence

from steersman.api.semantics import pods, stamps
from steersman.api.tree import Tree

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}


def to_delete(candidates: Sequence[Tree], count: int, crowd: Mapping[str, int], now: float) -> list[Tree]:
    """The `count` pods to delete.  `crowd` says how many pods of the family run on each node."""
    if count >= len(candidates):
        return list(candidates)

    def compare(first: Tree, second: Tree) -> int:
        return _compare(first, second, crowd, now)

    return sorted(candidates, key=functools.cmp_to_key(compare))[:count]


def _compare(a: Tree, b: Tree, crowd: Mapping[str, int], now: float) -> int:
    for rule in (_assigned, _phase, _ready, _cost):
        difference = rule(a) - rule(b)
        if difference:
            return difference
    difference = crowd.get(_node(b), 0) - crowd.get(_node(a), 0)
    if difference:
        return difference
    if pods.is_ready(a) and pods.is_ready(b):
        difference = _by_age(a, b, pods.ready_since(a), pods.ready_since(b), now)
        if difference:
            return difference
    difference = _restarts(b) - _restarts(a)
    if difference:
        return difference
    return _by_age(a, b, _created(a), _created(b), now)


def _by_age(a: Tree, b: Tree, first: float | None, second: float | None, now: float) -> int:
    if first == second:
        return 0
    if first is None or second is None:
        return -1 if first is None else 1
    difference = _magnitude(now - first) - _magnitude(now - second)
    if difference:
        return difference
    return -1 if a["metadata"].get("uid", "") < b["metadata"].get("uid", "") else 1


def _magnitude(seconds: float) -> int:
    return int(math.log2(seconds * 1e9)) if seconds > 0 else -1


def _node(pod: Tree) -> str:
    return str(pod["spec"].get("nodeName") or "")


def _assigned(pod: Tree) -> int:
    return 1 if _node(pod) else 0


def _phase(pod: Tree) -> int:
    return _PHASES.get(pods.phase(pod), 0)


def _ready(pod: Tree) -> int:
    return 1 if pods.is_ready(pod) else 0


def _cost(pod: Tree) -> int:
    text = (pod["metadata"].get("annotations") or {}).get(DELETION_COST, "0")
    try:
        return int(text)
    except ValueError:
        return 0


def _restarts(pod: Tree) -> int:
    counts = ((pod.get("status") or {}).get("containerStatuses") or ()) or ()
    return max((int(each.get("restartCount") or 0) for each in counts), default=0)


def _created(pod: Tree) -> float | None:
    return stamps.maybe(pod["metadata"].get("creationTimestamp"))
