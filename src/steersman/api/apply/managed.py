"""`metadata.managedFields` on every write that is no apply: who changed a field owns it.

`updated` compares the object before and after and moves ownership: what changed or came goes to the writer
and is taken from everybody else, what went is taken from all.  A writer who changed nothing keeps its entry
as it is, time included; an entry that owns nothing goes.  An object without entries stays without.

Kept from the reference: `apiVersion`, `kind` and the metadata that the server itself writes are never owned;
at most ten entries come from updates, older ones of the same version are merged into `ancient-changes`;
applies stand before updates, and among themselves entries stand by time.

When to call it: after decoding and defaulting, before mutating admission and before the registry prepares
the object.  What those change is owned by nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from steersman.api import schema
from steersman.api.apply import comparison, fieldset
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree

UPDATE, APPLY = "Update", "Apply"
MAX_UPDATE_MANAGERS = 10
ANCIENT = "ancient-changes"
MAX_MANAGER_LENGTH = 128

STRIPPED = fieldset.fields(
    "apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace", "metadata.creationTimestamp",
    "metadata.selfLink", "metadata.uid", "metadata.clusterName", "metadata.generation", "metadata.managedFields",
    "metadata.resourceVersion",
)  # fmt: skip
"""What the server writes, or what names the object: owned by nobody."""

_TIMELESS = frozenset({"scale"})
"""Subresources whose entries carry no time: the reference loses it where it maps Scale to the scaled object."""

Convert = Callable[[Tree, str], tuple[Tree, Node | None] | None]
"""An object in another version and that version's type; None where there is no such version any more."""


def entry(
    manager: str,
    operation: str,
    api_version: str,
    fields: fieldset.Set,
    now: str,
    subresource: str = "",
) -> MutableTree:
    """One entry, its members in the order in which they are written."""
    made: MutableTree = {"manager": manager, "operation": operation, "apiVersion": api_version}
    if now:
        made["time"] = now
    made.update(fieldsType="FieldsV1", fieldsV1=fields)
    if subresource:
        made["subresource"] = subresource
    return made


def identity(of: Tree) -> tuple[str, str, str, str]:
    """What makes two entries the same; an applier is the same in every version."""
    operation = of.get("operation", "")
    version = "" if operation == APPLY else of.get("apiVersion", "")
    return of.get("manager", ""), operation, version, of.get("subresource", "")


def manager_name(field_manager: str, user_agent: str) -> str:
    """Who writes: the name asked for, or the first part of the User-Agent."""
    name = field_manager or user_agent.split("/", 1)[0][:MAX_MANAGER_LENGTH]
    return "".join(c if c.isprintable() else "\ufffd" for c in name) or "unknown"


def base(live: Sequence[Tree] | None, sent: Sequence[Tree] | None, *, subresource: bool = False) -> list[Tree]:
    """The entries that a write starts from: those the client sent, unless there are none or they are malformed.

    `sent` is None where the client says nothing; an empty list, or one empty entry, asks for a reset.  A write
    to a subresource cannot set them.
    """
    before = list(live or ())
    if subresource or sent is None:
        return before
    if list(sent) in ([], [{}]):
        return []
    if sent == before:
        return before
    try:
        return [_checked(item) for item in sent]
    except (ValueError, TypeError):
        return before


def _checked(item: Tree) -> Tree:
    """An entry that a client sent, in canonical form.  Raises ValueError."""
    if item.get("fieldsType", "") != "FieldsV1" or item.get("operation") not in (UPDATE, APPLY):
        raise ValueError("malformed managedFields entry")
    return {**item, "fieldsV1": fieldset.canonical(item.get("fieldsV1") or {})}


def empty(node: Node | None) -> Tree:
    """What Go's empty object of a type has; the other side of the comparison on create."""
    return schema.zero(node) if node is not None and node.zeros else {}


