"""PodResizeValidator: a pod that is on a node may only grow as far as that node could ever go.

The scheduler does not look at a pod twice, so what the node can never give is refused here and at once.  What it
could give if others did not have it is the kubelet's to grant or put off.
"""

from steersman.api import quantity
from steersman.api.semantics import pod_resources
from steersman.api.tree import Tree, at
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

SYSTEM_LABEL = "kubernetes.io/os"


class PodResizeValidator(Plugin):
    name = "PodResizeValidator"
    resources = frozenset({"pods"})
    subresources = frozenset({"resize"})
    operations = frozenset({Operation.UPDATE})

    async def validate(self, a: Attributes) -> None:
        pod, old = a.object or {}, a.old or {}
        host = at(pod, "spec", "nodeName", default="")
        if not host or at(pod, "metadata", "generation") == at(old, "metadata", "generation"):
            return
        node = self.reader.get("nodes", "", host)
        if node is None:
            raise a.forbidden(f'node "{host}" not found')
        missing = _missing(pod, node)
        if missing:
            raise _refusal(a, f"Node didn't have enough allocatable resources: {'; '.join(missing)}", "NodeCapacity")
        system = at(node, "metadata", "labels", SYSTEM_LABEL, default="")
        if system != "linux":
            why = f'pod resize is only supported on linux nodes, node "{host}" is "{system}"'
            raise _refusal(a, why, "UnsupportedPlatform")


def _missing(pod: Tree, node: Tree) -> list[str]:
    """CPU in thousandths and memory in bytes, where more is asked for than the node has."""
    asked, there = pod_resources.requests(pod), at(node, "status", "allocatable", default={})
    found = []
    for name, amount in (("cpu", quantity.milli), ("memory", quantity.to_int)):
        wanted, has = amount(asked.get(name, "0")), amount(str(there.get(name, "0")))
        if wanted > has:
            found.append(f"{name}, requested: {wanted}, allocatable: {has}")
    return found


def _refusal(a: Attributes, why: str, cause: str) -> Exception:
    error = a.forbidden(why)
    error.tree["details"]["causes"] = [{"reason": cause}]
    return error
