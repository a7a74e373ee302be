"""What an object counts for in a quota, and which quotas it counts in.

Pure, and in the reference's terms: a usage is a map of quota names (`pods`, `requests.cpu`, `count/jobs.batch`,
`gold.storageclass.storage.k8s.io/requests.storage`) to quantities.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from steersman.api import quantity
from steersman.api.semantics import pod_resources
from steersman.api.tree import Tree, at

Usage = dict[str, str]

COMPUTE = frozenset({"cpu", "memory", "ephemeral-storage"})
_MUST_SPECIFY = frozenset(
    {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"},
)
_LEGACY = frozenset({"configmaps", "resourcequotas", "replicationcontrollers", "secrets"})
_CLASS = ".storageclass.storage.k8s.io/"
_DEVICE_CLAIMS = "resourceclaims.resource.k8s.io"
_DEVICES = ".deviceclass.resource.k8s.io/devices"
MOST_DEVICES = 32
"""As many devices as one claim can be given: what a request for all of them counts for."""


def usage(resource: str, tree: Tree) -> Usage:
    """`resource` as `pods`, `jobs.batch`."""
    special = _USAGES.get(resource)
    if special is not None:
        return special(tree)
    counted = {f"count/{resource}": "1"}
    if resource in _LEGACY:
        counted[resource] = "1"
    return counted


def counts(resource: str, name: str) -> bool:
    """Whether a resource has anything to do with a quota name."""
    if name == f"count/{resource}":
        return True
    matching = _MATCHING.get(resource)
    return matching(name) if matching is not None else name == resource and resource in _LEGACY


def handles(resource: str, operation: str, subresource: str) -> bool:
    """Whether a write may change the usage upwards."""
    if resource == "pods":
        return (operation, subresource) in (("CREATE", ""), ("UPDATE", "resize"))
    if resource in ("services", "persistentvolumeclaims"):
        return not subresource
    return operation == "CREATE" and not subresource


def matches(quota: Tree, resource: str, tree: Tree) -> bool:
    """Whether the object is within the quota's scopes."""
    spec = quota.get("spec") or {}
    selectors = [{"scopeName": scope, "operator": "Exists"} for scope in spec.get("scopes") or ()]
    selectors += at(spec, "scopeSelector", "matchExpressions", default=[])
    return all(_in_scope(selector, resource, tree) for selector in selectors)


def missing(resource: str, names: Iterable[str], tree: Tree) -> str:
    """What a pod must say because a quota counts it; empty where it says everything."""
    if resource != "pods":
        return ""
    required = sorted(_MUST_SPECIFY.intersection(names))
    whole = _compute(
        at(tree, "spec", "resources", "requests", default={}), at(tree, "spec", "resources", "limits", default={})
    )
    silent: dict[str, list[str]] = {}
    for container in pod_resources.containers(tree):
        said = _compute(
            at(container, "resources", "requests", default={}), at(container, "resources", "limits", default={})
        )
        for name in required:
            if name not in said and name not in whole:
                silent.setdefault(name, []).append(container.get("name", ""))
    if not silent:
        return ""
    return "must specify " + "; ".join(f"{name} for: {','.join(who)}" for name, who in sorted(silent.items()))


def _pod(pod: Tree) -> Usage:
    counted = {"count/pods": "1"}
    if at(pod, "status", "phase") in ("Failed", "Succeeded"):
        return counted
    return {**counted, **_compute(pod_resources.requests(pod), pod_resources.limits(pod)), "pods": "1"}


def _compute(requests: Mapping[str, Any], limits: Mapping[str, Any]) -> Usage:
    counted: Usage = {}
    for name, amount in requests.items():
        if name in COMPUTE or name.startswith("hugepages-"):
            counted[name] = counted[f"requests.{name}"] = str(amount)
        elif "/" in name:
            counted[f"requests.{name}"] = str(amount)
    for name, amount in limits.items():
        if name in COMPUTE:
            counted[f"limits.{name}"] = str(amount)
    return counted


def _pod_counts(name: str) -> bool:
    if name in COMPUTE or name == "pods" or name.startswith("hugepages-"):
        return True
    prefix, dot, rest = name.partition(".")
    if not dot or prefix not in ("requests", "limits"):
        return False
    if rest in COMPUTE:
        return True
    return prefix == "requests" and (rest.startswith("hugepages-") or "/" in rest)


def _service(service: Tree) -> Usage:
    counted = {"count/services": "1", "services": "1", "services.nodeports": "0", "services.loadbalancers": "0"}
    ports: Sequence[Tree] = at(service, "spec", "ports", default=[])
    kind = at(service, "spec", "type")
    if kind == "NodePort":
        counted["services.nodeports"] = str(len(ports))
    elif kind == "LoadBalancer":
        counted["services.loadbalancers"] = "1"
        if at(service, "spec", "allocateLoadBalancerNodePorts") is False:
            ports = [port for port in ports if port.get("nodePort")]
        counted["services.nodeports"] = str(len(ports))
    return counted


