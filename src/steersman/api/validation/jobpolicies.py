"""A Job's policies: what a failed pod means, when it has succeeded, when a pod is replaced."""

import re
from collections.abc import Mapping
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import internal
from steersman.api.validation.errors import Errors

_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_MOST_RULES, _MOST_CODES, _MOST_CONDITIONS, _INDEXES_LENGTH = 20, 255, 20, 64 * 1024

_EXIT_CODES = (("ContainerName", "containerName", None), ("Operator", "operator", ""), ("Values", "values", None))
_CONDITION = (("Type", "type", ""), ("Status", "status", ""))
_FAILURE_RULE = (
    ("Action", "action", ""),
    ("OnExitCodes", "onExitCodes", _EXIT_CODES),
    ("OnPodConditions", "onPodConditions", [_CONDITION]),
)
_SUCCESS_RULE = (("SucceededIndexes", "succeededIndexes", None), ("SucceededCount", "succeededCount", None))
SHAPES: Mapping[str, internal.Shape] = {
    "podFailurePolicy": (("Rules", "rules", [_FAILURE_RULE]),),
    "successPolicy": (("Rules", "rules", [_SUCCESS_RULE]),),
}


def _valid(values: tuple[str, ...]) -> str:
    return "valid values: [" + " ".join(f'"{value}"' for value in values) + "]"


def failure(spec: Tree, at: str, e: Errors) -> None:
    rules = spec["podFailurePolicy"].get("rules") or ()
    if len(rules) > _MOST_RULES:
        e.too_many(f"{at}.rules", len(rules), _MOST_RULES)
    inner = (spec.get("template") or {}).get("spec") or {}
    containers = {each.get("name") for group in ("containers", "initContainers") for each in inner.get(group) or ()}
    for index, rule in enumerate(rules):
        where, action = f"{at}.rules[{index}]", rule.get("action") or ""
        if not action:
            e.required(f"{where}.action", _valid(_ACTIONS))
        elif action == "FailIndex":
            if spec.get("backoffLimitPerIndex") is None:
                e.invalid(f"{where}.action", action, "requires the backoffLimitPerIndex to be set")
        else:
            e.one_of(f"{where}.action", action, _ACTIONS)
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
        if codes is not None:
            _exit_codes(codes, containers, f"{where}.onExitCodes", e)
        if conditions:
            _conditions(conditions, f"{where}.onPodConditions", e)
        if codes is not None and conditions:
            e.omitted(where, "specifying both OnExitCodes and OnPodConditions is not supported")
        if codes is None and not conditions:
            e.omitted(where, "specifying one of OnExitCodes and OnPodConditions is required")


def _exit_codes(codes: Tree, containers: set[Any], at: str, e: Errors) -> None:
    operator, values = codes.get("operator") or "", codes.get("values") or []
    if not operator:
        e.required(f"{at}.operator", _valid(_OPERATORS))
    else:
        e.one_of(f"{at}.operator", operator, _OPERATORS)
    name = codes.get("containerName")
    if name is not None and name not in containers:
        why = "must be one of the container or initContainer names in the pod template"
        e.invalid(f"{at}.containerName", name, why)
    if not values:
        e.invalid(f"{at}.values", codes.get("values"), "at least one value is required")
    elif len(values) > _MOST_CODES:
        e.too_many(f"{at}.values", len(values), _MOST_CODES)
    seen: set[int] = set()
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            e.invalid(f"{at}.values[{index}]", value, "must not be 0 for the In operator")
        if value in seen:
            e.duplicate(f"{at}.values[{index}]", value)
        seen.add(value)
    if values != sorted(values):
        e.invalid(f"{at}.values", values, "must be ordered")


def _conditions(conditions: Any, at: str, e: Errors) -> None:
    if len(conditions) > _MOST_CONDITIONS:
        e.too_many(at, len(conditions), _MOST_CONDITIONS)
    for index, condition in enumerate(conditions):
        e.named(f"{at}[{index}].type", condition.get("type") or "", names.qualified_name)
        status = condition.get("status") or ""
        if not status:
            e.required(f"{at}[{index}].status", _valid(_STATUSES))
        else:
            e.one_of(f"{at}[{index}].status", status, _STATUSES)


def success(spec: Tree, at: str, e: Errors) -> None:
    policy = spec["successPolicy"]
    if spec.get("completionMode") != "Indexed":
        e.raw(at, internal.shown(policy, SHAPES["successPolicy"]), "requires indexed completion mode")
        return
    rules = policy.get("rules") or ()
    if not rules:
        e.required(f"{at}.rules", "at least one rules must be specified when the successPolicy is specified")
    if len(rules) > _MOST_RULES:
        e.too_many(f"{at}.rules", len(rules), _MOST_RULES)
    for index, rule in enumerate(rules):
        _success_rule(rule, spec.get("completions"), f"{at}.rules[{index}]", e)


def _success_rule(rule: Tree, completions: int | None, at: str, e: Errors) -> None:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    if count is None and indexes is None:
        e.required(at, "at least one of succeededCount or succeededIndexes must be specified")
    total = 0
    if indexes is not None:
        if len(indexes) > _INDEXES_LENGTH:
            e.too_long(f"{at}.succeededIndexes", _INDEXES_LENGTH)
        try:
            total = _count(indexes, completions or 0)
        except ValueError as error:
            e.invalid(f"{at}.succeededIndexes", indexes, f"error parsing succeededIndexes: {error}")
    if count is not None:
        e.not_negative(f"{at}.succeededCount", count)
        if completions is not None and count > completions:
            why = f"must be less than or equal to {completions} (the number of specified completions)"
            e.invalid(f"{at}.succeededCount", count, why)
        if indexes is not None and count > total:
            why = (
                f"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            )
            e.invalid(f"{at}.succeededCount", count, why)


def _count(indexes: str, completions: int) -> int:
    """How many there are in `1,3-5,7`.  Raises ValueError with the reference's text."""
    return sum(last - first + 1 for first, last in ranges(indexes, completions))


def ranges(indexes: str, completions: int) -> list[tuple[int, int]]:
    """The first and the last of each part of `1,3-5,7`.  Raises ValueError with the reference's text."""
    found: list[tuple[int, int]] = []
    for part in indexes.split(",") if indexes else ():
        ends = part.split("-")
        if len(ends) > 2:
            why = "violates the requirement that an index interval can have at most two parts separated by '-'"
            raise ValueError(f'the fragment "{part}" {why}')
        numbers = [_index(end) for end in ends]
        for number in numbers:
            if number >= completions:
                raise ValueError(f'too large index: "{number}"')
        if found and found[-1][1] >= numbers[0]:
            raise ValueError(f"non-increasing order, previous: {found[-1][1]}, current: {numbers[0]}")
        if len(numbers) == 2 and numbers[0] >= numbers[1]:
            raise ValueError(f"non-increasing order, previous: {numbers[0]}, current: {numbers[1]}")
        found.append((numbers[0], numbers[-1]))
    return found


def _index(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise ValueError(f'cannot convert string to integer for index: "{text}"')
    return int(text)


def replacement(spec: Tree, at: str, e: Errors) -> None:
    policy = spec.get("podReplacementPolicy")
    if policy is None:
        return
    if spec.get("podFailurePolicy") is not None:
        e.one_of(at, policy, ("Failed",))
    else:
        e.one_of(at, policy, _REPLACEMENTS)
