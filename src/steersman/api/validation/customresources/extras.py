"""What the schema's own words do not cover: doubles in sets and maps, and resources inside of resources."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import codec, field, meta, names
from steersman.api import schema as schemas
from steersman.api.validation.customresources import shaping
from steersman.api.validation.customresources.values import Schema, below


def doubles(value: Any, schema: Schema, path: str = "") -> list[field.FieldError]:
    """Items that come twice in lists that are sets or maps, and items of a map that are no objects."""
    errors: list[field.FieldError] = []
    if isinstance(value, dict):
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, child in value.items():
            known = properties.get(name, additional)
            if isinstance(known, Mapping):
                errors += doubles(child, known, below(path, name) if name in properties else f"{path}[{name}]")
    elif isinstance(value, list):
        errors += _doubles(value, schema, path)
        items = schema.get("items")
        if isinstance(items, Mapping):
            for index, each in enumerate(value):
                errors += doubles(each, items, f"{path}[{index}]")
    return errors


def _doubles(value: list[Any], schema: Schema, path: str) -> Sequence[field.FieldError]:
    how = schema.get("x-kubernetes-list-type")
    if how not in ("set", "map"):
        return ()
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    if _differ(value, keys if how == "map" else None):
        return ()
    if how == "map":
        for index, each in enumerate(value):
            if each is not None and not isinstance(each, dict):
                why = "must be an object for an array of list-type map"
                return [field.invalid(field.Path(f"{path}[{index}]"), each, why)]
    seen: dict[str, int] = {}
    errors = []
    for index, each in enumerate(value):
        named = each if how == "set" else {key: each[key] for key in sorted(keys) if key in (each or ())}
        text = json.dumps(named, sort_keys=True)
        seen[text] = seen.get(text, 0) + 1
        if seen[text] == 2:  # what comes a third time is not told again
            errors.append(field.duplicate(field.Path(f"{path}[{index}]"), named))
    return errors


def _differ(value: list[Any], keys: Sequence[str] | None) -> bool:
    """True where all items are seen to differ at a glance."""
    try:
        if keys is None:
            return len(set(value)) == len(value)
        return len({tuple(each.get(key) for key in keys) for each in value}) == len(value)
    except (TypeError, AttributeError):
        return False


def embedded(value: Any, schema: Schema, path: str = "") -> list[field.FieldError]:
    """Embedded resources say what they are, and their metadata is sound."""
    errors: list[field.FieldError] = []
    if isinstance(value, dict):
        if path and schema.get("x-kubernetes-embedded-resource"):
            errors += _embedded(value, path)
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, child in value.items():
            known = properties.get(name, additional)
            if isinstance(known, Mapping):
                errors += embedded(child, known, below(path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, each in enumerate(value):
            errors += embedded(each, schema["items"], f"{path}[{index}]")
    return errors


def has_embedded(schema: Any) -> bool:
    """Whether a schema has places for other resources."""
    if not isinstance(schema, Mapping):
        return False
    if schema.get("x-kubernetes-embedded-resource"):
        return True
    children = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(has_embedded(each) for each in children)


def undecodable(value: Any, schema: Schema, path: str = "") -> field.FieldError | None:
    """Why an embedded resource is none at all: its type or its metadata cannot be read."""
    if isinstance(value, dict):
        if path and schema.get("x-kubernetes-embedded-resource"):
            found = _undecodable(value, field.Path(path))
            if found is not None:
                return found
        properties, additional = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, child in value.items():
            known = properties.get(name, additional)
            if isinstance(known, Mapping):
                found = undecodable(child, known, below(path, name))
                if found is not None:
                    return found
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        each = (undecodable(item, schema["items"], f"{path}[{index}]") for index, item in enumerate(value))
        return next((found for found in each if found is not None), None)
    return None


def _undecodable(value: dict[str, Any], at: field.Path) -> field.FieldError | None:
    for name in ("apiVersion", "kind"):
        if name in value and not isinstance(value[name], str):
            return field.invalid(at.child(name), value[name], "must be a string")
    if value.get("metadata") is not None:
        try:
            codec.accept(schemas.definition(shaping.META), value["metadata"])
        except codec.DecodeError as error:
            return field.invalid(at.child("metadata"), value["metadata"], str(error))
    return None


def _embedded(value: dict[str, Any], path: str) -> list[field.FieldError]:
    at = field.Path(path)
    errors = [field.required(at.child(name)) for name in ("apiVersion", "kind") if name not in value]
    for name in ("apiVersion", "kind"):
        found = value.get(name, value)
        if found is value:
            continue
        if not isinstance(found, str):
            errors.append(field.invalid(at.child(name), found, "must be a string"))
        elif not found:
            errors.append(field.invalid(at.child(name), found, "must not be empty"))
        elif name == "apiVersion":
            if found.count("/") > 1:
                errors.append(field.invalid(at.child(name), found, f"unexpected GroupVersion string: {found}"))
        else:
            complaints = names.dns1035_label(found.lower())
            if complaints:
                text = "may have mixed case, but should otherwise match: " + ",".join(complaints)
                errors.append(field.invalid(at.child(name), found, text))
    if value.get("metadata") is not None:
        try:
            metadata = codec.accept(schemas.definition(shaping.META), value["metadata"]).tree
        except codec.DecodeError as error:
            errors.append(field.invalid(at.child("metadata"), value["metadata"], str(error)))
            return errors
        named = metadata if metadata.get("name") else {**metadata, "name": "fakename"}
        found_wrong = meta.create(named, namespaced=bool(metadata.get("namespace")), name_rule=_path_segment)
        errors += [field.FieldError(each.type, f"{path}.{each.field}", each.message) for each in found_wrong]
    return errors


def _path_segment(name: str) -> list[str]:
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{sign}'" for sign in "/%" if re.search(sign, name)]
