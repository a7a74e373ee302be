"""Which names a definition gets, and the two conditions that say so.

A name that another resource of the group has is not given.  A definition is established when it first has all
of its names, and stays so.  `plan` is a function of the definition and of the names that others hold.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from steersman.api.tree import Tree, at
from steersman.apiserver.custom import definition as definitions

Status = dict[str, Any]


def names_of(definition: Tree) -> set[str]:
    """The resource names that a definition holds: plural, singular and short."""
    given = at(definition, "status", "acceptedNames", default={})
    return {given.get("plural") or "", given.get("singular") or "", *(given.get("shortNames") or ())} - {""}


def kinds_of(definition: Tree) -> set[str]:
    given = at(definition, "status", "acceptedNames", default={})
    return {given.get("kind") or "", given.get("listKind") or ""} - {""}


def plan(definition: Tree, others: Iterable[Tree], now: str) -> Status | None:
    """The status to write; None where it is right."""
    if definition["spec"]["names"] == at(definition, "status", "acceptedNames"):
        return None  # as the reference: conditions that somebody took away stay away
    group = definition["spec"]["group"]
    name = definition["metadata"]["name"]
    same = [each for each in others if each["spec"]["group"] == group and each["metadata"]["name"] != name]
    taken = set[str]().union(*(names_of(each) for each in same))
    kinds = set[str]().union(*(kinds_of(each) for each in same))
    accepted, refused = _accepted(definition, taken, kinds)
    if refused:
        named = {"type": "NamesAccepted", "status": "False", "reason": refused[0], "message": refused[1]}
    else:
        named = {
            "type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found",
        }  # fmt: skip
    wanted = [named]
    if definitions.condition(definition, "Established") != "True":
        if refused:
            established = {"status": "False", "reason": "NotAccepted", "message": "not all names are accepted"}
        else:
            text = "the initial names have been accepted"
            established = {"status": "True", "reason": "InitialNamesAccepted", "message": text}
        wanted.append({"type": "Established", **established})
    status: Status = dict(definition.get("status") or {})
    before = at(definition, "status", "conditions", default=None) or []
    conditions = list(before)
    for each in wanted:
        conditions = with_condition(conditions, each, now)
    if conditions == before and status.get("acceptedNames") == accepted:
        return None
    return {**status, "conditions": conditions, "acceptedNames": accepted}


def with_condition(conditions: list[Any], wanted: Mapping[str, str], now: str) -> list[Any]:
    """The conditions with one set; its time moves with its status."""
    made, found = [], False
    for each in conditions:
        if each.get("type") != wanted["type"]:
            made.append(each)
            continue
        found = True
        same = each.get("status") == wanted["status"]
        made.append(_ordered(wanted, each.get("lastTransitionTime", now) if same else now))
    return made if found else [*made, _ordered(wanted, now)]


def _ordered(wanted: Mapping[str, str], moment: str) -> dict[str, str]:
    return {
        "type": wanted["type"], "status": wanted["status"], "lastTransitionTime": moment,
        "reason": wanted["reason"], "message": wanted["message"],
    }  # fmt: skip


def _accepted(definition: Tree, taken: set[str], kinds: set[str]) -> tuple[dict[str, Any], tuple[str, str] | None]:
    """The names it gets, and why it does not get all of those that it asks for."""
    asked = definition["spec"]["names"]
    have = at(definition, "status", "acceptedNames", default={})
    made: dict[str, Any] = {}
    refused: tuple[str, str] | None = None
    for field, held, reason in (
        ("plural", taken, "PluralConflict"), ("singular", taken, "SingularConflict"),
        ("shortNames", taken, "ShortNamesConflict"), ("kind", kinds, "KindConflict"),
        ("listKind", kinds, "ListKindConflict"),
    ):  # fmt: skip
        value = asked.get(field)
        each = value if isinstance(value, list) else [value] if value else []
        clash = [name for name in each if name in held]
        if clash:
            refused = (reason, ", ".join(f'"{name}" is already in use' for name in clash))
            value = have.get(field)
        if value or field in ("plural", "kind"):
            made[field] = value or ""
    if asked.get("categories"):
        made["categories"] = asked["categories"]
    return made, refused
