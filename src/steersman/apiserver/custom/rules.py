"""The place of `x-kubernetes-validations`: rules in CEL that an object must keep.

They are stored and shown, and not evaluated yet.  What is here says whether a schema has any, because a
refusal for another reason tells the client that they were not looked at.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import field
from steersman.api.tree import Tree

SKIPPED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to "
    "complete validation"
)
_BLOCKING = (field.Type.REQUIRED, field.Type.TOO_LONG, field.Type.TOO_MANY, field.Type.TYPE_INVALID)


def has_any(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return bool(schema.get("x-kubernetes-validations")) or any(has_any(each) for each in schema.values())
    return isinstance(schema, list) and any(has_any(each) for each in schema)


def check(new: Tree, old: Tree | None, present: Sequence[field.FieldError]) -> list[field.FieldError]:
    """What the rules refuse, of an object whose schema has some: to be written."""
    if any(error.type in _BLOCKING for error in present):
        return [field.invalid(field.Path("<nil>"), None, SKIPPED)]
    return []
