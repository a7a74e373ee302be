"""Tolerations, spread constraints and scheduling gates."""

from collections.abc import Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import selectors
from steersman.api.validation.errors import NOT_POSITIVE, Errors

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSION = ("Honor", "Ignore")


def tolerations(items: Sequence[Tree], at: str, e: Errors) -> None:
    for index, toleration in enumerate(items):
        where = f"{at}[{index}]"
        get = toleration.get
        key, operator, value, effect = get("key"), get("operator") or "", get("value") or "", get("effect") or ""
        if key:
            e.named(f"{where}.key", key, names.qualified_name)
        elif operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            e.invalid(f"{where}.operator", operator, why)
        if get("tolerationSeconds") is not None and effect != "NoExecute":
            e.invalid(f"{where}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        if operator in ("", "Equal"):
            complaints = names.label_value(value)
            if complaints:
                e.invalid(f"{where}.operator", value, ";".join(complaints))
        elif operator == "Exists":
            if value:
                e.invalid(f"{where}.operator", value, "value must be empty when `operator` is 'Exists'")
        else:
            e.unsupported(f"{where}.operator", operator, ("Equal", "Exists"))
        if effect:
            e.one_of(f"{where}.effect", effect, EFFECTS)


def gates(items: Sequence[Tree], at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, gate in enumerate(items):
        name = gate.get("name") or ""
        e.named(f"{at}[{index}]", name, names.qualified_name)
        if name in seen:
            e.duplicate(f"{at}[{index}]", name)
        seen.add(name)


def spread(items: Sequence[Any], at: str, e: Errors) -> None:
    for index, constraint in enumerate(items):
        where, get = f"{at}[{index}]", constraint.get
        key, action = get("topologyKey") or "", get("whenUnsatisfiable") or ""
        if (get("maxSkew") or 0) <= 0:
            e.invalid(f"{where}.maxSkew", get("maxSkew") or 0, NOT_POSITIVE)
        if not key:
            e.required(f"{where}.topologyKey", "can not be empty")
        e.one_of(f"{where}.whenUnsatisfiable", action, _ACTIONS)
        for other in items[index + 1 :]:
            if (other.get("topologyKey") or "", other.get("whenUnsatisfiable") or "") == (key, action):
                e.duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
                break
        domains = get("minDomains")
        if domains is not None:
            if domains <= 0:
                e.invalid(f"{where}.minDomains", domains, NOT_POSITIVE)
            if action != "DoNotSchedule":
                why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
                e.invalid(f"{where}.minDomains", domains, why)
        for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if get(name) is not None:
                e.one_of(f"{where}.{name}", constraint[name], _INCLUSION)
        _label_keys(constraint, f"{where}.matchLabelKeys", e)
        selectors.selector(get("labelSelector"), f"{where}.labelSelector", e)


def _label_keys(constraint: Any, at: str, e: Errors) -> None:
    keys, selector = constraint.get("matchLabelKeys"), constraint.get("labelSelector")
    if not keys:
        return
    used: set[str] = set()
    if selector is None:
        e.forbidden(at, "must not be specified when labelSelector is not set")
    else:
        used = {*(selector.get("matchLabels") or {})}
        used |= {each.get("key") or "" for each in selector.get("matchExpressions") or ()}
    for index, key in enumerate(keys):
        e.named(f"{at}[{index}]", key, names.qualified_name)
        if key in used:
            e.invalid(f"{at}[{index}]", key, "exists in both matchLabelKeys and labelSelector")
