"""When a container restarts: its own policy, its rules, and what a resize does."""

from collections.abc import Sequence
from typing import Any

from steersman.api.validation.errors import Errors

POLICIES = ("Always", "Never", "OnFailure")
_RESIZED = ("cpu", "memory")
_RESIZE_POLICIES = ("NotRequired", "RestartContainer")
_OPERATORS = ("In", "NotIn")
_ACTIONS = ("Restart", "RestartAllContainers")
_MOST_RULES = 20
_MOST_CODES = 255


def of_container(container: Any, at: str, e: Errors) -> None:
    policy = container.get("restartPolicy")
    if policy is not None:
        e.one_of(f"{at}.restartPolicy", policy, POLICIES)
    rules = container.get("restartPolicyRules")
    if rules:
        if policy is None:
            e.required(f"{at}.restartPolicy", "must specify restartPolicy when restart rules are used")
        _rules(rules, f"{at}.restartPolicyRules", e)


def _rules(rules: Sequence[Any], at: str, e: Errors) -> None:
    if len(rules) > _MOST_RULES:
        e.too_long(at, _MOST_RULES)
    for index, rule in enumerate(rules):
        where = f"{at}[{index}]"
        e.required_one_of(f"{where}.action", rule.get("action"), _ACTIONS)
        codes = rule.get("exitCodes")
        if codes is None:
            e.required(f"{where}.exitCodes", "must be specified")
            continue
        e.required_one_of(f"{where}.exitCodes.operator", codes.get("operator"), _OPERATORS)
        values = codes.get("values") or ()
        if not values:
            e.required(f"{where}.exitCodes.values", "must specify at least one value")
        elif len(values) > _MOST_CODES:
            e.too_long(f"{where}.exitCodes.values", _MOST_CODES)


def resize(policies: Sequence[Any], at: str, e: Errors, pod_policy: str) -> None:
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        resource, restart = policy.get("resourceName") or "", policy.get("restartPolicy") or ""
        if resource in seen:
            e.duplicate(f"{at}[{index}]", resource)
        seen.add(resource)
        e.required_one_of(at, resource, _RESIZED)
        e.required_one_of(at, restart, _RESIZE_POLICIES)
        if pod_policy == "Never" and restart != "NotRequired":
            e.invalid(at, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'")
