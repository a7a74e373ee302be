"""A Deployment's status: counts from its ReplicaSets, and the three conditions with Kubernetes' texts."""

from collections.abc import Sequence

from steersman.api import times
from steersman.api.tree import MutableTree, Tree
from steersman.controllers.deployment import sizes as sizing

NO_DEADLINE = 2**31 - 1
AVAILABLE_REASON = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"


def condition(type: str, status: str, reason: str, message: str, now: float) -> MutableTree:
    moment = times.seconds(now)
    return {
        "type": type,
        "status": status,
        "lastUpdateTime": moment,
        "lastTransitionTime": moment,
        "reason": reason,
        "message": message,
    }


def find(conditions: Sequence[Tree], type: str) -> Tree | None:
    return next((each for each in conditions if each.get("type") == type), None)


def with_condition(conditions: Sequence[Tree], new: Tree) -> list[Tree]:
    """Set a condition: one with the same status and reason stays as it is, one with the same status keeps
    the time of its transition."""
    current = find(conditions, new["type"])
    if current is not None and current["status"] == new["status"] and current.get("reason") == new["reason"]:
        return list(conditions)
    if current is not None and current["status"] == new["status"]:
        new = {**new, "lastTransitionTime": current["lastTransitionTime"]}
    return [*without(conditions, new["type"]), new]


def without(conditions: Sequence[Tree], type: str) -> list[Tree]:
    return [each for each in conditions if each.get("type") != type]


def deadline(deployment: Tree) -> int | None:
    """Seconds without progress after which a rollout counts as stuck."""
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    return None if seconds is None or seconds == NO_DEADLINE else int(seconds)


def is_complete(deployment: Tree, status: Tree) -> bool:
    """Whether all pods are of the new template, available, and no others are left."""
    wanted = sizing.replicas(deployment)
    return (
        (status.get("updatedReplicas") or 0) == wanted
        and (status.get("replicas") or 0) == wanted
        and (status.get("availableReplicas") or 0) == wanted
        and (status.get("observedGeneration") or 0) >= (deployment["metadata"].get("generation") or 0)
    )


def counted(
    deployment: Tree, everything: Sequence[sizing.Size], new: sizing.Size | None, conditions: Sequence[Tree], now: float
) -> MutableTree:
    """The counts, and the Available condition."""
    old = deployment.get("status") or {}
    available = sum(each.available for each in everything)
    total = sizing.wanted_in(everything)
    made: MutableTree = {"observedGeneration": deployment["metadata"].get("generation", 0)}
    counts = {
        "replicas": sum(each.observed for each in everything),
        "updatedReplicas": new.observed if new is not None else 0,
        "readyReplicas": sum(int((each.tree.get("status") or {}).get("readyReplicas") or 0) for each in everything),
        "availableReplicas": available,
        "unavailableReplicas": max(total - available, 0),
    }
    made |= {key: value for key, value in counts.items() if value}
    made["terminatingReplicas"] = sum(
        int((each.tree.get("status") or {}).get("terminatingReplicas") or 0) for each in everything
    )
    if "collisionCount" in old:
        made["collisionCount"] = old["collisionCount"]
    if available >= sizing.replicas(deployment) - sizing.max_unavailable(deployment):
        text = "Deployment has minimum availability."
        verdict = condition("Available", "True", "MinimumReplicasAvailable", text, now)
    else:
        text = "Deployment does not have minimum availability."
        verdict = condition("Available", "False", "MinimumReplicasUnavailable", text, now)
    made["conditions"] = with_condition(conditions, verdict)
    return made


def progressed(
    deployment: Tree, everything: Sequence[sizing.Size], new: sizing.Size | None, conditions: Sequence[Tree], now: float
) -> MutableTree:
    """The whole status of a rollout.  `conditions` are the present ones, with what the plan has added."""
    old = {**(deployment.get("status") or {}), "conditions": conditions}
    made = counted(deployment, everything, new, conditions, now)
    if deadline(deployment) is None:
        made["conditions"] = without(made["conditions"], "Progressing")
    current = find(conditions, "Progressing")
    settled = (
        made.get("replicas", 0) == made.get("updatedReplicas", 0)
        and current is not None
        and current.get("reason") == AVAILABLE_REASON
    )
    name = f'ReplicaSet "{new.name}"' if new is not None else f'Deployment "{deployment["metadata"]["name"]}"'
    if deadline(deployment) is not None and not settled:
        if is_complete(deployment, made):
            text = f"{name} has successfully progressed."
            made["conditions"] = with_condition(
                made["conditions"], condition("Progressing", "True", AVAILABLE_REASON, text, now)
            )
        elif _is_progressing(old, made):
            verdict = condition("Progressing", "True", "ReplicaSetUpdated", f"{name} is progressing.", now)
            if current is not None and current.get("status") == "True":
                verdict["lastTransitionTime"] = current["lastTransitionTime"]
            made["conditions"] = [*without(made["conditions"], "Progressing"), verdict]
        elif timed_out(deployment, made["conditions"], now):
            text = f"{name} has timed out progressing."
            made["conditions"] = with_condition(
                made["conditions"], condition("Progressing", "False", TIMED_OUT, text, now)
            )
    failure = _failure(everything, new)
    if failure is not None:
        verdict = condition(
            "ReplicaFailure", str(failure["status"]), failure.get("reason", ""), failure.get("message", ""), now
        )
        verdict["lastTransitionTime"] = failure.get("lastTransitionTime") or verdict["lastTransitionTime"]
        made["conditions"] = with_condition(made["conditions"], verdict)
    else:
        made["conditions"] = without(made["conditions"], "ReplicaFailure")
    return made


def _is_progressing(old: Tree, new: Tree) -> bool:
    def count(status: Tree, key: str) -> int:
        return int(status.get(key) or 0)

    def outdated(status: Tree) -> int:
        return count(status, "replicas") - count(status, "updatedReplicas")

    return (
        count(new, "updatedReplicas") > count(old, "updatedReplicas")
        or outdated(new) < outdated(old)
        or count(new, "readyReplicas") > count(old, "readyReplicas")
        or count(new, "availableReplicas") > count(old, "availableReplicas")
    )


def timed_out(deployment: Tree, conditions: Sequence[Tree], now: float) -> bool:
    """Whether nothing has progressed for longer than the deadline."""
    seconds, current = deadline(deployment), find(conditions, "Progressing")
    if seconds is None or current is None or current.get("reason") == AVAILABLE_REASON:
        return False
    if current.get("reason") == TIMED_OUT:
        return True
    return times.parse(current["lastUpdateTime"]) + seconds < now


def check_in(deployment: Tree, status: Tree, now: float) -> float | None:
    """Seconds until the deadline is to be looked at; None if there is nothing to wait for."""
    seconds, current = deadline(deployment), find(status.get("conditions") or (), "Progressing")
    if seconds is None or current is None or current.get("reason") == TIMED_OUT or is_complete(deployment, status):
        return None
    return max(times.parse(current["lastUpdateTime"]) + seconds - now, 0.0) + 1.0


def _failure(everything: Sequence[sizing.Size], new: sizing.Size | None) -> Tree | None:
    """The ReplicaFailure of the new set, or else of any."""
    for each in [new, *everything] if new is not None else everything:
        found = find((each.tree.get("status") or {}).get("conditions") or (), "ReplicaFailure")
        if found is not None and found.get("status") == "True":
            return found
    return None
