"""What a Table is made of: columns, and a printer that turns an object into a row of cells.

A column's description is either its own text, or the schema's of a field (`of`), read when a Table is asked
for: most are paragraphs, and few kinds are ever printed.

Priority 0 is always shown, 1 only in wide output; a row has the cells of all columns in either case.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

from steersman.api.schema import loader
from steersman.api.tree import Tree

Cells = Callable[[Tree, float], list[Any]]
"""The cells of an object, in the order of the columns, seen at a moment."""


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    name: str
    description: str = ""
    of: str = ""
    """The field that describes it: `core.v1.PodStatus.podIP`."""
    type: str = "string"
    format: str = ""
    priority: int = 0

    def definition(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "format": self.format,
            "description": _described(self.of) if self.of else self.description,
            "priority": self.priority,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Printer:
    columns: Sequence[Column]
    cells: Cells
    conditions: Callable[[Tree], Sequence[Tree]] | None = None
    """What a client may grey a row out by; none for most."""
    order: Callable[[Tree], Any] | None = None
    """The key by which rows of a list are sorted; without it they keep the list's order."""
    reads: type[Any] | None = None
    """What the cells look at, as a type to decode into, `metadata` left as JSON; none: all of the object."""

    def row(self, tree: Tree, now: float) -> dict[str, Any]:
        made: dict[str, Any] = {"cells": self.cells(tree, now)}
        if self.conditions is not None:
            shown = self.conditions(tree)
            if shown:
                made["conditions"] = list(shown)
        return made

    def definitions(self) -> list[dict[str, Any]]:
        return [column.definition() for column in self.columns]


_META = "io.k8s.apimachinery.pkg.apis."
_API = "io.k8s.api."


@functools.lru_cache(maxsize=512)
def _described(of: str) -> str:
    definition, _, field = of.rpartition(".")
    prefix = _META if definition.startswith("meta.") else _API
    return loader.descriptions(prefix + definition).get(field, "")


def of(name: str, field: str, type: str = "string", *, priority: int = 0, format: str = "") -> Column:
    """A column that the schema describes."""
    return Column(name, of=field, type=type, priority=priority, format=format)


def wide(name: str, description: str) -> Column:
    """A column with a text of its own, shown in wide output only."""
    return Column(name, description, priority=1)


NAME = of("Name", "meta.v1.ObjectMeta.name", format="name")
AGE = of("Age", "meta.v1.ObjectMeta.creationTimestamp")
CREATED = of("Created At", "meta.v1.ObjectMeta.creationTimestamp", "date")
CONTAINERS = wide("Containers", "Names of each container in the template.")
IMAGES = wide("Images", "Images referenced by each container in the template.")
