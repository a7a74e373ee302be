"""Values against a schema, with kube-apiserver's messages and paths.

`validate` is the schema as such: types, limits, enumerations, patterns, formats and their combinations.  Each
check looks at the kind of the value, not at the type that the schema declares, so a value of the wrong type is
told about everything else that is wrong with it.

On an update what was wrong before and did not change is let through: `validate` with the old value drops the
errors of every part that can be matched with its old self and equals it (`unchanged`).
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from steersman.api import field
from steersman.api.validation.customresources import formats

Schema = Mapping[str, Any]
NOWHERE = "<nil>"
ABSENT: Any = object()
"""No old value that a value could be compared with."""
_MAX_INT, _MAX_EXACT = 1 << 63, (1 << 53) - 1
_MAX_FLOAT = 3.4028235677973366e38
"""What is below rounds to a number of 32 bits."""


Errors = list[field.FieldError]
_KINDS = {str: "string", float: "number", dict: "object", list: "array", bool: "boolean", type(None): "null"}
_FORMATS = {"boolean": "", "object": "", "integer": "int64", "number": "float64"}
_NUMERIC = {"integer": ("int32", "int64"), "number": ("float", "double")}
_JUNCTORS = frozenset({"anyOf", "oneOf", "allOf", "not"})


def has_rules(schema: Any) -> bool:
    """Whether a schema has rules in CEL for its values or for what is inside of them."""
    if not isinstance(schema, Mapping):
        return False
    if schema.get("x-kubernetes-validations"):
        return True
    children = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(has_rules(each) for each in children)


def validate(
    value: Any, schema: Schema, path: str = "", *, old: Any = ABSENT, within: str = ""
) -> list[field.FieldError]:
    """`within` is the place of the value, which messages do not speak of: they speak of `path`."""
    errors: Errors = []
    _check(value, schema, path, errors, old)
    return [moved(error, within) for error in errors] if within else errors


def moved(error: field.FieldError, within: str) -> field.FieldError:
    below = error.field.removeprefix(".")
    place = within if below in ("", NOWHERE) else f"{within}.{below}"
    return field.FieldError(error.type, place, error.message)


def _check(value: Any, schema: Schema, path: str, errors: Errors, old: Any = ABSENT) -> int:
    """Adds what is wrong; returns how many checks were sound, to choose between alternatives."""
    mark = len(errors)
    matches = _type(value, schema, path, errors)
    if value is not None:
        if not _JUNCTORS.isdisjoint(schema):
            matches += _combined(value, schema, path, errors)
        if isinstance(value, str):
            matches += _string(value, schema, path, errors)
        elif isinstance(value, dict):
            matches += _object(value, schema, path, errors, old)
        elif isinstance(value, list):
            matches += _list(value, schema, path, errors, old)
        elif not isinstance(value, bool):
            matches += _number(value, schema, path, errors)
        elif "enum" in schema:
            _enum(value, schema, path, errors)
        matches += 5
    elif "enum" in schema:
        _enum(value, schema, path, errors)
    if len(errors) > mark and old is not ABSENT and unchanged(value, old, schema):
        del errors[mark:]
    return matches


def _add(errors: Errors, error: field.FieldError) -> None:
    if error not in errors:
        errors.append(error)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    """The JSON type of a value, as messages call it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -_MAX_INT <= value < _MAX_INT else "number"
    return {str: "string", float: "number", dict: "object", list: "array", type(None): "null"}.get(type(value), "")


def is_whole(value: float) -> bool:
    """Whether a number with a fraction or exponent counts as an integer."""
    return math.isfinite(value) and abs(value) <= _MAX_EXACT and value == int(value)


def _type(value: Any, schema: Schema, path: str, errors: Errors) -> int:
    wanted: str = schema.get("type") or ""
    if schema.get("x-kubernetes-int-or-string"):
        wanted = "integer,string"
    found = _KINDS.get(type(value)) or kind_of(value)
    if found == wanted or (value is None and (not wanted or schema.get("nullable"))):
        return 1
    format = _format(schema)
    if not wanted and not format:
        return 1
    types = wanted.split(",")
    is_number = found == "integer" and "number" in types
    if found in types or is_number or (found == "number" and "integer" in types and is_whole(value)):
        return 1
    if format and found in _FORMATS:  # the reference then tells formats, and few values have one
        text = f'{path} in body must be of type {format}: "{_FORMATS[found]}"'
        _add(errors, field.type_invalid(field.Path(path), _FORMATS[found], text))
        return 0
    if format and found in ("string", "array") and not {"integer", "number"} & set(types):
        return 1  # the reference leaves it to the format
    text = f'{path} in body must be of type {wanted}: "{found}"'
    _add(errors, field.type_invalid(field.Path(path), found, text))
    return 0


def _format(schema: Schema) -> str:
    """The format of a schema where its type may have it."""
    format, type = schema.get("format") or "", schema.get("type") or ""
    if type in ("", "string"):
        return format if format and formats.normal(format) in formats.KNOWN else ""
    return format if format in _NUMERIC.get(type, ()) else ""


