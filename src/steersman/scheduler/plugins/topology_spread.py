"""Pods spread over places: no place may hold more than `maxSkew` pods above the emptiest one.

A place is a value of the constraint's topology key, among the nodes that the pod could use at all.  A
worked example: zones a, b, c hold 2, 1, 1 matching pods and maxSkew is 1: a third pod in `a` would make
3 - 1 = 2, so it must go to b or c.
"""

import collections
from collections.abc import Mapping

from steersman.api.semantics import affinity, tolerations
from steersman.scheduler.framework import MOST, Concern, Cycle, Event, Refusal, Rule
from steersman.scheduler.shapes import Spread
from steersman.scheduler.table import Node

_Counts = list[tuple[Spread, "collections.Counter[str]", int]]


class TopologySpread(Rule):
    name = "PodTopologySpread"
    weight = 2
    helped_by = frozenset({Event.NODE_ADDED, Event.NODE_CHANGED, Event.POD_GONE, Event.POD_ASSIGNED})

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        hard = [each for each in cycle.pod.shape.spread if each.hard]
        if not hard:
            return Concern.NONE
        cycle.state[self.name] = self._count(cycle, hard)
        return Concern.GLOBAL

    def _count(self, cycle: Cycle, constraints: list[Spread]) -> _Counts:
        """For each constraint: pods by place, and how many the emptiest place holds."""
        made: _Counts = []
        keys = [each.topology_key for each in constraints]
        for constraint in constraints:
            places: collections.Counter[str] = collections.Counter()
            for node in cycle.table.known.values():
                if any(key not in node.labels for key in keys) or not self._counts_node(cycle, constraint, node):
                    continue
                places[node.labels[constraint.topology_key]] += sum(
                    constraint.selector.matches(pod.labels)
                    for pod in node.pods.values()
                    if pod.namespace == cycle.pod.namespace and not pod.tree["metadata"].get("deletionTimestamp")
                )
            least = min(places.values(), default=0)
            if len(places) < constraint.min_domains:
                least = 0
            made.append((constraint, places, least))
        return made

    @staticmethod
    def _counts_node(cycle: Cycle, constraint: Spread, node: Node) -> bool:
        if constraint.honour_affinity and not affinity.pod_matches_node(cycle.pod.tree, node.labels, node.name):
            return False
        if not constraint.honour_taints:
            return True
        hard = ("NoSchedule", "NoExecute")
        return tolerations.untolerated(node.taints, cycle.pod.shape.tolerations, hard) is None

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        counts: _Counts = cycle.state[self.name]
        for constraint, places, least in counts:
            place = node.labels.get(constraint.topology_key)
            if place is None:
                return self.unresolvable(
                    "node(s) didn't match pod topology spread constraints (missing required label)"
                )
            own = constraint.selector.matches(cycle.pod.labels)
            if places[place] + own - least > constraint.max_skew:
                return self.unschedulable("node(s) didn't match pod topology spread constraints")
        return None

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.GLOBAL if any(not each.hard for each in cycle.pod.shape.spread) else Concern.NONE

    def score(self, cycle: Cycle, node: Node) -> int:
        """How full the node's places are; the emptier the better, see `normalise`."""
        counts: _Counts | None = cycle.state.get("soft spread")
        if counts is None:
            soft = [each for each in cycle.pod.shape.spread if not each.hard]
            counts = cycle.state["soft spread"] = self._count(cycle, soft)
        total = 0
        for constraint, places, _ in counts:
            place = node.labels.get(constraint.topology_key)
            total += places[place] if place is not None else max(places.values(), default=0) + 1
        return total

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        lowest, highest = min(scores.values()), max(scores.values())
        if highest == lowest:
            return dict.fromkeys(scores, MOST)
        return {name: MOST * (highest - score) // (highest - lowest) for name, score in scores.items()}
