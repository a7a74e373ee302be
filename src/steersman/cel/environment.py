"""Which names an expression may use, and the two steps from text to something that runs.

    env = Environment((standard.LIBRARY, strings.LIBRARY), {"self": types.INT})
    checked = env.compile("self > 3")          # raises source.CompileError
    program = env.program(checked)
    program.evaluate({"self": 4})              # raises values.EvaluationError

An environment is a value: making one is cheap, `extended` makes another, and what it needs of its libraries'
functions by name is made once and shared.
"""

import dataclasses
import functools
from collections.abc import Iterable, Mapping
from typing import Any

from steersman.cel import ast, checking, declarations, evaluating, parsing, source, types, validating


@dataclasses.dataclass(frozen=True)
class Environment:
    libraries: tuple[declarations.Library, ...]
    variables: Mapping[str, types.Type] = dataclasses.field(default_factory=dict)
    provider: types.Provider = dataclasses.field(default_factory=types.NoTypes)
    optional_syntax: bool = True
    """Whether `a.?b`, `a[?b]` and `{?k: v}` are understood."""

    def extended(
        self,
        *,
        variables: Mapping[str, types.Type] | None = None,
        libraries: Iterable[declarations.Library] = (),
        provider: types.Provider | None = None,
    ) -> "Environment":
        return dataclasses.replace(
            self,
            libraries=(*self.libraries, *libraries),
            variables={**self.variables, **(variables or {})},
            provider=provider or self.provider,
        )

    @property
    def functions(self) -> Mapping[str, declarations.Function]:
        return _functions(self.libraries)

    @property
    def constants(self) -> Mapping[str, tuple[types.Type, Any]]:
        return _constants(self.libraries)

    def parse(self, text: str) -> ast.Parsed:
        """Raises source.CompileError."""
        return parsing.parse(source.Source(text), _macros(self.libraries), optional_syntax=self.optional_syntax)

    def compile(self, text: str) -> ast.Checked:
        """Raises source.CompileError."""
        checked = checking.check(self.parse(text), self)
        validating.validate(checked, self)
        return checked

    def program(self, checked: ast.Checked) -> evaluating.Program:
        return evaluating.plan(checked, self)


@functools.lru_cache(maxsize=64)
def _functions(libraries: tuple[declarations.Library, ...]) -> Mapping[str, declarations.Function]:
    """Overloads that several libraries give one function stand together, in the libraries' order."""
    merged: dict[str, declarations.Function] = {}
    for library in libraries:
        for function in library.functions:
            there = merged.get(function.name)
            overloads = (*there.overloads, *function.overloads) if there else function.overloads
            merged[function.name] = declarations.Function(function.name, overloads)
    return merged


@functools.lru_cache(maxsize=64)
def _constants(libraries: tuple[declarations.Library, ...]) -> Mapping[str, tuple[types.Type, Any]]:
    return {name: constant for library in libraries for name, constant in library.constants.items()}


@functools.lru_cache(maxsize=64)
def _macros(libraries: tuple[declarations.Library, ...]) -> Mapping[tuple[str, int | None, bool], declarations.Macro]:
    return {(m.name, m.arguments, m.receiver): m for library in libraries for m in library.macros}
