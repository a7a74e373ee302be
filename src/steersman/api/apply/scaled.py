"""Who owns the replicas, told of an object and told of its Scale.

A Scale is made of the object and has no entries of its own: those of the object that own its replicas own
`spec.replicas` of the Scale (`of_scale`).  After an apply to the Scale what it decided goes back (`of_object`):
whoever lost the Scale's replicas loses the object's, and who applied gets an entry of the sub-resource.
Such an entry has no time; the reference loses it on the same way.
"""

from collections.abc import Sequence

from steersman.api.apply import elements, fieldset, managed
from steersman.api.tree import Tree

VERSION = "autoscaling/v1"
REPLICAS = fieldset.fields("spec.replicas")


def of_scale(entries: Sequence[Tree], path: Sequence[str]) -> list[Tree]:
    """The entries of a Scale; `path` are the names on the way to the object's replicas."""
    steps = _steps(path)
    return [
        {**each, "apiVersion": VERSION, "fieldsV1": REPLICAS}
        for each in entries
        if fieldset.has(each.get("fieldsV1") or {}, steps)
    ]


def of_object(entries: Sequence[Tree], scale: Sequence[Tree], path: Sequence[str], *, api_version: str) -> list[Tree]:
    """The object's entries after an apply to its Scale left `scale`; `entries` are those before it."""
    steps = _steps(path)
    replicas = fieldset.of_paths([steps])
    owners = {
        _who(each): each for each in scale if fieldset.has(each.get("fieldsV1") or {}, _steps(("spec", "replicas")))
    }
    kept: list[Tree] = []
    for each in entries:
        owned = each.get("fieldsV1") or {}
        if not fieldset.has(owned, steps) or owners.pop(_who(each), None) is not None:
            kept.append(each)
            continue
        left = fieldset.difference(owned, replicas)
        if left:
            kept.append({**each, "fieldsV1": left})
    for each in owners.values():
        who, operation, _, subresource = managed.identity(each)
        kept.append(managed.entry(who, operation, api_version, replicas, "", subresource))
    return managed.in_order(kept)


def _steps(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(elements.field(name) for name in path)


def _who(entry: Tree) -> tuple[str, str, str]:
    """The version is left out: it is the Scale's here and the object's there."""
    return entry.get("manager", ""), entry.get("operation", ""), entry.get("subresource", "")
