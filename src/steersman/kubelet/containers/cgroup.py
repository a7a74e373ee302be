"""Resources in the kernel's units, and the place of a pod in the tree of control groups."""

import contextlib
import pathlib
from collections.abc import Mapping
from typing import Any

from steersman.api import quantity
from steersman.api.tree import Tree
from steersman.cri import runtime
from steersman.kubelet.pods import qos, spec

HIERARCHIES = pathlib.Path("/sys/fs/cgroup")
MIN_SHARES = 2
MAX_SHARES = 262144
PERIOD = 100_000
MIN_QUOTA = 1000
CRITICAL = 2_000_000_000


def shares(milli: int) -> int:
    return MIN_SHARES if milli == 0 else min(max(milli * 1024 // 1000, MIN_SHARES), MAX_SHARES)


def quota(milli: int) -> int:
    return max(milli * PERIOD // 1000, MIN_QUOTA) if milli else 0


def _milli(values: Mapping[str, Any], name: str) -> int | None:
    given = values.get(name)
    return None if given is None else quantity.milli(str(given))


def _whole(values: Mapping[str, Any], name: str) -> int:
    given = values.get(name)
    return 0 if given is None else quantity.to_int(str(given))


def resources(pod: Tree, container: Tree, capacity: int) -> runtime.Resources:
    """Of one container; `capacity` is the node's memory in bytes."""
    given = container.get("resources") or {}
    requests, limits = given.get("requests") or {}, given.get("limits") or {}
    request = _milli(requests, "cpu")
    limit = _milli(limits, "cpu")
    if request is None:
        request = limit
    return runtime.Resources(
        cpu_shares=shares(request or 0),
        cpu_quota=quota(limit or 0),
        cpu_period=PERIOD if limit else 0,
        memory_limit=_whole(limits, "memory"),
        oom_score_adj=oom_score(pod, _whole(requests, "memory"), capacity),
    )


def oom_score(pod: Tree, request: int, capacity: int) -> int:
    """Who dies first when the node runs out of memory."""
    if int(pod["spec"].get("priority") or 0) >= CRITICAL:
        return -997
    match qos_of(pod):
        case "Guaranteed":
            return -997
        case "BestEffort":
            return 1000
    score = 1000 - 1000 * request // capacity if capacity else 999
    return min(max(score, 3), 999)


def qos_of(pod: Tree) -> str:
    return str((pod.get("status") or {}).get("qosClass") or qos.qos_class(pod))


def parent(pod: Tree) -> str:
    """The control group of a pod, below that of its node."""
    between = {"BestEffort": "/besteffort", "Burstable": "/burstable"}.get(qos_of(pod), "")
    return f"kubepods{between}/pod{spec.uid(pod)}"


def remove(node: str, pod: Tree) -> None:
    """Remove the empty control groups of a pod that is gone, in every hierarchy that has them."""
    below = f"{node.strip('/')}/{parent(pod)}"
    for root in (HIERARCHIES, *HIERARCHIES.iterdir()):
        folder = root / below
        if folder.is_dir():
            with contextlib.suppress(OSError):  # still held by a dying process: removed with the node's own
                folder.rmdir()
