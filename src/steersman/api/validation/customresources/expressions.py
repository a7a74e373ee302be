"""The rules of one schema, compiled: programs, what they may cost, and what is wrong with them.

A rule sees `self`, and `oldSelf` where there is an old value to match: of the same type, or an optional of it where
the rule says `optionalOldSelf`.
"""

import dataclasses
from collections.abc import Sequence

from steersman.api.cel import environments, schemas
from steersman.api.validation.customresources import paths
from steersman.api.validation.customresources.values import Schema
from steersman.cel import ast, environment, estimating, evaluating, source, types, values

SELF, OLD_SELF = "self", "oldSelf"


@dataclasses.dataclass(slots=True)
class Compiled:
    rule: Schema
    program: evaluating.Program | None = None
    """None of an empty rule and of one with an error."""
    error: str = ""
    message: evaluating.Program | None = None
    message_error: str = ""
    uses_old_self: bool = False
    cost: int = 0
    """What one evaluation may cost; 0 where it was not asked for."""
    message_cost: int = 0
    field_path: str = ""
    """Where the rule wants its error shown, below its own place."""


def compile(declared: schemas.Declared, schema: Schema, *, estimated: bool) -> list[Compiled]:
    """One for each rule of a schema, in order; `estimated` adds the costs."""
    known = schemas.Types(declared)
    rules: Sequence[Schema] = schema.get("x-kubernetes-validations") or ()
    return [_compiled(rule, schema, declared, known, estimated) for rule in rules]


def _compiled(
    rule: Schema, schema: Schema, declared: schemas.Declared, known: schemas.Types, estimated: bool
) -> Compiled:
    made = Compiled(rule)
    text, message = rule.get("rule") or "", rule.get("messageExpression") or ""
    if not text.strip():
        return made
    old = types.optional(known.root) if rule.get("optionalOldSelf") else known.root
    env = environments.BASE.extended(variables={SELF: known.root, OLD_SELF: old}, provider=known)
    try:
        checked = env.compile(text)
    except source.CompileError as error:
        made.error = f"compilation failed: {error}"
        return made
    if checked.result != types.BOOL:
        made.error = "cel expression must evaluate to a bool"
        return made
    made.uses_old_self = any(reference.name == OLD_SELF for reference in checked.references.values())
    try:
        made.program = env.program(checked)
    except values.EvaluationError as error:  # a constant part has no value
        made.error = f"program instantiation failed: {error}"
        return made
    if estimated:
        made.cost = _cost(checked, env, declared)
    if message:
        try:
            checked = env.compile(message)
        except source.CompileError as error:
            made.message_error = f"messageExpression compilation failed: {error}"
            return made
        if checked.result != types.STRING:
            made.message_error = "messageExpression must evaluate to a string"
            return made
        try:
            made.message = env.program(checked)
        except values.EvaluationError as error:
            made.message_error = f"messageExpression instantiation failed: {error}"
            return made
        if estimated:
            made.message_cost = _cost(checked, env, declared)
    if rule.get("fieldPath"):
        try:
            made.field_path = paths.follow(rule["fieldPath"], schema)[0]
        except paths.PathError:
            made.field_path = ""
    return made


def _cost(checked: ast.Checked, env: environment.Environment, declared: schemas.Declared) -> int:
    sizes = schemas.Sizes(declared)
    return estimating.estimate(checked, env, sizes).max
