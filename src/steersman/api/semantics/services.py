"""What Services ask of pods: their addresses, their ports, and whether they may be sent traffic."""

from collections.abc import Mapping, Sequence

from steersman.api.semantics import pods
from steersman.api.tree import Tree

HEADLESS = "service.kubernetes.io/headless"
TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


def is_headless(service: Tree) -> bool:
    return (service.get("spec") or {}).get("clusterIP") == "None"


def has_selector(service: Tree) -> bool:
    """Whether its endpoints are ours to find."""
    spec = service.get("spec") or {}
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName"


def selects(service: Tree, labels: Mapping[str, str]) -> bool:
    wanted = (service.get("spec") or {}).get("selector") or {}
    return bool(wanted) and all(labels.get(key) == value for key, value in wanted.items())


def addresses(pod: Tree) -> list[str]:
    status = pod.get("status") or {}
    found = [str(each["ip"]) for each in status.get("podIPs") or () if each.get("ip")]
    return found or ([str(status["podIP"])] if status.get("podIP") else [])


def family(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"


def families(service: Tree) -> Sequence[str]:
    """The address families of a Service; a headless one without any has that of its address, or IPv4."""
    found = (service.get("spec") or {}).get("ipFamilies") or ()
    return tuple(found) or ("IPv4",)


def is_candidate(pod: Tree, *, terminating: bool) -> bool:
    """Whether a pod belongs to the endpoints at all: not over, with an address."""
    if pods.is_terminal(pod) or not addresses(pod):
        return False
    return terminating or not pods.is_deleting(pod)


def target_port(port: Tree, pod: Tree) -> int | None:
    """The number of a Service port's target in this pod; None where the pod has no port of that name."""
    target = port.get("targetPort")
    if target in (None, 0, ""):
        return int(port["port"])
    if isinstance(target, int):
        return target
    if str(target).isdecimal():
        return int(target)
    for container in pods.containers(pod):
        for each in container.get("ports") or ():
            same = (each.get("protocol") or "TCP") == (port.get("protocol") or "TCP")
            if each.get("name") == target and same:
                return int(each["containerPort"])
    return None


def hostname(service: Tree, pod: Tree) -> str:
    """The name under which a headless Service's DNS knows the pod, if any."""
    spec = pod.get("spec") or {}
    if spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]:
        return str(spec["hostname"])
    return ""


def last_change(service: Tree, members: Sequence[Tree]) -> str:
    """When the newest of what leads to these endpoints came about."""
    moments = [str(service["metadata"].get("creationTimestamp") or "")]
    for pod in members:
        ready = pods.condition(pod, "Ready")
        if ready is not None:
            moments.append(str(ready.get("lastTransitionTime") or ""))
    return max(moments)
