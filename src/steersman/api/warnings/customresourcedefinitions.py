"""Formats in a definition's schema that nobody checks: a typing mistake looks just like them."""

from collections.abc import Iterator, Mapping
from typing import Any

from steersman.api.tree import Tree, at
from steersman.api.validation.customresources import formats


def definition(new: Tree, old: Tree | None) -> list[str]:
    known = set(_unrecognized(old)) if old is not None else set()
    return [f'unrecognized format "{each}"' for each in dict.fromkeys(_unrecognized(new)) if each not in known]


def _unrecognized(tree: Tree) -> Iterator[str]:
    for version in at(tree, "spec", "versions", default=()):
        yield from _below(at(version, "schema", "openAPIV3Schema"))


def _below(schema: Any) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        return
    kind, format = schema.get("type") or "", schema.get("format") or ""
    if format and kind not in ("", "integer", "number") and not (
        kind == "string" and formats.normal(format) in formats.KNOWN
    ):  # fmt: skip
        yield format
    for name in ("items", "additionalProperties", "not"):
        yield from _below(schema.get(name))
    for name in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(name) or ():
            yield from _below(each)
    for child in (schema.get("properties") or {}).values():
        yield from _below(child)
