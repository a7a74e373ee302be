"""What a kind with a status of the API server's own has to say about itself."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from steersman.api.tree import Tree, at
from steersman.apiserver.registry import reader

Condition = dict[str, Any]
Plan = Callable[[Tree, reader.Reader, str], Condition | None]
"""The condition to write, of an object at a moment; None where what it says is right."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    prefix: str
    """Where its objects are stored."""
    refers_to: Sequence[str]
    """The same for what its status depends on."""
    manager: str
    applies: bool
    """Whether its condition is applied, or written into the list of all."""
    plan: Plan


def differing(tree: Tree, wanted: Condition, now: str) -> Condition | None:
    """The condition with its times where the object says something else; None where it says so already."""
    conditions = at(tree, "status", "conditions", default=None) or ()
    present: Tree = next((each for each in conditions if each.get("type") == wanted["type"]), {})
    if all(present.get(key) == value for key, value in wanted.items()):
        return None
    moved = present.get("status") != wanted["status"]
    return {**wanted, "lastTransitionTime": now if moved else present.get("lastTransitionTime")}


def with_condition(tree: Tree, condition: Condition) -> list[Any]:
    """The object's conditions with one set, in the place where it is."""
    present = at(tree, "status", "conditions", default=None) or ()
    made = [condition if each.get("type") == condition["type"] else each for each in present]
    return made if condition in made else [*made, condition]
