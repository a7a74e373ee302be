"""An apply that would take fields from their owners: the refusal, in the reference's words."""

import dataclasses
from collections.abc import Sequence

from steersman.api import field, status
from steersman.api.apply import fieldset, managed
from steersman.api.status import StatusError
from steersman.api.tree import Tree


@dataclasses.dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else owns."""

    owner: Tree
    """The owner's entry."""
    path: tuple[str, ...]

    @property
    def where(self) -> str:
        return fieldset.shown(self.path)


class ApplyConflict(Exception):
    """What stands between an apply and its fields.  `refusal` is the answer that the client gets."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(message(self.conflicts))

    def refusal(self) -> StatusError:
        causes = [
            {"reason": "FieldManagerConflict", "message": f"conflict with {owner(c.owner)}", "field": c.where}
            for c in self.conflicts
        ]
        return status.failure(409, "Conflict", str(self), {"causes": causes})


def owner(entry: Tree) -> str:
    """`"kubectl" with subresource "scale" using apps/v1`."""
    text = field.quoted(entry.get("manager", ""))
    if entry.get("subresource"):
        text += f" with subresource {field.quoted(entry['subresource'])}"
    if entry.get("operation") == managed.UPDATE:
        text += f" using {entry.get('apiVersion', '')}"
    return text


def message(conflicts: Sequence[Conflict]) -> str:
    if len(conflicts) == 1:
        only = conflicts[0]
        return f"Apply failed with 1 conflict: conflict with {owner(only.owner)}: {only.where}"
    lines: list[str] = []
    by_owner: dict[tuple[str, ...], list[Conflict]] = {}
    for conflict in conflicts:
        by_owner.setdefault(managed.identity(conflict.owner), []).append(conflict)
    for found in by_owner.values():
        lines.append(f"conflicts with {owner(found[0].owner)}:")
        lines.extend(f"- {conflict.where}" for conflict in found)
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
