"""What an environment offers to expressions: functions, macros, constants.  A library is a named set of them.

A function's declaration, what it does, what a call of it costs and what one is expected to cost stand together
in its overloads, so that a library is one file and cannot be half there.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from steersman.cel import ast, estimates, expanding, types

Implementation = Callable[..., Any]
"""Takes the target, if the overload is a member, and the arguments, all CEL values; raises `values.EvaluationError`."""

RuntimeCost = Callable[[Sequence[Any], Any], int]
"""(arguments with the target first, result) -> units."""

CostEstimate = Callable[
    [estimates.Estimator, estimates.Node | None, Sequence[estimates.Node]], estimates.CallEstimate | None
]
"""(estimator, target, arguments) -> what a call costs and how large its result is; None for the default."""


@dataclasses.dataclass(frozen=True, slots=True)
class Overload:
    id: str
    arguments: tuple[types.Type, ...]
    """With the target first when `member`."""
    result: types.Type
    implementation: Implementation | None = None
    """None for what the evaluator does itself (`_&&_`, `_?_:_`, `_[_]`)."""
    member: bool = False
    cost: RuntimeCost | None = None
    """None for 1."""
    estimate: CostEstimate | None = None
    """None for 1."""
    is_quick: bool = False
    """Whether a call takes no time to speak of, whatever it is charged."""
    pattern: int | None = None
    """The argument that is a regular expression: a constant one is read when the program is made."""


@dataclasses.dataclass(frozen=True, slots=True)
class Function:
    name: str
    overloads: tuple[Overload, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Macro:
    """`expand(expander, target, arguments)` gives the expansion, or None to leave the call as it is; it raises
    `expanding.MacroError` with cel-go's words."""

    name: str
    arguments: int | None
    """None for any number."""
    receiver: bool
    expand: Callable[[expanding.Expander, ast.Expr | None, tuple[ast.Expr, ...]], ast.Expr | None]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Compared and hashed by identity: there is one of each."""

    name: str
    functions: tuple[Function, ...] = ()
    macros: tuple[Macro, ...] = ()
    constants: Mapping[str, tuple[types.Type, Any]] = dataclasses.field(default_factory=dict)
    """Names with their type and value: type names, enum values."""


class Names(Protocol):
    """The names that an expression may use, for who checks, estimates or plans one; `environment.Environment` has
    them."""

    @property
    def libraries(self) -> tuple[Library, ...]: ...

    @property
    def variables(self) -> Mapping[str, types.Type]: ...

    @property
    def provider(self) -> types.Provider: ...

    @property
    def functions(self) -> Mapping[str, Function]:
        """Of all libraries, by name."""
        ...

    @property
    def constants(self) -> Mapping[str, tuple[types.Type, Any]]: ...
