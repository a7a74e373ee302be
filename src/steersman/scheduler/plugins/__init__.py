"""The rules, one a file, in the order in which they are asked: the first refusal of a node is its reason.

The order is kube-scheduler's, because it decides which reason people read.
"""

from steersman.scheduler.framework import Plugin, Scorer
from steersman.scheduler.plugins.fit import Fit
from steersman.scheduler.plugins.image_locality import ImageLocality
from steersman.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from steersman.scheduler.plugins.node_affinity import NodeAffinity
from steersman.scheduler.plugins.node_ports import NodePorts
from steersman.scheduler.plugins.node_unschedulable import NodeUnschedulable
from steersman.scheduler.plugins.resources_balance import Balanced, LeastAllocated
from steersman.scheduler.plugins.taints import Taints
from steersman.scheduler.plugins.topology_spread import TopologySpread


def default_plugins() -> list[Plugin]:
    """The rules that need only the node table; the volume rule is added by whoever has the caches."""
    return [NodeUnschedulable(), Taints(), NodeAffinity(), NodePorts(), Fit(), TopologySpread(), InterPodAffinity()]


def default_scorers() -> list[Scorer]:
    return [
        LeastAllocated(),
        Balanced(),
        ImageLocality(),
        Taints(),
        NodeAffinity(),
        TopologySpread(),
        InterPodAffinity(),
    ]
