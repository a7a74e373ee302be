"""Expressions of admission policies: variables that build on each other, and evaluation against one budget.

    composed = Composition(params=True)
    composed.add("ports", "object.spec.ports")          # raises compiling.Refused, and knows the name all the same
    compiled = composed.compile("variables.ports.size() < 3", types.BOOL)
    run = Evaluation(composed, variables)               # of one write; see `requests` for the variables
    run.value(compiled)                                 # raises Failed, OutOfBudget

A variable is known to those after it, and to all other expressions.  It is computed when something asks for it, once
an `Evaluation`; what it costs is paid by who asked.  One that does not compile is of no certain type, so that the
others can still be checked; whoever reads it fails.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from steersman.api import status
from steersman.api.cel import compiling, declared, environments, jsonpatch, requests
from steersman.cel import environment as environment_
from steersman.cel import types, values

VARIABLES = "variables"
OBJECT = types.object_("Object")
PATCH = types.list_of(jsonpatch.TYPE)
_VARIABLES_TYPE = types.object_("kubernetes.variables")
_KEPT = frozenset({
    types.Kind.BOOL, types.Kind.BYTES, types.Kind.DOUBLE, types.Kind.DURATION, types.Kind.INT, types.Kind.NULL,
    types.Kind.STRING, types.Kind.TIMESTAMP, types.Kind.UINT,
})  # fmt: skip


class Failed(Exception):
    """No value; the text says why."""


class OutOfBudget(Failed):
    """Nothing more of the policy is evaluated."""

    def __init__(self) -> None:
        super().__init__(environments.OUT_OF_BUDGET)


class _Objects:
    """`Object{}` and `Object.spec.template{}`: types of what a mutation applies, of any fields.  A types.Provider."""

    def find(self, name: str) -> types.Type | None:
        return types.object_(name) if name == "Object" or name.startswith("Object.") else None

    def field(self, type_name: str, field: str) -> types.FieldType | None:
        return types.FieldType(types.DYN, field)

    def fields(self, type_name: str) -> tuple[str, ...]:
        return ()


_PATCH_TYPES = declared.Together(jsonpatch.TYPES, _Objects())


class Composition:
    """The variables of one policy, and the environments of its expressions.

    `base` is for who knows more of the types of the variables than the API server does: see `requests.environment`.
    """

    def __init__(self, *, params: bool, base: environment_.Environment | None = None) -> None:
        self.compiled: dict[str, compiling.Compiled | compiling.Refused] = {}
        self._params = params
        self._base = base
        self._fields: dict[str, types.FieldType] = {}
        self._provider = declared.Declared({_VARIABLES_TYPE.name: self._fields})
        self._environments: dict[tuple[bool, bool], environment_.Environment] = {}

    def add(self, name: str, text: str) -> None:
        """The next variable.  Raises compiling.Refused."""
        try:
            made = self.compile(text)
        except compiling.Refused as error:
            self._fields[name] = types.FieldType(types.DYN, name)
            self.compiled[name] = error
            raise
        self._fields[name] = types.FieldType(_kept(made.checked.result), name)
        self.compiled[name] = made

    def compile(
        self, text: str, *results: types.Type, authorizer: bool = True, patches: bool = False
    ) -> compiling.Compiled:
        """With `patches` the types that a mutation makes are known.  Raises compiling.Refused."""
        return compiling.compile(text, self._environment(authorizer=authorizer, patches=patches), *results)

    def _environment(self, *, authorizer: bool, patches: bool) -> environment_.Environment:
        found = self._environments.get((authorizer, patches))
        if found is None:
            base = self._base or requests.environment(params=self._params, authorizer=authorizer)
            more = (_PATCH_TYPES,) if patches else ()
            found = self._environments[authorizer, patches] = base.extended(
                variables={VARIABLES: _VARIABLES_TYPE},
                libraries=(jsonpatch.LIBRARY,) if patches else (),
                provider=declared.Together(self._provider, base.provider, *more),
            )
        return found


def _kept(type: types.Type) -> types.Type:
    """What is remembered of a variable's type."""
    if type.kind in _KEPT:
        return type
    if type.kind is types.Kind.LIST:
        return types.list_of(_kept(type.parameters[0]))
    if type.kind is types.Kind.MAP:
        return types.map_of(_kept(type.parameters[0]), _kept(type.parameters[1]))
    return types.DYN


class Evaluation:
    """The expressions of one purpose, on one write; `left` is what they may still cost together."""

    def __init__(
        self, composed: Composition, variables: Mapping[str, Any], budget: int = environments.RUNTIME_BUDGET
    ) -> None:
        self.left = budget
        self._composed = _Composed(composed.compiled, variables)
        self._variables = {**variables, VARIABLES: self._composed}

    def value(self, compiled: compiling.Compiled | compiling.Refused) -> Any:
        """Raises Failed where there is none, OutOfBudget where nothing is left."""
        if isinstance(compiled, compiling.Refused):
            raise Failed(f"compilation error: {compiled}")
        failure: values.EvaluationError | None = None
        value = None
        try:
            value, cost = compiled.program.run(self._variables, limit=environments.PER_CALL_LIMIT)
        except values.EvaluationError as error:
            failure, cost = error, error.cost
        cost += self._composed.spent()
        if cost > self.left:
            raise OutOfBudget from failure
        self.left -= cost
        if failure is not None:
            raise Failed(f"expression '{compiled.text}' resulted in error: {failure}") from failure
        return value


class _Composed(Mapping[str, Any]):
    """The value of `variables`."""

    def __init__(
        self, compiled: Mapping[str, compiling.Compiled | compiling.Refused], variables: Mapping[str, Any]
    ) -> None:
        self._compiled = compiled
        self._variables = {**variables, VARIABLES: self}
        self._known: dict[str, Any] = {}
        self._cost = 0

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = self._computed(name)
        found = self._known[name]
        if isinstance(found, values.EvaluationError):
            raise values.EvaluationError(found.message)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)

    def spent(self) -> int:
        """Since it was last asked."""
        spent, self._cost = self._cost, 0
        return spent

    def _computed(self, name: str) -> Any:
        """A value, or the error of having none."""
        compiled = self._compiled[name]
        what = f"composited variable {status.quoted(name)} fails to"
        if isinstance(compiled, compiling.Refused):
            return values.EvaluationError(f"{what} compile: {compiled}")
        try:
            value, cost = compiled.program.run(self._variables, limit=environments.PER_CALL_LIMIT)
        except values.EvaluationError as error:
            self._cost += error.cost
            return values.EvaluationError(f"{what} evaluate: {error}")
        self._cost += cost
        return value
