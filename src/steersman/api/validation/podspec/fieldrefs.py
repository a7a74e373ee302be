"""References to a pod's own fields and to its containers' resources: the downward API."""

from typing import Any

from steersman.api import names, quantity
from steersman.api.validation.errors import Errors

IN_ENVIRONMENT = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
IN_VOLUMES = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_KNOWN = frozenset({
    *IN_ENVIRONMENT, *IN_VOLUMES, "spec.restartPolicy", "spec.schedulerName", "status.phase",
})  # fmt: skip
RESOURCES = (
    "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage",
    "requests.memory",
)  # fmt: skip
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_BYTES = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
_BYTE_DIVISORS = frozenset(_BYTES.split(", "))


def field_ref(tree: Any, allowed: tuple[str, ...], at: str, e: Errors) -> None:
    version, path = tree.get("apiVersion") or "", tree.get("fieldPath") or ""
    if not version:
        e.required(f"{at}.apiVersion")
        return
    if not path:
        e.required(f"{at}.fieldPath")
        return
    base, subscript = _split(path)
    if version != "v1":
        why = f"unsupported pod version: {version}"
        e.invalid(f"{at}.fieldPath", path, f"error converting fieldPath: {why}")
    elif subscript is not None:
        if base == "metadata.annotations":
            e.named(at, subscript.lower(), names.qualified_name)
        elif base == "metadata.labels":
            e.named(at, subscript, names.qualified_name)
        else:
            why = f"field label does not support subscript: {path}"
            e.invalid(f"{at}.fieldPath", path, f"error converting fieldPath: {why}")
    elif base not in _KNOWN and base != "spec.host":
        e.invalid(f"{at}.fieldPath", path, f"error converting fieldPath: field label not supported: {path}")
    elif base not in allowed:
        e.unsupported(f"{at}.fieldPath", base, allowed)


def _split(path: str) -> tuple[str, str | None]:
    """`metadata.labels['a']` as its path and `a`."""
    if path.endswith("']") and "['" in path:
        base, _, subscript = path[:-2].partition("['")
        if base:
            return base, subscript
    return path, None


def resource_ref(tree: Any, at: str, e: Errors, *, volume: bool = False) -> None:
    resource = tree.get("resource") or ""
    if volume and not tree.get("containerName"):
        e.required(f"{at}.containerName")
    elif not resource:
        e.required(f"{at}.resource")
    elif resource not in RESOURCES and not resource.startswith(_HUGE_PAGES):
        e.unsupported(f"{at}.resource", resource, RESOURCES)
    divisor = tree.get("divisor") or "0"
    if quantity.parse(divisor).nanos:
        _divisor(resource, quantity.canonical(divisor), f"{at}.divisor", e)


def _divisor(resource: str, divisor: str, at: str, e: Errors) -> None:
    kind = resource.partition(".")[2]
    if kind == "cpu":
        if divisor not in ("1m", "1"):
            e.invalid(at, resource, "only divisor's values 1m and 1 are supported with the cpu resource")
        return
    spoken = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(kind)
    if resource.startswith(_HUGE_PAGES):
        spoken = "hugepages"
    if spoken and divisor not in _BYTE_DIVISORS:
        e.invalid(at, resource, f"only divisor's values {_BYTES} are supported with the {spoken} resource")
