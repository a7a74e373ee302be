"""DefaultTolerationSeconds: pods stay five minutes on a node that has gone quiet."""

from collections.abc import Iterable

from steersman.api.tree import Tree
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import Plugin

TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


class DefaultTolerationSeconds(Plugin):
    name = "DefaultTolerationSeconds"
    resources = frozenset({"pods"})

    async def mutate(self, a: Attributes) -> None:
        tolerations = a.at("spec", "tolerations", default=[])
        missing = [
            {
                "key": taint,
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": self.context.config.default_toleration_seconds,
            }
            for taint in TAINTS
            if not _mentioned(taint, tolerations)
        ]
        if missing:
            a.put([*tolerations, *missing], "spec", "tolerations")


def _mentioned(taint: str, tolerations: Iterable[Tree]) -> bool:
    """The pod says something of its own about the taint, whatever the value."""
    return any(
        each.get("key", "") in ("", taint) and each.get("effect", "") in ("", "NoExecute") for each in tolerations
    )
