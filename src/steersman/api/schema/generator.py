"""Makes the schema's data: from the JSON schema that `kubernetes-validate` ships to two compact files.

Run at build time by `hatch_build.py`, or by hand: `python -m steersman.api.schema.generator FILE [FOLDER]`.
FILE is `_definitions.json` of a release; without one it is looked up in the installed package.

`schema.msgpack` maps a definition's name to what OpenAPI v3 says of it, without descriptions, and under the
key `x` what only decoding needs (see `loader`).  `descriptions.msgpack` maps a definition's name to the
descriptions of its fields, its own under the empty name.  Values of both maps are decoded one at a time.
"""

import importlib.util
import json
import pathlib
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from steersman.api.schema import go_names, overlay

RELEASE = "v1.36.0-local"
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
}
ZERO = {"string": "", "integer": 0, "boolean": False}
OBJECT_PARTS = {"metadata", "spec", "status"}

Table = Mapping[str, Any]


def short(name: str) -> str:
    """`core.v1.Pod` of `io.k8s.api.core.v1.Pod`: group, version and type."""
    return ".".join(name.split(".")[-3:])


def words(table: Mapping[str, str], name: str) -> set[str]:
    last = name.rsplit(".", 1)[-1]
    return set(table.get(short(name), table.get(last, "")).split())