def updated(
    old: Tree | None,
    new: Tree,
    node: Node | None,
    entries: Sequence[Tree],
    *,
    manager: str,
    api_version: str,
    now: str,
    subresource: str = "",
    reset: fieldset.Set = fieldset.EMPTY,
    only: fieldset.Set = fieldset.EMPTY,
    convert: Convert | None = None,
) -> list[Tree]:
    """The entries after a write; `entries` are those before it (see `base`), `old` is None on create.

    `reset` are fields that this write may not own, `only` (where not empty) the only ones that it may.
    """
    if old is not None and not entries:
        return []  # never tracked, or reset: only an apply begins to track it
    if old is None:
        before = empty(node)
        difference = comparison.of_new(before, new, node).excluding(reset)
    else:
        before = old
        difference = comparison.compare(before, new, node).excluding(reset)
    if only:
        difference = difference.within(only)
    kept = disowned(entries, difference, before, new, api_version, convert, reset) if entries else []
    taken = fieldset.difference(difference.changed, STRIPPED)
    if not taken:
        return kept if kept is entries else in_order(kept)
    mine = entry(manager, UPDATE, api_version, taken, "" if subresource in _TIMELESS else now, subresource)
    who = identity(mine)
    for position, other in enumerate(kept):
        if identity(other) == who:
            mine["fieldsV1"] = fieldset.union(taken, other.get("fieldsV1") or {})
            kept = [*kept[:position], *kept[position + 1 :]]
            break
    return in_order(_capped([*kept, mine]))


def disowned(
    entries: Sequence[Tree],
    difference: comparison.Comparison,
    old: Tree,
    new: Tree,
    api_version: str,
    convert: Convert | None,
    reset: fieldset.Set,
) -> list[Tree]:
    """The entries without what changed, came or went."""
    touched = fieldset.union(difference.changed, difference.removed)
    if not touched:
        return list(entries)
    others: dict[str, fieldset.Set] = {api_version: touched}
    kept: list[Tree] = []
    for item in entries:
        version = item.get("apiVersion", "")
        if version not in others:
            found = _touched_in(version, old, new, convert, reset) if convert else touched
            if found is None:
                continue
            others[version] = found
        owned = item.get("fieldsV1") or {}
        left = fieldset.difference(owned, others[version])
        if left is owned:
            kept.append(item)
        elif left:
            kept.append({**item, "fieldsV1": left})
    return kept


def _touched_in(version: str, old: Tree, new: Tree, convert: Convert, reset: fieldset.Set) -> fieldset.Set | None:
    """The same in another version; None where the version is gone, and with it the entry."""
    before, after = convert(old, version), convert(new, version)
    if before is None or after is None:
        return None
    difference = comparison.compare(before[0], after[0], after[1]).excluding(reset)
    return fieldset.union(difference.changed, difference.removed)


def _capped(entries: list[Tree]) -> list[Tree]:
    """At most ten entries from updates: the oldest of a version are merged into one."""
    updates = [item for item in entries if item.get("operation") != APPLY]
    if len(updates) <= MAX_UPDATE_MANAGERS:
        return entries
    updates.sort(key=lambda item: (item.get("time", ""), order_text(item)))
    found: dict[tuple[str, ...], Tree] = {identity(item): item for item in entries}
    first: dict[str, tuple[str, ...]] = {}
    count = len(updates)
    for item in updates:
        if count <= MAX_UPDATE_MANAGERS:
            break
        version = item.get("apiVersion", "")
        if version not in first:
            first[version] = identity(item)
            continue
        bucket = (ANCIENT, UPDATE, version, "")
        if bucket not in found:
            oldest = found.pop(first[version])
            found[bucket] = entry(ANCIENT, UPDATE, version, oldest.get("fieldsV1") or {}, "")
        together = fieldset.union(item.get("fieldsV1") or {}, found[bucket].get("fieldsV1") or {})
        if identity(item) != bucket:
            found.pop(identity(item))
            count -= 1
        found[bucket] = entry(ANCIENT, UPDATE, version, together, item.get("time", ""))
    return list(found.values())


def order_text(item: Tree) -> str:
    """The identity as the reference sorts it: the JSON of the entry without fields and time."""
    manager, operation, version, subresource = identity(item)
    return f'{{"manager":"{manager}","operation":"{operation}","apiVersion":"{version}","subresource":"{subresource}"}}'


def in_order(entries: Iterable[Tree]) -> list[Tree]:
    return sorted(entries, key=_order)


def _order(item: Tree) -> tuple[str, str, str, str, str]:
    return (
        item.get("operation", ""), item.get("time", ""), item.get("manager", ""), item.get("apiVersion", ""),
        item.get("subresource", ""),
    )  # fmt: skip


def same_but_times(left: Sequence[Mapping[str, Any]] | None, right: Sequence[Mapping[str, Any]] | None) -> bool:
    """Whether entries differ at most in their times: a write that changes nothing else is no write."""
    mine, theirs = list(left or ()), list(right or ())
    return len(mine) == len(theirs) and all(
        {**a, "time": ""} == {**b, "time": ""} for a, b in zip(mine, theirs, strict=True)
    )
