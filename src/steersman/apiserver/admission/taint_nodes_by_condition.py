"""TaintNodesByCondition: a node begins as not ready, so that nothing is put on it before it says it is."""

from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import CREATES, Plugin

TAINT = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


class TaintNodesByCondition(Plugin):
    name = "TaintNodesByCondition"
    resources = frozenset({"nodes"})
    operations = CREATES

    async def mutate(self, a: Attributes) -> None:
        taints = a.at("spec", "taints", default=[])
        if not any(each.get("key") == TAINT["key"] and each.get("effect") == TAINT["effect"] for each in taints):
            a.put([*taints, dict(TAINT)], "spec", "taints")
