"""Pruning and defaulting along a structural schema.

Both copy the path of what they change and share the rest.  Pruning drops what the schema does not name, unless
it says to keep it; defaulting fills in what is absent, and what is null where null may not be.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api import codec
from steersman.apiserver.custom import nodes

_ROOT = ("apiVersion", "kind", "metadata")


def pruned(value: Any, schema: Mapping[str, Any], unknown: list[str]) -> Any:
    """An object without what its schema does not know; the paths of what went are added to `unknown`."""
    return _object(value, schema, "", unknown, keep=False, root=True)


def _prune(value: Any, schema: Mapping[str, Any], path: str, unknown: list[str], keep: bool) -> Any:
    if isinstance(value, dict):
        return _object(value, schema, path, unknown, keep, bool(schema.get("x-kubernetes-embedded-resource")))
    if isinstance(value, list):
        items = schema.get("items")
        if not isinstance(items, Mapping):
            items = {}
        made = [_prune(each, items, f"{path}[{index}]", unknown, keep) for index, each in enumerate(value)]
        return made if any(new is not old for new, old in zip(made, value, strict=True)) else value
    return value


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], path: str, unknown: list[str], keep: bool, root: bool
) -> Any:
    keep = keep or bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    properties: Mapping[str, Any] = schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    out: dict[str, Any] | None = None
    for name, child in value.items():
        if root and name in _ROOT:
            if path and name == "metadata" and isinstance(child, dict):
                made = _metadata(child, f"{path}.metadata", unknown)
            else:
                continue
        else:
            where = f"{path}.{name}" if path else name
            found = properties.get(name)
            if found is None and isinstance(additional, Mapping):
                found = additional
            if found is not None:
                # What is named below what is kept is pruned by its own schema again.
                made = _prune(child, found, where, unknown, False)
            elif additional is True or keep:
                continue
            else:
                unknown.append(where)
                out = dict(value) if out is None else out
                del out[name]
                continue
        if made is not child:
            out = dict(value) if out is None else out
            out[name] = made
    return value if out is None else out


def _metadata(value: dict[str, Any], path: str, unknown: list[str]) -> Any:
    """The metadata of an embedded resource."""
    fields = nodes.envelope().fields["metadata"]
    try:
        accepted = codec.accept(fields, value)
    except codec.DecodeError:
        return value  # told by validation
    prefix, end = 'unknown field "', '"'
    unknown += [f"{path}.{each.removeprefix(prefix).removesuffix(end)}" for each in accepted.problems]
    return accepted.tree


def has_defaults(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    if "default" in schema:
        return True
    below = [*(schema.get("properties") or {}).values(), schema.get("items"), schema.get("additionalProperties")]
    return any(has_defaults(each) for each in below)


def defaulted(value: Any, schema: Mapping[str, Any]) -> Any:
    """The value with the schema's defaults."""
    if isinstance(value, dict):
        out = value
        properties: Mapping[str, Any] = schema.get("properties") or {}
        additional = schema.get("additionalProperties")
        for name, child in properties.items():
            present = out.get(name)
            if "default" in child and (
                name not in out or (present is None and not child.get("nullable") and child["default"] is not None)
            ):
                if out is value:
                    out = dict(value)
                present = out[name] = _copied(child["default"])
            if present is None:
                continue
            made = defaulted(present, child)
            if made is not present:
                if out is value:
                    out = dict(value)
                out[name] = made
        if isinstance(additional, Mapping):
            for name, present in value.items():
                if name in properties:
                    continue
                made = defaulted(present, additional)
                if made is not present:
                    if out is value:
                        out = dict(value)
                    out[name] = made
        return out
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        items = [defaulted(each, schema["items"]) for each in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
