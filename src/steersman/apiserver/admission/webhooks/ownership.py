"""What a hook may not spoil: who owns which field.

Hooks see `metadata.managedFields` and may change them; what they change elsewhere is owned by nobody.  Entries that
cannot be read are put back as they were, and the client is warned: its hook does not know them and lost something.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api import status, tree
from steersman.api.apply import fieldset
from steersman.api.tree import Tree

WARNING = (
    ".metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating "
    "admission controller; please fix your requests: "
)


def kept(new: Tree, before: Tree, warnings: list[str]) -> Tree:
    """The object that hooks made, with the entries from before where theirs are none."""
    metadata: Mapping[str, Any] = new.get("metadata") or {}
    entries, old = metadata.get("managedFields"), (before.get("metadata") or {}).get("managedFields")
    if entries == old:
        return new
    why = _fault(entries or [])
    if not why:
        return new
    warnings.append(WARNING + why)
    return tree.edited(new, old, "metadata", "managedFields")


def _fault(entries: Any) -> str:
    """Why entries cannot be read; empty where they can."""
    for index, entry in enumerate(entries):
        if entry.get("operation") not in ("Apply", "Update"):
            return "operation must be `Apply` or `Update`"
        if not entry.get("apiVersion"):
            return "apiVersion must not be empty"
        kind = entry.get("fieldsType") or ""
        if not kind:
            return f"missing fieldsType in managed fields entry {index}"
        if kind != "FieldsV1":
            return f"invalid fieldsType {status.quoted(kind)} in managed fields entry {index}"
        try:
            fieldset.canonical(entry.get("fieldsV1") or {})
        except ValueError as error:
            return f"error decoding versioned set of managed fields entry {index}: {error}"
    return ""