def _enum(value: Any, schema: Schema, path: str, errors: Errors) -> None:
    allowed = schema.get("enum")
    if not allowed or any(_equals(value, each) for each in allowed):
        return
    shown = [each if isinstance(each, str) else json.dumps(each) for each in allowed]
    _add(errors, field.not_supported(field.Path(path), value, shown))


def _equals(value: Any, allowed: Any) -> bool:
    if _is_number(value) and _is_number(allowed):
        return bool((int(value) if isinstance(allowed, int) and math.isfinite(value) else value) == allowed)
    return value is not None and kind_of(value) == kind_of(allowed) and value == allowed


def _invalid(path: str, value: Any, why: str) -> field.FieldError:
    return field.invalid(field.Path(path), value, f"{path} in body {why}")


def _string(value: str, schema: Schema, path: str, errors: Errors) -> int:
    longest, shortest, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
    if longest is not None and len(value) > longest:
        _add(errors, field.too_long(field.Path(path), longest))
    elif shortest is not None and len(value) < shortest:
        _add(errors, _invalid(path, value, f"should be at least {shortest} chars long"))
    elif pattern and not _finds(pattern, value):
        _add(errors, _invalid(path, value, f"should match '{pattern}'"))
    format = schema.get("format")
    if format and not formats.fits(format, value):
        text = f"{path} in body must be of type {format}: {field.quoted(value)}"
        _add(errors, field.type_invalid(field.Path(path), value, text))
    if "enum" in schema:
        _enum(value, schema, path, errors)
    return 1 + bool(format and formats.normal(format) in formats.KNOWN)


def _finds(pattern: str, value: str) -> bool:
    from steersman.cel import patterns  # CEL's home is loaded with the first pattern

    try:
        return patterns.finds(pattern, value)
    except patterns.PatternError:
        return False


def _number(value: float, schema: Schema, path: str, errors: Errors) -> int:
    step, most, least = schema.get("multipleOf"), schema.get("maximum"), schema.get("minimum")
    _in_range(value, "Checked", schema, path, errors)
    if step is not None and not _is_multiple(value, step):
        _add(errors, _invalid(path, value, f"should be a multiple of {plain(step)}"))
    if least is not None:
        if schema.get("exclusiveMinimum") and value <= least:
            _add(errors, _invalid(path, value, f"should be greater than {_limit(value, least)}"))
        elif value < least:
            _add(errors, _invalid(path, value, f"should be greater than or equal to {_limit(value, least)}"))
    if most is not None:
        if schema.get("exclusiveMaximum") and value >= most:
            _add(errors, _invalid(path, value, f"should be less than {_limit(value, most)}"))
        elif value > most:
            _add(errors, _invalid(path, value, f"should be less than or equal to {_limit(value, most)}"))
    if "enum" in schema:
        _enum(value, schema, path, errors)
    return 2


def _in_range(value: float, what: str, schema: Schema, path: str, errors: Errors) -> None:
    """Whether a number fits into what the schema says numbers are."""
    type, format = schema.get("type") or "", schema.get("format") or ""
    if type == "integer":
        bits = 31 if format == "int32" else 63
        fits = (isinstance(value, int) or is_integral(value)) and -(1 << bits) <= value < 1 << bits
    else:
        fits = format not in ("float", "float32") or not math.isfinite(value) or abs(value) <= _MAX_FLOAT
    if not fits:
        of = f"with format {format}" if format else "(default format)"
        text = f"{what} value must be of type {type} {of} in {path}"
        _add(errors, field.invalid(field.Path(NOWHERE), "", text))


def is_integral(value: float) -> bool:
    return math.isfinite(value) and value == math.floor(value)


def _is_multiple(value: float, step: float) -> bool:
    if step <= 0:
        return False
    if isinstance(value, int) and float(step).is_integer():
        return value % int(step) == 0
    quotient = value * (1 / step) if step < 1 else value / step
    return math.isfinite(quotient) and abs(quotient - round(quotient)) <= 1e-9 * max(abs(quotient), 1.0)


def _limit(value: float, limit: float) -> str:
    return plain(int(limit) if isinstance(value, int) and math.isfinite(limit) else limit)


def plain(value: float) -> str:
    """A number as Go prints it."""
    return str(int(value)) if abs(value) < 1e21 and value == int(value) else str(value)


def _list(value: list[Any], schema: Schema, path: str, errors: Errors, old: Any) -> int:
    items, matches = schema.get("items"), 1
    if isinstance(items, Mapping):
        if old is ABSENT:
            for index, each in enumerate(value):
                matches += _check(each, items, f"{path}[{index}]", errors)
        else:
            before = correlated(value, old, schema)
            for index, each in enumerate(value):
                matches += _check(each, items, f"{path}[{index}]", errors, before[index])
    most, least = schema.get("maxItems"), schema.get("minItems")
    if least is not None and len(value) < least:
        _add(errors, _invalid(path, len(value), f"should have at least {least} items"))
    if most is not None and len(value) > most:
        _add(errors, field.too_many(field.Path(path), len(value), most))
    if "enum" in schema:
        _enum(value, schema, path, errors)
    return matches


