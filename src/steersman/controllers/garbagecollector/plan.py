"""What is to be done with one object, given its owners.

Pure.  An owner is `solid` (there), `dangling` (known to be absent), or `waiting` (there, deleted in the
foreground, and this object blocks it).  An object with a solid owner stays and loses its other references;
one whose owners wait is deleted, in the foreground if it has dependents that must go before it; one whose
owners are all dangling is deleted as it wishes itself.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence

from steersman.controllers.garbagecollector.graph import FOREGROUND, ORPHAN, Node, Owner


class Standing(enum.Enum):
    SOLID = "solid"
    DANGLING = "dangling"
    WAITING = "waiting"


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """At most one of these is set."""

    drop_owners: Sequence[str] = ()
    """uids of owner references to take off."""
    unblock: bool = False
    """Let owners that wait go although this object stays: circles are cut there."""
    delete: str = ""
    """The propagation policy to delete with."""


def plan(node: Node, standing: Mapping[str, Standing]) -> Plan:
    """`standing` is of each owner by uid."""
    if not node.owners:
        return Plan()
    dangling = [owner.uid for owner in node.owners if standing[owner.uid] is Standing.DANGLING]
    waiting = [owner.uid for owner in node.owners if standing[owner.uid] is Standing.WAITING]
    solid = len(node.owners) - len(dangling) - len(waiting)
    if solid:
        return Plan(drop_owners=tuple(dangling + waiting))
    if waiting and node.dependents:
        # A dependent that waits for its own dependents would wait for ever in a circle.
        circle = any(each.deleting_dependents for each in node.dependents.values())
        return Plan(delete="Foreground", unblock=circle)
    return Plan(delete=policy(node))


def policy(node: Node) -> str:
    """The propagation that the object's own finalizers ask for."""
    if ORPHAN in node.finalizers:
        return "Orphan"
    if FOREGROUND in node.finalizers:
        return "Foreground"
    return "Background"


def remaining(owners: Sequence[Owner], drop: Sequence[str]) -> list[Owner]:
    return [owner for owner in owners if owner.uid not in drop]
