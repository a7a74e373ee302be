"""Statuses that others than the kubelet write: addresses of load balancers, counts, conditions, used quotas."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import addresses, resources
from steersman.api.validation.errors import Errors

_REASON = re.compile(r"[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?")
_REASON_TEXT = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_'"
)
_LONGEST_REASON, _LONGEST_MESSAGE = 1024, 32 * 1024
_MODES = ("Proxy", "VIP")


def _status(tree: Tree) -> Any:
    return tree.get("status") or {}


def _load_balancer(items: Sequence[Any], at: str, e: Errors, *, modes: bool) -> None:
    for index, each in enumerate(items):
        here, ip, host = f"{at}[{index}]", each.get("ip") or "", each.get("hostname") or ""
        if ip:
            addresses.ip(ip, f"{here}.ip", e)
        if modes:
            _mode(each.get("ipMode"), ip, f"{here}.ipMode", e)
        if host:
            e.named(f"{here}.hostname", host, names.dns1123_subdomain)
            if addresses.parse(host) is not None:
                e.invalid(f"{here}.hostname", host, "must be a DNS name, not an IP address")


def _mode(mode: str | None, ip: str, at: str, e: Errors) -> None:
    if ip and mode is None:
        e.required(at, "must be specified when `ip` is set")
    elif not ip and mode is not None:
        e.forbidden(at, "may not be specified when `ip` is not set")
    elif mode is not None:
        e.one_of(at, mode, _MODES)


def service(new: Tree, old: Tree, e: Errors) -> None:
    items = (_status(new).get("loadBalancer") or {}).get("ingress") or []
    if items and (new.get("spec") or {}).get("type") != "LoadBalancer":
        e.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'")
        return
    _load_balancer(items, "status.loadBalancer.ingress", e, modes=True)


def ingress(new: Tree, old: Tree, e: Errors) -> None:
    items = (_status(new).get("loadBalancer") or {}).get("ingress") or []
    _load_balancer(items, "status.loadBalancer.ingress", e, modes=False)


def claim(new: Tree, old: Tree, e: Errors) -> None:
    for name, value in (_status(new).get("capacity") or {}).items():
        e.not_negative_quantity(f"status.capacity[{name}]", value)


def quota(new: Tree, old: Tree, e: Errors) -> None:
    for part in ("hard", "used"):
        for name, value in (_status(new).get(part) or {}).items():
            at = f"status.{part}[{name}]"
            resources.quota_resource_name(name, at, e)
            resources.amount(name, value, at, e)


def counts(*fields: str) -> Callable[[Tree, Tree, Errors], None]:
    """Counts that are not negative."""

    def check(new: Tree, old: Tree, e: Errors) -> None:
        for name in fields:
            e.not_negative(f"status.{name}", _status(new).get(name))

    return check


_BUDGET = counts("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def disruption_budget(new: Tree, old: Tree, e: Errors) -> None:
    conditions(_status(new).get("conditions") or (), "status.conditions", e)
    _BUDGET(new, old, e)


def flow_conditions(new: Tree, old: Tree, e: Errors) -> None:
    """Of a FlowSchema or a PriorityLevelConfiguration: each of a type, and of another one."""
    seen: set[str] = set()
    for index, each in enumerate(_status(new).get("conditions") or ()):
        at, type = f"status.conditions[{index}].type", each.get("type") or ""
        if type in seen:
            e.duplicate(at, type)
        seen.add(type)
        if not type:
            e.required(at, "must not be empty")


def conditions(items: Sequence[Any], at: str, e: Errors) -> None:
    """Conditions of the common form: one of a type, each with a reason and a time."""
    seen: set[str] = set()
    for index, each in enumerate(items):
        here, type = f"{at}[{index}]", each.get("type") or ""
        if type in seen:
            e.duplicate(f"{here}.type", type)
        seen.add(type)
        _condition(each, here, e)


def _condition(condition: Tree, at: str, e: Errors) -> None:
    e.named(f"{at}.type", condition.get("type") or "", names.qualified_name)
    e.one_of(f"{at}.status", condition.get("status") or "", ("False", "True", "Unknown"))
    if (condition.get("observedGeneration") or 0) < 0:
        why = "must be greater than or equal to zero"
        e.invalid(f"{at}.observedGeneration", condition["observedGeneration"], why)
    if not condition.get("lastTransitionTime"):
        e.required(f"{at}.lastTransitionTime", "must be set")
    reason = condition.get("reason") or ""
    if not reason:
        e.required(f"{at}.reason", "must be set")
    else:
        e.named(f"{at}.reason", reason, _reason)
        if len(reason) > _LONGEST_REASON:
            e.too_long(f"{at}.reason", _LONGEST_REASON)
    if len(condition.get("message") or "") > _LONGEST_MESSAGE:
        e.too_long(f"{at}.message", _LONGEST_MESSAGE)


def _reason(text: str) -> list[str]:
    if _REASON.fullmatch(text):
        return []
    examples = ("my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")
    return [names.pattern_text(_REASON_TEXT, _REASON.pattern, *examples)]
