"""Definitions in the published forms, with their descriptions: OpenAPI v3, and v2 for old clients."""

from collections.abc import Iterable, Mapping
from typing import Any

from steersman.api import schema

V3 = "#/components/schemas/"
V2 = "#/definitions/"


def closure(names: Iterable[str]) -> list[str]:
    """The definitions named and all that they refer to, sorted; names that the schema lacks are left out."""
    found: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        try:
            tree = schema.openapi(name)
        except KeyError:
            continue
        found.add(name)
        ahead += references(tree)
    return sorted(found)


def references(tree: Any) -> list[str]:
    if isinstance(tree, Mapping):
        found = [tree["$ref"]] if isinstance(tree.get("$ref"), str) else []
        for key, each in tree.items():
            if key != "x":
                found += references(each)
        return found
    if isinstance(tree, list):
        return [name for each in tree for name in references(each)]
    return []


def v3(name: str) -> dict[str, Any]:
    """A definition as `components.schemas` has it."""
    texts = schema.descriptions(name)
    return _with(schema.openapi(name), texts.get("", "") or _TEXTS.get(name, ""), texts)


def _with(tree: Mapping[str, Any], text: str, texts: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": text} if text else {}
    for key, value in tree.items():
        if key == "properties":
            made[key] = {field: _with(each, texts.get(field, ""), {}) for field, each in value.items()}
        elif key in ("items", "additionalProperties"):
            made[key] = _with(value, "", {}) if isinstance(value, Mapping) else value
        elif key != "x":
            made[key] = value
    if "$ref" in made:
        name = made.pop("$ref")
        if made:
            made["allOf"] = [{"$ref": V3 + name}]
        else:
            made["$ref"] = V3 + name
    return made


def v2(name: str) -> dict[str, Any]:
    """A definition as `definitions` of OpenAPI v2 has it: no defaults, references beside other keys."""
    special = _V2.get(name)
    texts = schema.descriptions(name)
    if special is not None:
        return {"description": _TEXTS[name], **special}
    return _v2(schema.openapi(name), texts.get("", ""), texts)


def _v2(tree: Mapping[str, Any], text: str, texts: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": text} if text else {}
    for key, value in tree.items():
        if key == "properties":
            made[key] = {field: _v2(each, texts.get(field, ""), {}) for field, each in value.items()}
        elif key in ("items", "additionalProperties"):
            made[key] = _v2(value, "", {}) if isinstance(value, Mapping) else value
        elif key == "$ref":
            made[key] = V2 + value
        elif key not in ("x", "default"):
            made[key] = value
    return made


_TEXTS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "An exact number with an optional suffix: decimal (n u m k M G T "
    "P E), binary (Ki Mi Gi Ti Pi Ei) or an exponent (e3). No more than nine digits after the point are kept. It is "
    "written with the largest suffix that needs no fraction.",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "A number or a string: a port by number or by name, a count or "
    "a percentage.",
}
"""For the definitions that come without a description."""

_V2 = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
}
