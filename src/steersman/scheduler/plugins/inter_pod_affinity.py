"""Pods that want to be near others, or far from them.

Near and far are counted by topology: all nodes with the same value of a label are one place.  Before any
node is looked at, one pass over the assigned pods counts, per place, how many each term speaks of; a node
is then a few look-ups.  A pod may stand alone in its affinity group: where its own terms match it and no
other pod matches them anywhere, the first one is let in.
"""

import collections
import dataclasses
from collections.abc import Mapping

from steersman.scheduler.framework import MOST, Concern, Cycle, Event, Refusal, Rule
from steersman.scheduler.table import Node

Place = tuple[str, str]


@dataclasses.dataclass(slots=True)
class _Counts:
    near: list[collections.Counter[Place]]
    """For each required term of affinity, the places of the pods that it speaks of."""
    far: list[collections.Counter[Place]]
    kept_away: collections.Counter[Place]
    """Places from which other pods' anti-affinity keeps this one."""
    alone: bool
    """Nobody anywhere matches, and the pod matches its own terms."""


class InterPodAffinity(Rule):
    name = "InterPodAffinity"
    weight = 2
    helped_by = frozenset({Event.NODE_ADDED, Event.NODE_CHANGED, Event.POD_GONE, Event.POD_ASSIGNED})

    def __init__(self) -> None:
        self.namespace_labels: Mapping[str, Mapping[str, str]] = {}
        """Labels of namespaces by name, for terms that select namespaces; filled in by the scheduler."""

    def _labels_of(self, namespace: str) -> Mapping[str, str]:
        return self.namespace_labels.get(namespace, {})

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        shape = cycle.pod.shape
        if not shape.affinity and not shape.anti_affinity and not cycle.table.anti_affinity:
            return Concern.NONE
        cycle.state[self.name] = self._count(cycle)
        return Concern.GLOBAL

    def _count(self, cycle: Cycle) -> _Counts:
        pod, shape = cycle.pod, cycle.pod.shape
        near: list[collections.Counter[Place]] = [collections.Counter() for _ in shape.affinity]
        far: list[collections.Counter[Place]] = [collections.Counter() for _ in shape.anti_affinity]
        kept_away: collections.Counter[Place] = collections.Counter()
        for node, other in cycle.table.all_pods():
            # All terms of affinity must speak of the same pods.
            if shape.affinity and all(term.matches(other, self._labels_of) for term in shape.affinity):
                for term, counts in zip(shape.affinity, near, strict=True):
                    self._add(counts, node, term.topology_key)
            for term, counts in zip(shape.anti_affinity, far, strict=True):
                if term.matches(other, self._labels_of):
                    self._add(counts, node, term.topology_key)
            for term in other.shape.anti_affinity:
                if term.matches(pod, self._labels_of):
                    self._add(kept_away, node, term.topology_key)
        alone = not any(near) and all(term.matches(pod, self._labels_of) for term in shape.affinity)
        return _Counts(near, far, kept_away, alone)

    @staticmethod
    def _add(counts: collections.Counter[Place], node: Node, key: str) -> None:
        value = node.labels.get(key)
        if value is not None:
            counts[key, value] += 1

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        counts: _Counts = cycle.state[self.name]
        shape = cycle.pod.shape
        for term, found in zip(shape.affinity, counts.near, strict=True):
            value = node.labels.get(term.topology_key)
            if value is None or (not counts.alone and not found[term.topology_key, value]):
                return self.unresolvable("node(s) didn't match pod affinity rules")
        for term, found in zip(shape.anti_affinity, counts.far, strict=True):
            value = node.labels.get(term.topology_key)
            if value is not None and found[term.topology_key, value]:
                return self.unschedulable("node(s) didn't match pod anti-affinity rules")
        for key, value in counts.kept_away:
            if node.labels.get(key) == value:
                return self.unschedulable("node(s) didn't satisfy existing pods anti-affinity rules")
        return None

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.GLOBAL if cycle.pod.shape.preferred_pods else Concern.NONE

    def score(self, cycle: Cycle, node: Node) -> int:
        places: collections.Counter[Place] | None = cycle.state.get("preferred places")
        if places is None:
            places = cycle.state["preferred places"] = collections.Counter()
            for where, other in cycle.table.all_pods():
                for term in cycle.pod.shape.preferred_pods:
                    value = where.labels.get(term.topology_key)
                    if value is not None and term.matches(other, self._labels_of):
                        places[term.topology_key, value] += term.weight
        return sum(weight for (key, value), weight in places.items() if node.labels.get(key) == value)

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        lowest, highest = min(scores.values()), max(scores.values())
        if highest == lowest:
            return dict.fromkeys(scores, 0)
        return {name: MOST * (score - lowest) // (highest - lowest) for name, score in scores.items()}
