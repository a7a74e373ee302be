"""Amounts of resources: which names there are, and which amounts make sense for them."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from steersman.api import names, quantity
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors

HUGE_PAGES = "hugepages-"
CONTAINER = frozenset({"cpu", "memory", "ephemeral-storage"})
INTEGER = frozenset({
    "pods", "services", "replicationcontrollers", "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers",
})  # fmt: skip
QUOTA = CONTAINER | INTEGER | {
    "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
    "limits.ephemeral-storage", "requests.resourceclaims",
}  # fmt: skip
STANDARD = QUOTA | {"storage"}
COMPUTE = frozenset({
    "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
    "limits.cpu", "limits.memory", "limits.ephemeral-storage",
})  # fmt: skip

Amounts = Mapping[str, str]


def is_huge_page(name: str) -> bool:
    return name.startswith((HUGE_PAGES, "requests." + HUGE_PAGES))


def is_native(name: str) -> bool:
    """Of Kubernetes itself: without a prefix, or with its own."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.qualified_name("requests." + name)


def can_overcommit(name: str) -> bool:
    return is_native(name) and not name.startswith(HUGE_PAGES)


def resource_name(name: str, at: str, e: Errors) -> bool:
    if not e.named(at, name, names.qualified_name):
        return False
    if "/" not in name and name not in STANDARD and not is_huge_page(name):
        e.invalid(at, name, "must be a standard resource type or fully qualified")
        return False
    return True


def container_resource_name(name: str, at: str, e: Errors) -> None:
    if name in CONTAINER:
        return
    resource_name(name, at, e)
    if "/" not in name:
        if not name.startswith(HUGE_PAGES):
            e.invalid(at, name, "must be a standard resource for containers")
    elif not is_native(name) and not is_extended(name):
        e.invalid(at, name, "doesn't follow extended resource name standard")


def pod_resource_name(name: str, at: str, e: Errors) -> None:
    if resource_name(name, at, e) and name not in ("cpu", "memory") and not name.startswith(HUGE_PAGES):
        e.unsupported(at, name, ("cpu", "hugepages-", "memory"))


def quota_resource_name(name: str, at: str, e: Errors) -> None:
    resource_name(name, at, e)
    if "/" not in name and name not in QUOTA and not is_huge_page(name):
        e.invalid(at, name, "must be a standard resource for quota")


def amount(name: str, value: str, at: str, e: Errors) -> None:
    nanos = quantity.parse(value).nanos
    if nanos < 0:
        e.invalid(at, value, "must be greater than or equal to 0")
    if (name in INTEGER or not is_native(name)) and _milli(nanos) % 1000:
        e.invalid(at, value, "must be an integer")


def _milli(nanos: int) -> int:
    return -(-nanos // 1_000_000)


def divisible(name: str, value: str) -> bool:
    """A whole number of huge pages of the size that the name says."""
    try:
        size = quantity.parse(name.removeprefix(HUGE_PAGES)).nanos
    except ValueError:
        return False
    nanos = quantity.parse(value).nanos
    return size > 0 and nanos > 0 and nanos % size == 0


def requirements(
    tree: Tree | None,
    claims: AbstractSet[str],
    at: str,
    e: Errors,
    name_rule: Callable[[str, str, Errors], None] = container_resource_name,
) -> None:
    """`resources` of a container, or of a pod with another rule for the names."""
    if not tree:
        return
    limits: Amounts = tree.get("limits") or {}
    requests: Amounts = tree.get("requests") or {}
    for name, value in limits.items():
        _one(name, value, f"{at}.limits[{name}]", e, name_rule)
        _pages(name, value, f"{at}.limits[{name}]", e)
    for name, value in requests.items():
        where = f"{at}.requests[{name}]"
        _one(name, value, where, e, name_rule)
        limit = limits.get(name)
        if limit is None:
            if not can_overcommit(name):
                e.required(f"{at}.limits", "Limit must be set for non overcommitable resources")
        elif limit != value:
            order = quantity.compare(value, limit)
            if order and not can_overcommit(name):
                e.invalid(f"{at}.requests", value, f"must be equal to {name} limit of {limit}")
            elif order > 0:
                e.invalid(f"{at}.requests", value, f"must be less than or equal to {name} limit of {limit}")
        _pages(name, value, where, e)
    both = {*limits, *requests}
    if any(name.startswith(HUGE_PAGES) for name in both) and not both & {"cpu", "memory"}:
        e.forbidden(at, "HugePages require cpu or memory")
    if tree.get("claims"):
        _claim_names(tree["claims"], claims, f"{at}.claims", e)


def _one(name: str, value: str, at: str, e: Errors, name_rule: Callable[[str, str, Errors], None]) -> None:
    name_rule(name, at, e)
    amount(name, value, at, e)


def _pages(name: str, value: str, at: str, e: Errors) -> None:
    if name.startswith(HUGE_PAGES) and not divisible(name, value):
        e.invalid(at, value, f"{value} is not positive integer multiple of {name}")


def _claim_names(used: Any, known: AbstractSet[str], at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, claim in enumerate(used):
        where, name, request = f"{at}[{index}]", claim.get("name") or "", claim.get("request") or ""
        if not name:
            e.required(where)
            continue
        if name in seen:
            e.duplicate(where, name)
        else:
            key = name
            if request:
                e.named(f"{where}.request", request, names.dns1123_label)
                key = f"{name}/{request}"
            if key in seen:
                e.duplicate(where, key)
            elif not request:
                for other in seen:
                    if other.partition("/")[0] == name and "/" in other:
                        e.duplicate(where, name)
            seen.add(key)
        if name not in known:
            listed = ": " + ", ".join(sorted(known)) if known else " which is empty"
            e.not_found(where, name, "must be one of the names in pod.spec.resourceClaims" + listed)