def _claim(claim: Tree) -> Usage:
    counted = {"count/persistentvolumeclaims": "1", "persistentvolumeclaims": "1"}
    annotations = at(claim, "metadata", "annotations", default={})
    name = annotations.get("volume.beta.kubernetes.io/storage-class") or at(
        claim, "spec", "storageClassName", default=""
    )
    if name:
        counted[f"{name}{_CLASS}persistentvolumeclaims"] = "1"
    storage = at(claim, "spec", "resources", "requests", "storage")
    if storage is not None:
        allocated = at(claim, "status", "allocatedResources", "storage")
        if allocated is not None and quantity.compare(str(allocated), str(storage)) > 0:
            storage = allocated
        counted["requests.storage"] = str(storage)
        if name:
            counted[f"{name}{_CLASS}requests.storage"] = str(storage)
    return counted


def _device_claim(claim: Tree) -> Usage:
    """Devices by their class.  Of several choices each class counts with the most that it might give."""
    devices: dict[str, int] = {}
    for request in at(claim, "spec", "devices", "requests", default=()):
        most: dict[str, int] = {}
        for choice in request.get("firstAvailable") or [request.get("exactly") or {}]:
            name = f"{choice.get('deviceClassName', '')}{_DEVICES}"
            most[name] = max(most.get(name, 0), _device_count(choice))
        for name, count in most.items():
            devices[name] = devices.get(name, 0) + count
    return {f"count/{_DEVICE_CLAIMS}": "1", **{name: str(count) for name, count in devices.items()}}


def _device_count(choice: Tree) -> int:
    if choice.get("allocationMode") == "All":
        return MOST_DEVICES
    return int(choice.get("count") or 0) if choice.get("allocationMode") == "ExactCount" else 0


_USAGES: Mapping[str, Callable[[Tree], Usage]] = {
    "pods": _pod,
    "services": _service,
    "persistentvolumeclaims": _claim,
    _DEVICE_CLAIMS: _device_claim,
}
_MATCHING: Mapping[str, Callable[[str], bool]] = {
    "pods": _pod_counts,
    "services": lambda name: name in ("services", "services.nodeports", "services.loadbalancers"),
    "persistentvolumeclaims": lambda name: (
        name in ("persistentvolumeclaims", "requests.storage")
        or name.endswith((f"{_CLASS}persistentvolumeclaims", f"{_CLASS}requests.storage"))
    ),
    _DEVICE_CLAIMS: lambda name: name.endswith(_DEVICES),
}


def _in_scope(selector: Tree, resource: str, tree: Tree) -> bool:
    scope: str = selector.get("scopeName", "")
    if resource == "persistentvolumeclaims" and scope == "VolumeAttributesClass":
        return _value_selected(selector, at(tree, "spec", "volumeAttributesClassName", default=""))
    if resource != "pods":
        return False
    if scope in ("Terminating", "NotTerminating"):
        return (at(tree, "spec", "activeDeadlineSeconds") is not None) == (scope == "Terminating")
    if scope in ("BestEffort", "NotBestEffort"):
        return is_best_effort(tree) == (scope == "BestEffort")
    if scope == "PriorityClass":
        return _value_selected(selector, at(tree, "spec", "priorityClassName", default=""))
    if scope == "CrossNamespacePodAffinity":
        return _crosses_namespaces(tree)
    return False


def _value_selected(selector: Tree, value: str) -> bool:
    operator: str = selector.get("operator", "")
    values: Sequence[str] = selector.get("values") or ()
    if operator == "Exists":
        return bool(value)
    if operator == "DoesNotExist":
        return not value
    if operator == "In":
        return value in values
    return operator == "NotIn" and value not in values


def is_best_effort(pod: Tree) -> bool:
    """No container asks for cpu or memory, nor does the pod."""
    resources = [at(container, "resources", default={}) for container in pod_resources.containers(pod)]
    resources.append(at(pod, "spec", "resources", default={}))
    return not any(
        name in ("cpu", "memory") and quantity.nano(str(amount)) > 0
        for each in resources
        for which in ("requests", "limits")
        for name, amount in (each.get(which) or {}).items()
    )


def _crosses_namespaces(pod: Tree) -> bool:
    affinity = at(pod, "spec", "affinity", default={})
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(kind) or {}
        terms = list(rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        terms += [
            each.get("podAffinityTerm") or {}
            for each in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        ]
        if any(term.get("namespaces") or term.get("namespaceSelector") is not None for term in terms):
            return True
    return False
