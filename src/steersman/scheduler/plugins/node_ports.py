"""A host port is one pod's: of the same protocol, on the same address, or on all addresses."""

from steersman.scheduler.framework import Concern, Cycle, Event, Refusal, Rule
from steersman.scheduler.table import Node

_ALL = ("0.0.0.0", "::", "")


class NodePorts(Rule):
    name = "NodePorts"
    helped_by = frozenset({Event.NODE_ADDED, Event.POD_GONE})

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        return Concern.LOCAL if cycle.pod.shape.ports else Concern.NONE

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        if node.ports:
            for protocol, address, port in cycle.pod.shape.ports:
                for other, taken, number in node.ports:
                    if port == number and protocol == other and (address == taken or address in _ALL or taken in _ALL):
                        return self.unschedulable("node(s) didn't have free ports for the requested pod ports")
        return None
