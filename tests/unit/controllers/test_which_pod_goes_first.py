"""The order in which a ReplicaSet gives up pods."""

from typing import Any

from steersman.api import times
from steersman.controllers.replicaset import plan, ranking

NOW = 1_000_000.0


def pod(
    name: str, *, node: str = "n", phase: str = "Running", ready: float | None = 100, **more: Any
) -> dict[str, Any]:
    conditions = []
    if ready is not None:
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": times.seconds(NOW - ready)}]
    meta: dict[str, Any] = {"name": name, "uid": name, "creationTimestamp": times.seconds(NOW - more.get("age", 1000))}
    if "cost" in more:
        meta["annotations"] = {ranking.DELETION_COST: more["cost"]}
    status: dict[str, Any] = {"phase": phase, "conditions": conditions}
    status["containerStatuses"] = [{"restartCount": more.get("restarts", 0)}]
    return {"metadata": meta, "spec": {"nodeName": node} if node else {}, "status": status}


def first(*pods: dict[str, Any], crowd: dict[str, int] | None = None) -> str:
    [chosen] = ranking.to_delete(pods, 1, crowd or {}, NOW)
    assert ranking.to_delete(tuple(reversed(pods)), 1, crowd or {}, NOW) == [chosen]
    return str(chosen["metadata"]["name"])


def test_each_rule_decides_where_those_before_it_do_not() -> None:
    assert first(pod("a"), pod("unassigned", node="", phase="Running")) == "unassigned"
    assert first(pod("a"), pod("pending", phase="Pending")) == "pending"
    assert first(pod("a"), pod("unready", ready=None)) == "unready"
    assert first(pod("a"), pod("cheap", cost="-5")) == "cheap"
    assert first(pod("a", node="n"), pod("crowded", node="m"), crowd={"n": 1, "m": 3}) == "crowded"
    assert first(pod("a", ready=100_000), pod("fresh", ready=10)) == "fresh"
    assert first(pod("a"), pod("restarted", restarts=3)) == "restarted"
    assert first(pod("a", age=100_000), pod("young", age=10)) == "young"


def test_ages_of_one_magnitude_are_equal_and_the_uid_decides() -> None:
    assert first(pod("b", ready=1000), pod("a", ready=1001)) == "a"


def test_creation_starts_slowly() -> None:
    assert plan.batches(10) == [1, 2, 4, 3]
    assert plan.batches(0) == []
