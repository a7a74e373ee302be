"""PodTopologyLabels: a pod learns its node's zone and region when it is bound.

The labels are put into the Binding; binding copies them into the pod.
"""

from steersman.api.tree import Tree, at
from steersman.apiserver.access import reading
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

LABELS = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


class PodTopologyLabels(Plugin):
    name = "PodTopologyLabels"
    resources = frozenset({"pods"})
    subresources = frozenset({"", "binding"})
    operations = CREATES

    async def mutate(self, a: Attributes) -> None:
        if a.subresource == "binding":
            node = a.at("target", "name", default="") if a.at("target", "kind", default="Node") == "Node" else ""
        else:
            node = a.at("spec", "nodeName", default="")
        found = self.reader.get(reading.NODES, "", node) if node else None
        added = _topology(found) if found else {}
        if added:
            a.put({**a.at("metadata", "labels", default={}), **added}, "metadata", "labels")


def _topology(node: Tree) -> dict[str, str]:
    labels = at(node, "metadata", "labels", default={})
    return {key: labels[key] for key in LABELS if key in labels}
