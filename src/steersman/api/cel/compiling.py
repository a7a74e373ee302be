"""A field's expression, compiled, with Kubernetes' words for why it is refused."""

from typing import NamedTuple

from steersman.cel import ast, environment, evaluating, source, types, values


class Refused(ValueError):
    """The detail of an "Invalid value" error."""


class Compiled(NamedTuple):
    text: str
    checked: ast.Checked
    program: evaluating.Program


def compile(text: str, environment: environment.Environment, *results: types.Type) -> Compiled:
    """An expression that gives one of `results`; of anything where there are none.  Raises Refused."""
    try:
        checked = environment.compile(text)
    except source.CompileError as error:
        raise Refused(f"compilation failed: {error}") from None
    if results and checked.result not in results:
        wanted = _shown(results[0]) if len(results) == 1 else f"one of [{' '.join(map(_shown, results))}]"
        raise Refused(f"must evaluate to {wanted} but got {_shown(checked.result)}")
    try:
        return Compiled(text, checked, environment.program(checked))
    except values.EvaluationError as error:
        raise Refused(f"program instantiation failed: {error}") from None


_NAMES = {types.Kind.NULL: "null_type", types.Kind.DURATION: types.Kind.DURATION.value}
_NAMES[types.Kind.TIMESTAMP] = types.Kind.TIMESTAMP.value


def _shown(type: types.Type) -> str:
    """A type by its name at run time, which is not how the checker's errors call some of them."""
    name = _NAMES.get(type.kind) or type.name or type.kind.value
    return f"{name}({', '.join(map(_shown, type.parameters))})" if type.parameters else name
