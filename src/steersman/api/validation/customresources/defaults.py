"""Whether the defaults of a schema fit it: they have its types, break none of its rules and are pruned."""

from collections.abc import Mapping

from steersman.api import field
from steersman.api.validation.customresources import extras, shaping, values
from steersman.api.validation.customresources.values import Schema

_META = ("apiVersion", "kind", "metadata")


def check(schema: Schema, at: str, *, is_root: bool = True, in_meta: bool = False) -> list[field.FieldError]:
    is_embedded = is_root or bool(schema.get("x-kubernetes-embedded-resource"))
    in_meta = in_meta and not is_embedded
    errors: list[field.FieldError] = []
    if schema.get("default") is not None:
        errors += _default(schema, f"{at}.default", in_meta=in_meta, is_embedded=is_embedded)
    # Not below additionalProperties: what may stand there is looked at with the values that stand there.
    if isinstance(schema.get("items"), Mapping):
        errors += check(schema["items"], f"{at}.items", is_root=False, in_meta=in_meta)
    for name, child in (schema.get("properties") or {}).items():
        inside = in_meta or (is_embedded and name in _META)
        errors += check(child, f"{at}.properties[{name}]", is_root=False, in_meta=inside)
    return errors


def _default(schema: Schema, at: str, *, in_meta: bool, is_embedded: bool) -> list[field.FieldError]:
    value = schema["default"]
    errors: list[field.FieldError] = []
    if not in_meta:
        if shaping.pruned_value(value, schema, []) != value:
            errors.append(field.invalid(field.Path(at), value, "must not have unknown fields"))
        wrong = extras.embedded(value, {**schema, "x-kubernetes-embedded-resource": is_embedded}, at)
        if wrong:
            return errors + wrong
    errors += values.validate(value, schema, within=at)
    if not errors and not in_meta and values.has_rules(schema):
        from steersman.api.validation.customresources import evaluation  # CEL is loaded with the first rule

        errors += evaluation.Rules(schema, is_root=False).check(value, value, at).errors
    return errors
