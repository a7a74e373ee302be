"""A node must have room for what a pod requests: pods, cpu, memory, and everything else that it counts."""

from steersman.scheduler.framework import Code, Cycle, Event, Refusal, Rule
from steersman.scheduler.table import Node


class Fit(Rule):
    name = "NodeResourcesFit"
    helped_by = frozenset({Event.NODE_ADDED, Event.NODE_CHANGED, Event.POD_GONE})

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        allocatable, requested = node.allocatable, node.requested
        reasons: list[str] = []
        hopeless = False
        if len(node.pods) + 1 > allocatable.get("pods", 0):
            reasons.append("Too many pods")
        for name, value in cycle.pod.shape.requests.items():
            total = allocatable.get(name, 0)
            if value > total - requested.get(name, 0):
                reasons.append(f"Insufficient {name}")
                hopeless = hopeless or value > total
        if not reasons:
            return None
        return Refusal(self.name, Code.UNRESOLVABLE if hopeless else Code.UNSCHEDULABLE, tuple(reasons))