def generate(definitions: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema and the descriptions, as plain trees."""
    schema: dict[str, Any] = {}
    descriptions: dict[str, dict[str, str]] = {}
    for name, definition in sorted(definitions.items()):
        schema[name] = _definition(name, definition)
        texts = {"": definition["description"]} if definition.get("description") else {}
        for field, value in definition.get("properties", {}).items():
            if value.get("description"):
                texts[field] = value["description"]
        descriptions[name] = texts
    return schema, descriptions


def _definition(name: str, source: Table) -> dict[str, Any]:
    if name.endswith(".intstr.IntOrString"):
        return {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}
    if name.endswith(".resource.Quantity"):
        return {"oneOf": [{"type": "string"}, {"type": "number"}]}
    made = _plain(source)
    properties = source.get("properties")
    if properties is None:
        return made
    defaults = _defaults(name, source)
    made["properties"] = {}
    for field, value in properties.items():
        plain = _plain(value)
        if field in ("apiVersion", "kind"):
            plain.pop("enum", None)
        if field in defaults:
            plain["default"] = defaults[field]
        made["properties"][field] = plain
    extra = _extra(name, source, defaults)
    if extra:
        made["x"] = extra
    return made


def _plain(source: Table) -> dict[str, Any]:
    """One level of the schema: no descriptions, one type instead of "or null", references by name."""
    made: dict[str, Any] = {}
    for key, value in source.items():
        if key == "description" or key == "properties":
            continue
        if key == "type" and isinstance(value, list):
            value = value[0]
        elif key == "$ref":
            value = value.rpartition("/")[2]
        elif key in ("items", "additionalProperties"):
            value = _plain(value)
        made[key] = value
    return made


def _has_struct(name: str, source: Table, field: str) -> bool:
    """Whether a field holds a struct by value."""
    if field in words(overlay.POINTER_STRUCTS, name):
        return False
    if field in words(overlay.STRUCTS, name) or field in source.get("required", ()):
        return True
    is_object = "x-kubernetes-group-version-kind" in source or name.endswith(("TemplateSpec", "Template"))
    return is_object and field in OBJECT_PARTS


def _defaults(name: str, source: Table) -> dict[str, Any]:
    """The defaults as the reference's OpenAPI shows them, those of zero value included."""
    last = name.rsplit(".", 1)[-1]
    named = overlay.DEFAULTS.get(last, {})
    required = source.get("required", ())
    made: dict[str, Any] = {}
    for field, value in source["properties"].items():
        kind = _plain(value).get("type")
        ref = _plain(value).get("$ref", "")
        if field in named and _named_default_holds(name, field):
            made[field] = named[field]
        elif kind in ZERO:
            always = field in required and field not in words(overlay.UNWRITTEN, name)
            if (always or field in words(overlay.WRITTEN, name)) and value.get("format") != "byte":
                made[field] = ZERO[kind]
        elif ref and ref not in SPECIAL and _has_struct(name, source, field):
            made[field] = {}
    return made


def _named_default_holds(name: str, field: str) -> bool:
    return not (field == "operator" and short(name) == "core.v1.Toleration")


def _extra(name: str, source: Table, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What decoding needs beside: `w` written though absent, `z` left out when zero, `g` Go's names, `e` embedded."""
    required = set(source.get("required", ()))
    written, unwritten = words(overlay.WRITTEN, name), words(overlay.UNWRITTEN, name)
    zeros: dict[str, Any] = {}
    omitted: list[str] = []
    nulls = words(overlay.NULLS, name) | words(overlay.TIMES, name)
    for field, value in source["properties"].items():
        plain = _plain(value)
        kind, ref = plain.get("type"), plain.get("$ref", "")
        always = (field in required and field not in unwritten) or field in written
        if field in nulls:
            zeros[field] = None
        elif field in words(overlay.QUANTITIES, name):
            zeros[field] = "0"
        elif field in words(overlay.INT_OR_STRINGS, name):
            zeros[field] = 0
        elif ref:
            if defaults.get(field) == {}:
                zeros[field] = {"$ref": ref}
        elif kind in ("array", "object") or plain.get("format") == "byte":
            if always:
                zeros[field] = None
            elif field not in words(overlay.KEPT_EMPTY, name):
                omitted.append(field)
        elif kind in ZERO:
            if always:
                zeros[field] = ZERO[kind]
            elif _is_value(name, field, kind):
                omitted.append(field)
    extra: dict[str, Any] = {}
    if zeros:
        extra["w"] = zeros
    if omitted:
        extra["z"] = omitted
    if names := _go_names(name, source):
        extra["g"] = names
    if embedded := _embedded(name, source):
        extra["e"] = embedded
    return extra


def _is_value(name: str, field: str, kind: str) -> bool:
    if kind == "string":
        return field not in words(overlay.POINTERS, name)
    return field in words(overlay.VALUES, name)


def _go_names(name: str, source: Table) -> dict[str, str]:
    last, version = name.split(".")[-1], name.split(".")[-2]
    made: dict[str, str] = {}
    for field in source["properties"]:
        if f"{last}.{field}" in go_names.NAMED_LISTS:
            made[field] = f"{version}.{go_names.NAMED_LISTS[f'{last}.{field}']}"
        for keys, fields in go_names.KEYS.items():
            if f"{last}.{field}" in fields.split():
                made[field] = f"map[{keys}]"
        for named in (_SCALARS.get(f"{short(name)}.{field}"), _SCALARS.get(f"{last}.{field}")):
            if named:
                made[field] = named if "." in named else f"{version}.{named}"
                break
    return made


_SCALARS = {field: named for named, fields in go_names.SCALARS.items() for field in fields.split()}


def _embedded(name: str, source: Table) -> dict[str, str]:
    made: dict[str, str] = {}
    for prefix, text in overlay.EMBEDDED.get(name.rsplit(".", 1)[-1], {}).items():
        fields = set(text.split())
        if "*" in fields:
            fields = set(source["properties"]) - fields
        made.update(dict.fromkeys(sorted(fields), prefix))
    return made


def find_source() -> pathlib.Path:
    """The definitions of the installed `kubernetes-validate`."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("kubernetes-validate is not installed: pip install kubernetes-validate==1.36.0")
    root = pathlib.Path(next(iter(spec.submodule_search_locations)))
    return root / "kubernetes-json-schema" / RELEASE / "_definitions.json"


def write(source: pathlib.Path, folder: pathlib.Path) -> None:
    definitions = json.loads(source.read_bytes())["$defs"]
    schema, descriptions = generate(definitions)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "schema.msgpack").write_bytes(msgspec.msgpack.encode(schema))
    (folder / "descriptions.msgpack").write_bytes(msgspec.msgpack.encode(descriptions))


if __name__ == "__main__":
    arguments = [pathlib.Path(text) for text in sys.argv[1:]]
    write(
        arguments[0] if arguments else find_source(),
        arguments[1] if len(arguments) > 1 else pathlib.Path(__file__).with_name("_generated"),
    )
