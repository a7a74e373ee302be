"""The nodes that a pod names, by `nodeSelector` and node affinity; and those it would like."""

from collections.abc import Mapping

from steersman.api.semantics import affinity
from steersman.scheduler.framework import Concern, Cycle, Refusal, Rule, scaled
from steersman.scheduler.table import Node


class NodeAffinity(Rule):
    name = "NodeAffinity"
    weight = 2

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        shape = cycle.pod.shape
        return Concern.LOCAL if shape.node_selector or shape.node_affinity is not None else Concern.NONE

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        shape, own = cycle.pod.shape, node.labels
        for key, value in shape.node_selector.items():
            if own.get(key) != value:
                return self.unresolvable("node(s) didn't match Pod's node affinity/selector")
        if shape.node_affinity is not None and not affinity.selector_matches(shape.node_affinity, own, node.name):
            return self.unresolvable("node(s) didn't match Pod's node affinity/selector")
        return None

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.GLOBAL if cycle.pod.shape.preferred_nodes else Concern.NONE

    def score(self, cycle: Cycle, node: Node) -> int:
        return sum(
            int(each["weight"])
            for each in cycle.pod.shape.preferred_nodes
            if affinity.term_matches(each["preference"], node.labels, node.name)
        )

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        return scaled(scores)
