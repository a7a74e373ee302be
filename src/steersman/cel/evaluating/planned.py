"""A planned node: a step, and what running it costs however it goes; that is charged by whoever decides to run it.

Two kinds are more than that: a constant is known already, and an attribute can still be extended by a qualifier, and
is cheaper by one where cel-go resolves it as part of another attribute (a ternary's branch, an index).

`Planner` is what who plans one kind of node asks of the one that plans them all (`planning`).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from steersman.cel import ast, declarations, types, values
from steersman.cel.evaluating import attributes, frames


@dataclasses.dataclass(frozen=True, slots=True)
class Planned:
    step: frames.Step
    cost: int = 0
    constant: Any = values.MISSING
    attribute: "Attribute | None" = None

    @property
    def inner_cost(self) -> int:
        """As a part of another attribute."""
        return self.cost - (self.attribute.cost if self.attribute else 0)


@dataclasses.dataclass(frozen=True, slots=True)
class Attribute:
    base: frames.Step
    base_cost: int
    """Of what it starts at, where that is no variable."""
    cost: int = 1
    """Of itself, before any qualifier; a ternary as an attribute has none."""
    variable: tuple[int, str] | None = None
    """The place and the name, where it starts at a variable."""
    qualifiers: tuple[attributes.Qualifier, ...] = ()
    qualifier_cost: int = 0

    def planned(self) -> Planned:
        cost = self.base_cost + self.cost + self.qualifier_cost
        if not self.qualifiers:
            step = self.base
        elif self.variable is not None:
            step = attributes.path(*self.variable, self.qualifiers)
        else:
            step = attributes.relative(self.base, self.qualifiers)
        return Planned(step, cost, attribute=self)

    def qualified(self, qualifier: attributes.Qualifier) -> "Attribute":
        cost = self.qualifier_cost + qualifier.cost
        return dataclasses.replace(self, qualifiers=(*self.qualifiers, qualifier), qualifier_cost=cost)


def constant(value: Any) -> Planned:
    def run(frame: frames.Frame) -> Any:
        return value

    return Planned(run, constant=value)


class Planner(Protocol):
    growing: dict[str, int]
    """Accumulators that start empty and that the step being planned may add to in place, with their slots."""

    @property
    def checked(self) -> ast.Checked: ...

    @property
    def overloads(self) -> Mapping[str, tuple[declarations.Overload, str]]:
        """By id, with the name of its library."""
        ...

    def type(self, node: ast.Expr) -> types.Type: ...

    def node(self, node: ast.Expr) -> Planned: ...

    def nodes(self, nodes: Sequence[ast.Expr]) -> list[Planned]: ...

    def attribute(self, node: ast.Expr) -> Attribute: ...

    def field(self, operand: ast.Expr, field: str, *, optional: bool = False) -> attributes.Qualifier: ...

    def new_slot(self) -> int: ...

    def slot(self, name: str) -> int | None:
        """Of a fold's variable that is in sight."""
        ...

    def enter(self, scope: dict[str, int]) -> None: ...

    def leave(self) -> None: ...
