"""A cordoned node takes only pods that tolerate being on it."""

from steersman.api.semantics import tolerations
from steersman.scheduler.framework import Cycle, Refusal, Rule
from steersman.scheduler.table import Node

_TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable(Rule):
    name = "NodeUnschedulable"

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        if not node.unschedulable:
            return None
        if any(tolerations.tolerates(each, _TAINT) for each in cycle.pod.shape.tolerations):
            return None
        return self.unresolvable("node(s) were unschedulable")
