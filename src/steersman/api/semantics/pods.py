"""What everybody asks of a pod: is it over, is it ready, since when, what does it request."""

from collections.abc import Iterator
from typing import Any

from steersman.api import quantity
from steersman.api.semantics import stamps
from steersman.api.tree import Tree


def condition(tree: Tree, type: str) -> Tree | None:
    """A condition of any object's status."""
    for each in (tree.get("status") or {}).get("conditions") or ():
        if each.get("type") == type:
            found: Tree = each
            return found
    return None


def condition_status(tree: Tree, type: str) -> str:
    """`True`, `False` or `Unknown`; nothing where the condition is absent."""
    found = condition(tree, type)
    return str(found.get("status") or "") if found else ""


def phase(pod: Tree) -> str:
    return str((pod.get("status") or {}).get("phase") or "")


def is_terminal(pod: Tree) -> bool:
    """Whether all its containers have ended and none will start again."""
    return phase(pod) in ("Succeeded", "Failed")


def is_deleting(tree: Tree) -> bool:
    return bool(tree["metadata"].get("deletionTimestamp"))


def is_active(pod: Tree) -> bool:
    """Whether it counts as a replica: neither over nor on its way out."""
    return not is_terminal(pod) and not is_deleting(pod)


def is_ready(pod: Tree) -> bool:
    return condition_status(pod, "Ready") == "True"


def ready_since(pod: Tree) -> float | None:
    """When it became ready; None while it is not."""
    found = condition(pod, "Ready")
    if found is None or found.get("status") != "True":
        return None
    return stamps.maybe(found.get("lastTransitionTime"))


def is_available(pod: Tree, min_ready_seconds: int, now: float) -> bool:
    """Whether it has been ready for long enough."""
    if not is_ready(pod):
        return False
    if min_ready_seconds == 0:
        return True
    since = ready_since(pod)
    return since is not None and since + min_ready_seconds <= now


def available_in(pod: Tree, min_ready_seconds: int, now: float) -> float | None:
    """Seconds until a ready pod becomes available; None if it is already, or is not ready."""
    since = ready_since(pod)
    if since is None or not min_ready_seconds or since + min_ready_seconds <= now:
        return None
    return since + min_ready_seconds - now


def containers(pod: Tree) -> Iterator[Tree]:
    """All containers that keep running: the main ones and the sidecars."""
    spec = pod.get("spec") or {}
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") == "Always":
            yield container
    yield from spec.get("containers") or ()


def amount(resource: str, text: Any) -> int:
    """A quantity as the scheduler counts: milli-cores of cpu, whole units of everything else."""
    return quantity.milli(str(text)) if resource == "cpu" else quantity.to_int(str(text))


def _requests_of(container: Tree) -> dict[str, int]:
    requests = (container.get("resources") or {}).get("requests") or {}
    return {resource: amount(resource, text) for resource, text in requests.items()}


def requests(pod: Tree) -> dict[str, int]:
    """What the pod needs of a node, in the units of `amount`.

    The greater of what its containers need together and what the most demanding moment of its start needs,
    an init container beside the sidecars started before it; pod-level requests stand in for both; and the
    runtime's overhead comes on top.
    """
    spec = pod.get("spec") or {}
    total: dict[str, int] = {}
    for container in spec.get("containers") or ():
        for resource, value in _requests_of(container).items():
            total[resource] = total.get(resource, 0) + value
    if spec.get("initContainers"):
        peak: dict[str, int] = {}
        sidecars: dict[str, int] = {}
        for container in spec["initContainers"]:
            own = _requests_of(container)
            if container.get("restartPolicy") == "Always":
                for resource, value in own.items():
                    sidecars[resource] = sidecars.get(resource, 0) + value
                    total[resource] = total.get(resource, 0) + value
                need = sidecars
            else:
                need = {r: own.get(r, 0) + sidecars.get(r, 0) for r in {*own, *sidecars}}
            for resource, value in need.items():
                peak[resource] = max(peak.get(resource, 0), value)
        for resource, value in peak.items():
            total[resource] = max(total.get(resource, 0), value)
    for resource, text in ((spec.get("resources") or {}).get("requests") or {}).items():
        total[resource] = amount(resource, text)
    for resource, text in (spec.get("overhead") or {}).items():
        total[resource] = total.get(resource, 0) + amount(resource, text)
    return total


def host_ports(pod: Tree) -> frozenset[tuple[str, str, int]]:
    """Protocol, address and port of everything it opens on the node."""
    found = set()
    for container in containers(pod):
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                found.add((port.get("protocol") or "TCP", port.get("hostIP") or "0.0.0.0", int(port["hostPort"])))
    return frozenset(found)


def claim_names(pod: Tree) -> list[str]:
    """The claims it mounts; an ephemeral volume's claim has the pod's name in front."""
    found = []
    for volume in (pod.get("spec") or {}).get("volumes") or ():
        if volume.get("persistentVolumeClaim"):
            found.append(str(volume["persistentVolumeClaim"]["claimName"]))
        elif volume.get("ephemeral") is not None:
            found.append(f"{pod['metadata']['name']}-{volume['name']}")
    return found
