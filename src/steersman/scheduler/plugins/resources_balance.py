"""Spread by room: nodes with more left score higher, and so do nodes whose cpu and memory fill evenly."""

from collections.abc import Mapping

from steersman.scheduler.framework import MOST, Concern, Cycle
from steersman.scheduler.table import Node


class _ByRoom:
    weight = 1

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.LOCAL

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        return scores


class LeastAllocated(_ByRoom):
    name = "NodeResourcesFit"

    def score(self, cycle: Cycle, node: Node) -> int:
        total = weights = 0
        shape = cycle.pod.shape
        for used, most in (
            (node.scored_cpu + shape.scored_cpu, node.allocatable.get("cpu", 0)),
            (node.scored_memory + shape.scored_memory, node.allocatable.get("memory", 0)),
        ):
            if most:
                total += max(most - used, 0) * MOST // most
                weights += 1
        return total // weights if weights else 0


class Balanced(_ByRoom):
    name = "NodeResourcesBalancedAllocation"

    def concern(self, cycle: Cycle) -> Concern:
        return Concern.LOCAL if cycle.pod.shape.requests else Concern.NONE

    def score(self, cycle: Cycle, node: Node) -> int:
        shares = []
        for name in ("cpu", "memory"):
            most = node.allocatable.get(name, 0)
            if most:
                used = node.requested.get(name, 0) + cycle.pod.shape.requests.get(name, 0)
                shares.append(min(used / most, 1.0))
        deviation = abs(shares[0] - shares[1]) / 2 if len(shares) == 2 else 0.0
        return int((1 - deviation) * MOST)
