"""The rules of a served version: `x-kubernetes-validations`, compiled once with the first object that is written.

An object with errors of certain kinds is not looked at: what rules say of it would help nobody.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from steersman.api import field
from steersman.api.tree import Tree
from steersman.api.validation.customresources import values
from steersman.api.validation.customresources.values import Schema
from steersman.apiserver.registry.strategy import Context, LaboriousError

if TYPE_CHECKING:
    from steersman.api.validation.customresources import evaluation

SKIPPED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to "
    "complete validation"
)
LIGHT = 50_000
"""Units that rules may cost on the loop: less than ten milliseconds."""
FEW = 20
"""Rules that may be compiled there."""
_BLOCKING = (
    field.Type.NOT_SUPPORTED, field.Type.REQUIRED, field.Type.TOO_LONG, field.Type.TOO_MANY, field.Type.TYPE_INVALID,
)  # fmt: skip


def compiled(schema: Schema) -> "evaluation.Rules | None":
    """None of a schema without rules."""
    if not values.has_rules(schema):
        return None
    from steersman.api.validation.customresources import evaluation  # CEL is loaded with the first rule

    return evaluation.Rules(schema, is_root=True)


def are_many(schema: Schema) -> bool:
    """So many that compiling them takes longer than the loop should be held."""
    return _count(schema) > FEW


def _count(schema: object) -> int:
    if not isinstance(schema, Mapping):
        return 0
    below = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return len(schema.get("x-kubernetes-validations") or ()) + sum(map(_count, below))


def check(
    rules: "evaluation.Rules", new: Tree, old: Tree | None, present: Sequence[field.FieldError], context: Context
) -> list[field.FieldError]:
    """What the rules refuse of an object that is to be written; `present` is what is wrong with it already.

    Raises LaboriousError where it takes long and the context is not patient.
    """
    from steersman.api.validation.customresources import evaluation

    if any(error.type in _BLOCKING for error in present):
        return [field.invalid(field.Path(values.NOWHERE), None, SKIPPED)]
    try:
        outcome = rules.check(new, old, ratcheting=old is not None, patience=None if context.patient else LIGHT)
    except evaluation.ImpatientError as error:
        raise LaboriousError from error
    context.warnings.extend(outcome.warnings)
    return outcome.errors
