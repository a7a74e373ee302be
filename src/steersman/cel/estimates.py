"""What an estimate of a call is told, what it may ask, and what it tells.

Overloads are declared with their estimates, so this stands below both the declarations and the walk in `estimating`
that calls them.
"""

import dataclasses
from typing import Protocol

from steersman.cel import ast, types
from steersman.cel.amounts import Cost, Size


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """An argument, as far as it is known."""

    path: tuple[str, ...] | None
    """From a variable; then field names, `@items`, `@keys`, `@values`.  None where the value was computed."""
    type: types.Type
    expr: ast.Expr | None
    size: Size | None = None
    """As the expression itself tells; None where only a Sizer may know."""


@dataclasses.dataclass(frozen=True, slots=True)
class CallEstimate:
    cost: Cost
    result_size: Size | None = None
    """Of a string, bytes, list or map."""


class Estimator(Protocol):
    """Whom an overload's estimate asks."""

    def size_of(self, node: Node) -> Size: ...


class Sizer(Protocol):
    def size(self, node: Node) -> Size | None: ...


class NoSizes:
    def size(self, node: Node) -> Size | None:
        return None
