"""Whether a schema is structural: every field has a type and stands outside of the combinations.

Combinations (`allOf`, `anyOf`, `oneOf`, `not`) may only restrict values of fields that are specified beside them,
metadata at the root may only restrict names, and int-or-strings and embedded resources have the shape that they
must have.  Errors come sorted by their text, as the reference sorts them.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from steersman.api import field
from steersman.api.validation.customresources.values import Schema
from steersman.api.validation.errors import Errors

_EMPTY = {
    "root": "must not be empty at the root",
    "field": "must not be empty for specified object fields",
    "item": "must not be empty for specified array items",
}
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_JUNCTORS = ("anyOf", "allOf", "oneOf")
_FORBIDDEN = (
    ("type", "must be empty to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    ("externalDocs", "must be undefined to be structural"),
    ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
    ("x-kubernetes-embedded-resource", "must be false to be structural"),
    ("x-kubernetes-int-or-string", "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)
_ZERO_IS_ABSENT = {"default", "additionalProperties", "x-kubernetes-list-type", "x-kubernetes-map-type", "externalDocs"}


def check(schema: Schema, at: str) -> list[field.FieldError]:
    e = Errors()
    _invariants(schema, "root", at, e)
    _complete(schema, schema, at, at, e)
    return sorted(e.found, key=str)


def _invariants(schema: Schema, level: str, at: str, e: Errors) -> None:
    kind, items, additional = schema.get("type") or "", schema.get("items"), schema.get("additionalProperties")
    properties: Schema = schema.get("properties") or {}
    is_embedded = bool(schema.get("x-kubernetes-embedded-resource"))
    keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    if kind == "array" and items is None:
        e.required(f"{at}.items", "must be specified")
    if isinstance(items, Mapping):
        _invariants(items, "item", f"{at}.items", e)
    for name, child in properties.items():
        _invariants(child, "field", f"{at}.properties[{name}]", e)
    if additional is not None:
        if level == "root":
            e.forbidden(f"{at}.additionalProperties", "must not be used at the root")
        if isinstance(additional, Mapping):
            _invariants(additional, "field", f"{at}.additionalProperties", e)
    _extensions(schema, at, e)
    _values(
        schema, at, e,
        skip_any_of=_is_int_or_string(schema.get("anyOf")),
        skip_in_first=_is_int_or_string(((schema.get("allOf") or [{}])[0]).get("anyOf")),
    )  # fmt: skip
    if is_embedded and kind != "object":
        e.found.append(_must_be_object(kind, f"{at}.type", "must be object if x-kubernetes-embedded-resource is true"))
    elif not kind and not keeps and not schema.get("x-kubernetes-int-or-string"):
        e.required(f"{at}.type", _EMPTY[level])
    if is_embedded and additional is not None:
        e.forbidden(f"{at}.additionalProperties", "must not be used if x-kubernetes-embedded-resource is set")
    if level == "root" and kind and kind != "object":
        e.invalid(f"{at}.type", kind, "must be object at the root")
    _type_meta(schema, level, at, e)
    if is_embedded and not keeps and not properties:
        given = "x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        e.required(f"{at}.properties", f"must not be empty if {given}")


def _must_be_object(kind: str, at: str, why: str) -> field.FieldError:
    return field.invalid(field.Path(at), kind, why) if kind else field.required(field.Path(at), why)


def _extensions(schema: Schema, at: str, e: Errors) -> None:
    if schema.get("x-kubernetes-int-or-string"):
        for other in ("x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"):
            if schema.get(other):
                e.invalid(f"{at}.{other}", True, "must be false if x-kubernetes-int-or-string is true")


def _type_meta(schema: Schema, level: str, at: str, e: Errors) -> None:
    """The fields that every resource has, of a root or an embedded resource."""
    properties: Schema = schema.get("properties") or {}
    is_resource = level == "root" or bool(schema.get("x-kubernetes-embedded-resource"))
    for name in ("kind", "apiVersion"):
        if is_resource and name in properties and properties[name].get("type") != "string":
            e.invalid(f"{at}.properties[{name}].type", properties[name].get("type") or "", "must be string")
    metadata = properties.get("metadata")
    if metadata is None:
        return
    where = f"{at}.properties[metadata]"
    if is_resource and metadata.get("type") != "object":
        e.invalid(f"{where}.type", metadata.get("type") or "", "must be object")
    if level == "root":
        named = set(metadata.get("properties") or {})
        rest = {name for name, value in metadata.items() if name not in ("type", "default", "properties") and value}
        if rest or (named and not named <= {"name", "generateName"}):
            text = "must not specify anything other than name and generateName, but metadata is implicitly specified"
            e.forbidden(where, text)


def _is_int_or_string(any_of: Any) -> bool:
    return bool(any_of == _INT_OR_STRING)


def _values(schema: Schema, at: str, e: Errors, *, skip_any_of: bool = False, skip_in_first: bool = False) -> None:
    for junctor in _JUNCTORS:
        if junctor == "anyOf" and skip_any_of:
            continue
        for index, each in enumerate(schema.get(junctor) or ()):
            skip = junctor == "allOf" and skip_in_first and index == 0
            _nested(each, f"{at}.{junctor}[{index}]", e, skip_any_of=skip)
    if isinstance(schema.get("not"), Mapping):
        _nested(schema["not"], f"{at}.not", e)
    pattern = schema.get("pattern")
    if pattern:
        from steersman.cel import patterns  # CEL's home is loaded with the first pattern

        try:
            patterns.compiled(pattern)
        except patterns.PatternError as error:
            e.invalid(f"{at}.pattern", pattern, f"must be a valid regular expression, but isn't: {error}")


def _nested(schema: Schema, at: str, e: Errors, *, skip_any_of: bool = False) -> None:
    """A schema inside of a combination."""
    _values(schema, at, e, skip_any_of=skip_any_of)
    if isinstance(schema.get("items"), Mapping):
        _nested(schema["items"], f"{at}.items", e)
    for name, child in (schema.get("properties") or {}).items():
        _nested(child, f"{at}.properties[{name}]", e)
    for name, why in _FORBIDDEN:
        value = schema.get(name)
        if value is not None and (value or name in _ZERO_IS_ABSENT):
            e.forbidden(f"{at}.{name}", why)
    if "metadata" in (schema.get("properties") or {}):
        e.forbidden(f"{at}.properties[metadata]", "must not be specified in a nested context")


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    schema: str
    """Where the field ought to stand."""
    nested: str
    """Where it was found."""


def _complete(nested: Schema, schema: Schema, at: str, found: str, e: Errors) -> None:
    """Every field and item that a combination speaks of stands outside of it, too."""
    if isinstance(nested.get("not"), Mapping):
        _complete_nested(nested["not"], schema, _Place(at, f"{found}.not"), e)
    for junctor in ("allOf", "anyOf", "oneOf"):
        for index, each in enumerate(nested.get(junctor) or ()):
            _complete_nested(each, schema, _Place(at, f"{found}.{junctor}[{index}]"), e)


def _complete_nested(nested: Schema, schema: Schema | None, place: _Place, e: Errors) -> None:
    if schema is None:
        e.required(place.schema, f"because it is defined in {place.nested}")
        return
    _complete(nested, schema, place.schema, place.nested, e)
    if isinstance(nested.get("items"), Mapping):
        items = schema.get("items")
        known = items if isinstance(items, Mapping) else None
        _complete_nested(nested["items"], known, _Place(f"{place.schema}.items", f"{place.nested}.items"), e)
    for name, child in (nested.get("properties") or {}).items():
        below = _Place(f"{place.schema}.properties[{name}]", f"{place.nested}.properties[{name}]")
        _complete_nested(child, (schema.get("properties") or {}).get(name), below, e)
