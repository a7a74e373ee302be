"""What a ReplicaSet needs: how many pods more, which pods less, and what its status says.

Pure.  `plan` looks at the pods that the set controls and decides; `status` describes, after the deed, what
came of it.  At most 500 pods are created or deleted in one go.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import times
from steersman.api.semantics import pods
from steersman.api.tree import MutableTree, Tree
from steersman.controllers.replicaset import ranking

BURST = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """Either pods to create, or pods to delete, or neither."""

    create: int = 0
    delete: Sequence[Tree] = ()

    def __repr__(self) -> str:
        return f"Plan(create={self.create}, delete={[pod['metadata']['name'] for pod in self.delete]})"


def plan(replica_set: Tree, active: Sequence[Tree], family: Sequence[Tree], now: float) -> Plan:
    """`active` are its pods that count; `family` those of all sets of the same owner, for the ranking."""
    if pods.is_deleting(replica_set):
        return Plan()
    difference = len(active) - replicas(replica_set)
    if difference < 0:
        return Plan(create=min(-difference, BURST))
    if difference > 0:
        crowd: dict[str, int] = {}
        for pod in family:
            node = pod["spec"].get("nodeName") or ""
            crowd[node] = crowd.get(node, 0) + 1
        return Plan(delete=ranking.to_delete(active, min(difference, BURST), crowd, now))
    return Plan()


def replicas(replica_set: Tree) -> int:
    wanted = (replica_set.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def batches(count: int) -> list[int]:
    """How many to create at a time: one, then twice as many after each success, so that a quota that is
    full costs one refusal and not five hundred."""
    sizes = []
    size = 1
    while count > 0:
        sizes.append(min(size, count))
        count -= sizes[-1]
        size *= 2
    return sizes


def status(replica_set: Tree, owned: Sequence[Tree], now: float, failure: tuple[str, str] | None = None) -> MutableTree:
    """The status that follows from the pods.  `failure` is the reason and text of what could not be done."""
    old = replica_set.get("status") or {}
    labels = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    min_ready = int(replica_set["spec"].get("minReadySeconds") or 0)
    active = [pod for pod in owned if pods.is_active(pod)]
    ready = [pod for pod in active if pods.is_ready(pod)]
    made: MutableTree = {"replicas": len(active)}
    counts = {
        "fullyLabeledReplicas": sum(_carries(pod, labels) for pod in active),
        "readyReplicas": len(ready),
        "availableReplicas": sum(pods.is_available(pod, min_ready, now) for pod in ready),
    }
    made |= {key: value for key, value in counts.items() if value}
    made["terminatingReplicas"] = sum(pods.is_deleting(pod) and not pods.is_terminal(pod) for pod in owned)
    made["observedGeneration"] = replica_set["metadata"].get("generation", 0)
    conditions = [each for each in old.get("conditions") or () if each.get("type") != "ReplicaFailure"]
    present = pods.condition(replica_set, "ReplicaFailure")
    if failure is not None:
        reason, message = failure
        conditions.append(
            present
            if present is not None and present.get("reason") == reason
            else {
                "type": "ReplicaFailure",
                "status": "True",
                "reason": reason,
                "message": message,
                "lastTransitionTime": times.seconds(now),
            }
        )
    if conditions:
        made["conditions"] = conditions
    return made


def next_check(replica_set: Tree, owned: Sequence[Tree], now: float) -> float | None:
    """Seconds until the next ready pod becomes available; None if nothing is to be waited for."""
    min_ready = int(replica_set["spec"].get("minReadySeconds") or 0)
    if not min_ready:
        return None
    waits = [pods.available_in(pod, min_ready, now) for pod in owned if pods.is_active(pod)]
    return min((wait for wait in waits if wait is not None), default=None)


def _carries(pod: Tree, labels: Mapping[str, Any]) -> bool:
    own = pod["metadata"].get("labels") or {}
    return all(own.get(key) == value for key, value in labels.items())
