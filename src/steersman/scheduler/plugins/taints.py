"""Taints that a pod does not tolerate keep it away; those of effect PreferNoSchedule make it go elsewhere."""

from collections.abc import Mapping

from steersman.api.semantics import tolerations
from steersman.scheduler.framework import Concern, Cycle, Refusal, Rule, scaled
from steersman.scheduler.table import Node

_HARD = ("NoSchedule", "NoExecute")


class Taints(Rule):
    name = "TaintToleration"
    weight = 3

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        if node.taints and tolerations.untolerated(node.taints, cycle.pod.shape.tolerations, _HARD) is not None:
            return self.unresolvable("node(s) had untolerated taint(s)")
        return None

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.GLOBAL if cycle.table.soft_taints else Concern.NONE

    def score(self, cycle: Cycle, node: Node) -> int:
        """How many soft taints are not tolerated; the fewer the better, see `normalise`."""
        mine = [each for each in cycle.pod.shape.tolerations if each.get("effect") in (None, "", "PreferNoSchedule")]
        return sum(
            taint.get("effect") == "PreferNoSchedule" and not any(tolerations.tolerates(each, taint) for each in mine)
            for taint in node.taints
        )

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        return scaled(scores, reverse=True)
