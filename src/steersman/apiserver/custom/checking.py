"""Validation of custom resources along their schema, with kube-apiserver's messages and paths.

`validate` is the schema as such: types, limits, enumerations, patterns, formats and their combinations.
`lists` finds doubles in sets and maps; `embedded` looks at resources inside of resources.  Patterns are read
by Python's `re`, which differs from RE2 in corners (`\\z`, `[[:alpha:]]`, look-around).
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import field
from steersman.apiserver.custom import formats

Schema = Mapping[str, Any]
NOWHERE = "<nil>"


def validate(value: Any, schema: Schema) -> list[field.FieldError]:
    """Everything below the root but what every object has."""
    errors: list[field.FieldError] = []
    _check(value, schema, "", errors)
    return errors


def _check(value: Any, schema: Schema, path: str, errors: list[field.FieldError]) -> None:
    if not _type(value, schema, path, errors):
        return
    if "enum" in schema and value not in schema["enum"]:
        shown = [each if isinstance(each, str) else json.dumps(each) for each in schema["enum"]]
        errors.append(field.not_supported(field.Path(path), value, shown))
    if isinstance(value, str):
        _string(value, schema, path, errors)
    elif isinstance(value, dict):
        _object(value, schema, path, errors)
    elif isinstance(value, list):
        _list(value, schema, path, errors)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _number(value, schema, path, errors)
    _combined(value, schema, path, errors)


def _type(value: Any, schema: Schema, path: str, errors: list[field.FieldError]) -> bool:
    """False where nothing more is to be said of the value."""
    either = schema.get("x-kubernetes-int-or-string")
    wanted = "integer,string" if either else schema.get("type") or ""
    found = _name(value)
    if value is None and (schema.get("nullable") or not wanted):
        return False
    if not wanted or found in wanted.split(",") or (found == "integer" and wanted == "number"):
        return True
    place, text = field.Path(path), f'{path} in body must be of type {wanted}: "{found}"'
    errors.append(field.type_invalid(place, found, text))
    return value is not None and "enum" in schema


def _name(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return {str: "string", int: "integer", dict: "object", list: "array", type(None): "null"}.get(type(value), "")


def _invalid(path: str, value: Any, why: str) -> field.FieldError:
    return field.invalid(field.Path(path), value, f"{path} in body {why}")


@functools.lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except re.error:
        return None  # RE2 has what Python has not: such a pattern refuses nothing


def _string(value: str, schema: Schema, path: str, errors: list[field.FieldError]) -> None:
    longest, shortest = schema.get("maxLength"), schema.get("minLength")
    if longest is not None and len(value) > longest:
        errors.append(field.too_long(field.Path(path), longest))
    if shortest is not None and len(value) < shortest:
        errors.append(_invalid(path, value, f"should be at least {shortest} chars long"))
    pattern = schema.get("pattern")
    if pattern:
        compiled = _pattern(pattern)
        if compiled is not None and compiled.search(value) is None:
            errors.append(_invalid(path, value, f"should match '{pattern}'"))
    format = schema.get("format")
    if format and not schema.get("x-kubernetes-int-or-string") and not formats.fits(format, value):
        text = f"{path} in body must be of type {format}: {field.quoted(value)}"
        errors.append(field.type_invalid(field.Path(path), value, text))


def _number(value: float, schema: Schema, path: str, errors: list[field.FieldError]) -> None:
    step = schema.get("multipleOf")
    if step and abs(value / step - round(value / step)) > 1e-9:
        errors.append(_invalid(path, value, f"should be a multiple of {_plain(step)}"))
    most, least = schema.get("maximum"), schema.get("minimum")
    if most is not None:
        if schema.get("exclusiveMaximum") and value >= most:
            errors.append(_invalid(path, value, f"should be less than {_plain(most)}"))
        elif value > most:
            errors.append(_invalid(path, value, f"should be less than or equal to {_plain(most)}"))
    if least is not None:
        if schema.get("exclusiveMinimum") and value <= least:
            errors.append(_invalid(path, value, f"should be greater than {_plain(least)}"))
        elif value < least:
            errors.append(_invalid(path, value, f"should be greater than or equal to {_plain(least)}"))


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _object(value: dict[str, Any], schema: Schema, path: str, errors: list[field.FieldError]) -> None:
    most, least = schema.get("maxProperties"), schema.get("minProperties")
    if most is not None and len(value) > most:
        errors.append(field.too_many(field.Path(path), len(value), most))
    if least is not None and len(value) < least:
        errors.append(_invalid(path, value, f"should have at least {least} properties"))
    for name in schema.get("required") or ():
        if name not in value:
            errors.append(field.required(field.Path(_below(path, name))))
    properties: Schema = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    for name, child in value.items():
        if not path and name in ("apiVersion", "kind", "metadata") and not _limits(properties.get(name)):
            continue
        if name in properties:
            _check(child, properties[name], _below(path, name), errors)
        elif isinstance(additional, Mapping):
            _check(child, additional, _below(path, name), errors)


def _limits(schema: Any) -> bool:
    """Whether a schema says more of a standard field than its type."""
    return isinstance(schema, Mapping) and bool(set(schema) - {"type", "description"})


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _list(value: list[Any], schema: Schema, path: str, errors: list[field.FieldError]) -> None:
    most, least = schema.get("maxItems"), schema.get("minItems")
    if most is not None and len(value) > most:
        errors.append(field.too_many(field.Path(path), len(value), most))
    if least is not None and len(value) < least:
        errors.append(_invalid(path, value, f"should have at least {least} items"))
    items = schema.get("items")
    if isinstance(items, Mapping):
        for index, each in enumerate(value):
            _check(each, items, f"{path}[{index}]", errors)


def _combined(value: Any, schema: Schema, path: str, errors: list[field.FieldError]) -> None:
    def wrong(what: str) -> None:
        errors.append(field.invalid(field.Path(NOWHERE), "", f'"{path}" must {what}'))

    found = [_tried(value, each, path) for each in schema.get("anyOf") or ()]
    # An int-or-string may say its two types again.
    if found and all(found):
        wrong("validate at least one schema (anyOf)")
        errors += _fewest(found)
    found = [_tried(value, each, path) for each in schema.get("oneOf") or ()]
    valid = sum(not each for each in found)
    if found and valid != 1:
        how = f"Found {valid} valid alternatives" if valid else "Found none valid"
        wrong(f"validate one and only one schema (oneOf). {how}")
        if not valid:
            errors += _fewest(found)
    found = [each for each in (_tried(value, each, path) for each in schema.get("allOf") or ()) if each]
    if found:
        wrong("validate all the schemas (allOf)")
        errors += [error for each in found for error in each]
    if isinstance(schema.get("not"), Mapping) and not _tried(value, schema["not"], path):
        wrong("not validate the schema (not)")


def _fewest(found: list[list[field.FieldError]]) -> list[field.FieldError]:
    return min(found, key=lambda each: len(each))


def _tried(value: Any, schema: Schema, path: str) -> list[field.FieldError]:
    errors: list[field.FieldError] = []
    _check(value, schema, path, errors)
    return errors


def lists(value: Any, schema: Schema, path: str = "") -> list[field.FieldError]:
    """Items that come twice in lists that are sets or maps."""
    errors: list[field.FieldError] = []
    if isinstance(value, dict):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, child in value.items():
            below = properties.get(name, additional)
            if isinstance(below, Mapping):
                errors += lists(child, below, _below(path, name))
    elif isinstance(value, list):
        errors += _doubles(value, schema, path)
        items = schema.get("items")
        if isinstance(items, Mapping):
            for index, each in enumerate(value):
                errors += lists(each, items, f"{path}[{index}]")
    return errors


def _doubles(value: list[Any], schema: Schema, path: str) -> Sequence[field.FieldError]:
    how = schema.get("x-kubernetes-list-type")
    if how not in ("set", "map"):
        return ()
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    seen: set[str] = set()
    errors = []
    for index, each in enumerate(value):
        named = each if how == "set" else {key: each[key] for key in keys if key in each} if _is_map(each) else None
        text = json.dumps(named, sort_keys=True)
        if text in seen:
            errors.append(field.duplicate(field.Path(f"{path}[{index}]"), named))
        seen.add(text)
    return errors


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def embedded(value: Any, schema: Schema, path: str = "") -> list[field.FieldError]:
    """Embedded resources say what they are."""
    errors: list[field.FieldError] = []
    if isinstance(value, dict):
        if path and schema.get("x-kubernetes-embedded-resource"):
            for name in ("apiVersion", "kind"):
                if not value.get(name):
                    errors.append(field.required(field.Path(_below(path, name)), "must not be empty"))
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, child in value.items():
            below = properties.get(name, additional)
            if isinstance(below, Mapping):
                errors += embedded(child, below, _below(path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, each in enumerate(value):
            errors += embedded(each, schema["items"], f"{path}[{index}]")
    return errors
