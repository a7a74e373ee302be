"""Which pods are to be removed by force, and with which explanation.

Pure.  A node that is not in the list any more must have been missing for a while (`quarantine`) before its
pods are given up; the controller keeps that time.
"""

import dataclasses
from collections.abc import Collection, Sequence

from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree

THRESHOLD = 12500
"""Pods that are over and kept for reading."""
QUARANTINE = 40.0
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


@dataclasses.dataclass(frozen=True, slots=True)
class Removal:
    pod: Tree
    message: str = ""
    """Why it was disrupted; empty for what was over or never ran."""


def plan(
    pods: Sequence[Tree], missing: Collection[str], out_of_service: Collection[str], threshold: int = THRESHOLD
) -> list[Removal]:
    """`missing` are names of nodes that are certainly gone, `out_of_service` of those declared dead."""
    found: dict[str, Removal] = {}
    over = [pod for pod in pods if podlib.is_terminal(pod)]
    if threshold > 0 and len(over) > threshold:
        over.sort(key=lambda pod: (pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"]))
        for pod in over[: len(over) - threshold]:
            found[pod["metadata"]["uid"]] = Removal(pod)
    for pod in pods:
        uid, node = pod["metadata"]["uid"], pod["spec"].get("nodeName") or ""
        if podlib.is_deleting(pod) and node in out_of_service:
            found.setdefault(uid, Removal(pod, "PodGC: node is out of service"))
        if node in missing and node:
            found.setdefault(uid, Removal(pod, "PodGC: node no longer exists"))
        if not node and podlib.is_deleting(pod):
            found.setdefault(uid, Removal(pod))
    return list(found.values())


def out_of_service(nodes: Sequence[Tree]) -> set[str]:
    """The nodes that an administrator has declared dead, and that are not ready indeed."""
    return {
        node["metadata"]["name"]
        for node in nodes
        if podlib.condition_status(node, "Ready") != "True"
        and any(taint["key"] == OUT_OF_SERVICE for taint in (node.get("spec") or {}).get("taints") or ())
    }
