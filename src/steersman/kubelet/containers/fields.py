"""What `fieldRef` and `resourceFieldRef` stand for: environment variables and the downward API share it."""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import quantity
from steersman.api.tree import Tree
from steersman.kubelet.pods import spec


class FieldFault(Exception):
    """A reference that means nothing; the text is for the pod's status."""


@dataclasses.dataclass(frozen=True, slots=True)
class Facts:
    """What references may ask for that the spec does not hold."""

    node_name: str = ""
    host_ips: Sequence[str] = ()
    pod_ips: Sequence[str] = ()
    allocatable: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Of the node: what an unset limit stands for."""


_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")


def field_value(pod: Tree, path: str, facts: Facts) -> str:
    """A `fieldRef` of a pod."""
    meta = pod["metadata"]
    subscript = _SUBSCRIPT.fullmatch(path)
    if subscript:
        return str((meta.get(subscript[1]) or {}).get(subscript[2], ""))
    match path:
        case "metadata.name":
            return spec.name(pod)
        case "metadata.namespace":
            return spec.namespace(pod)
        case "metadata.uid":
            return spec.uid(pod)
        case "metadata.labels" | "metadata.annotations":
            return format_map(meta.get(path.removeprefix("metadata.")) or {})
        case "spec.nodeName":
            return facts.node_name or str(pod["spec"].get("nodeName") or "")
        case "spec.serviceAccountName":
            return str(pod["spec"].get("serviceAccountName") or "")
        case "status.hostIP":
            return facts.host_ips[0] if facts.host_ips else ""
        case "status.hostIPs":
            return ",".join(facts.host_ips)
        case "status.podIP":
            return facts.pod_ips[0] if facts.pod_ips else ""
        case "status.podIPs":
            return ",".join(facts.pod_ips)
    raise FieldFault(f"unsupported fieldPath: {path}")


def format_map(values: Mapping[str, str]) -> str:
    """`key="value"` lines by key, values quoted."""
    return "\n".join(f"{key}={json.dumps(str(values[key]), ensure_ascii=False)}" for key in sorted(values))


def resource_value(pod: Tree, reference: Tree, container: Tree | None, facts: Facts) -> str:
    """A `resourceFieldRef`: the amount in units of the divisor, rounded up."""
    wanted = reference.get("containerName")
    if wanted:
        found = spec.container_named(pod, wanted)
        container = found[1] if found else None
    if container is None:
        raise FieldFault(f"container {wanted} not found")
    kind, _, name = str(reference["resource"]).partition(".")
    amounts: Mapping[str, Any] = (container.get("resources") or {}).get(kind) or {}
    amount = amounts.get(name)
    if amount is None and kind == "limits":
        amount = facts.allocatable.get(name)
    if kind not in ("limits", "requests") or not name:
        raise FieldFault(f"unsupported container resource : {reference['resource']}")
    divisor = str(reference.get("divisor") or "1")
    if divisor in ("0", ""):
        divisor = "1"
    return str(ceil_div(str(amount if amount is not None else "0"), divisor))


def ceil_div(amount: str, divisor: str) -> int:
    """How many whole divisors an amount is, rounded up."""
    return -(-quantity.milli(amount) // max(quantity.milli(divisor), 1))
