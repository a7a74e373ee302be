"""LimitRanger: what containers of a namespace get when they ask for nothing, and the least and most they may.

Defaults are filled in on creation; bounds are checked for each container, for each pod as a whole, and for each
claim.
"""

from collections.abc import Iterator, Mapping

from steersman.api import quantity
from steersman.api.semantics import pod_resources
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.access import rules
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.plugin import Plugin

LIMIT_RANGES = "limitranges"
ANNOTATION = "kubernetes.io/limit-ranger"
Amounts = Mapping[str, str]


class LimitRanger(Plugin):
    name = "LimitRanger"
    resources = frozenset({"pods", "persistentvolumeclaims"})
    subresources = frozenset({"", "resize"})

    async def mutate(self, a: Attributes) -> None:
        if a.resource.name != "pods" or a.operation is not Operation.CREATE or a.subresource:
            return
        for each in self.reader.list(LIMIT_RANGES, a.namespace):
            _fill(a, each)

    async def validate(self, a: Attributes) -> None:
        is_pod = a.resource.name == "pods"
        if is_pod and (a.operation is Operation.UPDATE) != (a.subresource == "resize"):
            return  # what containers ask for changes by `resize` only
        if at(a.old or {}, "metadata", "deletionTimestamp"):
            return
        for each in self.reader.list(LIMIT_RANGES, a.namespace):
            problems = list(pod_problems(each, a.new) if is_pod else claim_problems(each, a.new))
            if problems:
                raise a.forbidden(rules.bracketed(problems))


def _fill(a: Attributes, limit_range: Tree) -> None:
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    for limit in at(limit_range, "spec", "limits", default=[]):
        if limit.get("type") == "Container":
            requests.update(limit.get("defaultRequest") or {})
            limits.update(limit.get("default") or {})
    if not requests and not limits:
        return
    notes: list[str] = []
    for kind, label in (("containers", "container"), ("initContainers", "init container")):
        present = a.at("spec", kind, default=[])
        if present:
            a.put([_filled(container, label, requests, limits, notes) for container in present], "spec", kind)
    if notes:
        annotations = {**a.at("metadata", "annotations", default={})}
        annotations[ANNOTATION] = "LimitRanger plugin set: " + "; ".join(notes)
        a.put(annotations, "metadata", "annotations")


def _filled(container: Tree, label: str, requests: Amounts, limits: Amounts, notes: list[str]) -> Tree:
    resources: MutableTree = dict(container.get("resources") or {})
    changed = False
    for which, defaults in (("request", requests), ("limit", limits)):
        have = resources.get(f"{which}s") or {}
        missing = {name: amount for name, amount in defaults.items() if name not in have}
        if missing:
            changed = True
            resources[f"{which}s"] = {**have, **missing}
            notes.append(f"{', '.join(sorted(missing))} {which} for {label} {container.get('name', '')}")
    return {**container, "resources": resources} if changed else container


def pod_problems(limit_range: Tree, pod: Tree) -> Iterator[str]:
    """What a pod does against one LimitRange, in the order of its limits."""
    for limit in at(limit_range, "spec", "limits", default=[]):
        if limit.get("type") == "Container":
            for container in pod_resources.containers(pod):
                requests = at(container, "resources", "requests", default={})
                limits = at(container, "resources", "limits", default={})
                yield from _problems(limit, requests, limits)
        elif limit.get("type") == "Pod":
            yield from _problems(limit, pod_resources.requests(pod), pod_resources.limits(pod))


def claim_problems(limit_range: Tree, claim: Tree) -> Iterator[str]:
    requests = at(claim, "spec", "resources", "requests", default={})
    for limit in at(limit_range, "spec", "limits", default=[]):
        if limit.get("type") == "PersistentVolumeClaim":
            for name, bound in sorted((limit.get("min") or {}).items()):
                yield from _minimum(limit["type"], name, bound, requests, {})
            for name, bound in sorted((limit.get("max") or {}).items()):
                yield from _maximum_request(limit["type"], name, bound, requests)


def _problems(limit: Tree, requests: Amounts, limits: Amounts) -> Iterator[str]:
    kind = limit["type"]
    for name, bound in sorted((limit.get("min") or {}).items()):
        yield from _minimum(kind, name, bound, requests, limits)
    for name, bound in sorted((limit.get("max") or {}).items()):
        yield from _maximum(kind, name, bound, requests, limits)
    for name, bound in sorted((limit.get("maxLimitRequestRatio") or {}).items()):
        yield from _ratio(kind, name, bound, requests, limits)


def _minimum(kind: str, name: str, bound: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    least = f"minimum {name} usage per {kind} is {bound}"
    if name not in requests:
        yield f"{least}.  No request is specified"
    elif quantity.compare(requests[name], bound) < 0:
        yield f"{least}, but request is {requests[name]}"
    elif name in limits and quantity.compare(limits[name], bound) < 0:
        yield f"{least}, but limit is {limits[name]}"


def _maximum(kind: str, name: str, bound: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    most = f"maximum {name} usage per {kind} is {bound}"
    if name not in limits:
        yield f"{most}.  No limit is specified"
    elif quantity.compare(limits[name], bound) > 0:
        yield f"{most}, but limit is {limits[name]}"
    elif name in requests and quantity.compare(requests[name], bound) > 0:
        yield f"{most}, but request is {requests[name]}"


def _maximum_request(kind: str, name: str, bound: str, requests: Amounts) -> Iterator[str]:
    most = f"maximum {name} usage per {kind} is {bound}"
    if name not in requests:
        yield f"{most}.  No request is specified"
    elif quantity.compare(requests[name], bound) > 0:
        yield f"{most}, but request is {requests[name]}"


def _ratio(kind: str, name: str, bound: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    most = f"{name} max limit to request ratio per {kind} is {bound}"
    request = quantity.nano(requests[name]) if name in requests else 0
    limit = quantity.nano(limits[name]) if name in limits else 0
    if request == 0:
        yield f"{most}, but no request is specified or request is 0"
    elif limit == 0:
        yield f"{most}, but no limit is specified or limit is 0"
    elif limit * 10**9 > quantity.nano(bound) * request:
        yield f"{most}, but provided ratio is {limit / request:f}"
