"""The tree of an expression, before and after it is checked.

Every node has an `id`, unique in its tree, by which the checker's findings are kept beside the tree and not in
it, and the `offset` in code points at which cel-go would report it: an operator's own place, the `(` of a call,
the dot of a selection.  Operators are calls of functions with cel-go's names (`_+_`, `_&&_`, `@in`, `_[_]`).
Macros are expanded by the parser; only `Comprehension` is left of them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from steersman.cel import source
from steersman.cel.types import Type


@dataclasses.dataclass(frozen=True, slots=True)
class Expr:
    id: int
    offset: int


@dataclasses.dataclass(frozen=True, slots=True)
class Literal(Expr):
    value: Any
    """A CEL value (see `values`): None, bool, int, UInt, float, str or bytes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ident(Expr):
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Select(Expr):
    operand: Expr
    field: str
    test_only: bool = False
    """From `has(operand.field)`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Call(Expr):
    function: str
    target: Expr | None
    args: tuple[Expr, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class CreateList(Expr):
    elements: tuple[Expr, ...]
    optional: frozenset[int] = frozenset()
    """The indices written `?element`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    id: int
    offset: int
    key: Expr
    value: Expr
    optional: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class CreateMap(Expr):
    entries: tuple[Entry, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    id: int
    offset: int
    name: str
    value: Expr
    optional: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class CreateStruct(Expr):
    """`Object.spec{replicas: 1}`."""

    type_name: str
    fields: tuple[Field, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Comprehension(Expr):
    """Folds `iter_range` into `accu_var`.

    With `iter_var2` the first variable is the index or key and the second the element or value; without, a map
    gives its keys.  The fold stops where `loop_condition` is false.
    """

    iter_range: Expr
    iter_var: str
    iter_var2: str
    accu_var: str
    accu_init: Expr
    loop_condition: Expr
    loop_step: Expr
    result: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Parsed:
    source: source.Source
    root: Expr


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """What a name or call means: a variable or constant by `name`, or one of `overloads`."""

    name: str = ""
    overloads: tuple[str, ...] = ()
    value: Any = None
    """Of an enum or type constant."""
    constant: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    source: source.Source
    root: Expr
    types: Mapping[int, Type]
    """By node id."""
    references: Mapping[int, Reference]
    """By node id: of identifiers, of calls, and of selections that are a qualified name."""

    @property
    def result(self) -> Type:
        return self.types[self.root.id]