def _object(value: dict[str, Any], schema: Schema, path: str, errors: Errors, old: Any) -> int:
    if "enum" in schema:
        _enum(value, schema, path, errors)
    most, least = schema.get("maxProperties"), schema.get("minProperties")
    if least is not None and len(value) < least:
        _add(errors, _invalid(path, len(value), f"should have at least {least} properties"))
        return 0
    if most is not None and len(value) > most:
        _add(errors, field.too_many(field.Path(path), len(value), most))
        return 0
    matches = 0
    properties: Schema = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    before: Mapping[str, Any] = old if isinstance(old, dict) else {}
    if additional is False:
        for name in value:
            if name not in properties:
                why = f"{path}.{name} in body is a forbidden property"
                _add(errors, field.invalid(field.Path(below(path, name)), "", why))
    elif isinstance(additional, Mapping):
        for name, child in value.items():
            if name not in properties:
                matches += _check(child, additional, below(path, name), errors, before.get(name, ABSENT))
    for name in properties if len(properties) <= 2 * len(value) else value:
        if name in value and name in properties:
            matches += _check(value[name], properties[name], below(path, name), errors, before.get(name, ABSENT))
    for name in schema.get("required") or ():
        if name not in value:
            _add(errors, field.required(field.Path(below(path, name))))
    return matches


def below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _combined(value: Any, schema: Schema, path: str, errors: Errors) -> int:
    matches = 0

    def wrong(what: str) -> None:
        _add(errors, field.invalid(field.Path(NOWHERE), "", f'"{path}" must {what}'))

    def take(tried: tuple[Errors, int]) -> None:
        nonlocal matches
        for error in tried[0]:
            _add(errors, error)
        matches += tried[1]

    found = [_tried(value, each, path) for each in schema.get("anyOf") or ()]
    if found:
        sound = next((each for each in found if not each[0]), None)
        if sound is None:
            wrong("validate at least one schema (anyOf)")
        take(sound or _best(found))
    found = [_tried(value, each, path) for each in schema.get("oneOf") or ()]
    if found:
        valid = [each for each in found if not each[0]]
        if len(valid) == 1:
            take(valid[0])
        else:
            how = f"Found {len(valid)} valid alternatives" if valid else "Found none valid"
            wrong(f"validate one and only one schema (oneOf). {how}")
            if not valid:
                take(_best(found))
    found = [_tried(value, each, path) for each in schema.get("allOf") or ()]
    for each in found:
        take(each)
    broken = sum(bool(each[0]) for each in found)
    if broken:
        wrong("validate all the schemas (allOf)" + (". None validated" if broken == len(found) else ""))
    if isinstance(schema.get("not"), Mapping) and not _tried(value, schema["not"], path)[0]:
        wrong("not validate the schema (not)")
    return matches


def _tried(value: Any, schema: Schema, path: str) -> tuple[Errors, int]:
    errors: Errors = []
    return errors, _check(value, schema, path, errors)


def _best(found: list[tuple[Errors, int]]) -> tuple[Errors, int]:
    """The first with the most sound checks: its errors say most."""
    return max(found, key=lambda each: each[1])


# What an item or field was before


def correlated(value: list[Any], old: Any, schema: Schema) -> list[Any]:
    """For each item its old self, or ABSENT: only the items of maps can be told apart."""
    if not isinstance(old, list) or schema.get("x-kubernetes-list-type") != "map":
        return [ABSENT] * len(value)
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    known: dict[str, Any] = {}
    for each in old:
        known.setdefault(map_key(each, keys), each)
    return [known.get(map_key(each, keys), ABSENT) if isinstance(each, dict) else ABSENT for each in value]


def map_key(item: Any, keys: Any) -> str:
    """What tells items of a map apart."""
    return json.dumps([item.get(key) for key in keys] if isinstance(item, dict) else [None, item], sort_keys=True)


def unchanged(value: Any, old: Any, schema: Schema) -> bool:
    """Whether a value counts as equal to its old self.

    A map's items are compared whatever their order, and fields that the schema does not know never are equal.
    """
    if isinstance(value, list) and isinstance(old, list):
        if len(value) != len(old):
            return False
        if schema.get("x-kubernetes-list-type") != "map":
            return value == old
        items = schema.get("items") or {}
        before = correlated(value, old, schema)
        return all(was is not ABSENT and unchanged(now, was, items) for now, was in zip(value, before, strict=True))
    if isinstance(value, dict) and isinstance(old, dict):
        if len(value) != len(old):
            return False
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, child in value.items():
            known = properties.get(name, additional)
            if name not in old or not isinstance(known, Mapping) or not unchanged(child, old[name], known):
                return False
        return True
    return bool(kind_of(value) == kind_of(old) and value == old)
