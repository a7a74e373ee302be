"""Custom resources in OpenAPI: their own schema with the fields that every object has, and the schema of their list.

`published` is what v3 shows.  v2 cannot say all of it: `in_v2` drops alternatives, what may be null loses its type,
and what keeps unknown fields loses the known ones, lest clients take all others for mistakes.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api import resources, schema
from steersman.apiserver.discovery.openapi import operations

_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_CONVENTIONS = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md"
_OBJECT_META = f"Standard object's metadata. More info: {_CONVENTIONS}#metadata"
_LIST_META = f"Standard list metadata. More info: {_CONVENTIONS}#types-kinds"
_GVK, _EMBEDDED = "x-kubernetes-group-version-kind", "x-kubernetes-embedded-resource"
_KEEPS = "x-kubernetes-preserve-unknown-fields"
_JUNCTORS = ("anyOf", "oneOf", "not")
_NOT_NULLABLE = ("type", "nullable", "items", "properties", "additionalProperties")


def published(resource: resources.Resource, given: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """The two schemas; `given` None of a kind without one."""
    made = _with_meta(_embedded(given)) if given else {"type": "object", _KEEPS: True}
    made["type"] = "object"
    gvk = {"group": resource.group, "version": resource.version}
    made[_GVK] = [{**gvk, "kind": resource.kind}]
    listed = {
        "description": f"{resource.list_kind} is a list of {resource.kind}",
        "type": "object",
        "required": ["items"],
        "properties": {
            **_type_meta(),
            "items": {
                "description": f"List of {resource.plural}. More info: {_CONVENTIONS}",
                "type": "array",
                "items": operations.ref(name),
            },
            "metadata": {"allOf": [operations.ref(_META + "ListMeta")], "description": _LIST_META},
        },
        _GVK: [{**gvk, "kind": resource.list_kind}],
    }
    return {name: made, name + "List": listed}


def _type_meta() -> dict[str, Any]:
    told = schema.descriptions(_META + "Status")
    return {name: {"description": told.get(name, ""), "type": "string"} for name in ("apiVersion", "kind")}


def _with_meta(given: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"allOf": [operations.ref(_META + "ObjectMeta")], "description": _OBJECT_META}
    return {**given, "properties": {**(given.get("properties") or {}), **_type_meta(), "metadata": meta}}


def _embedded(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with the standard fields in each resource inside of it."""
    made: dict[str, Any] = {}
    properties = given.get("properties")
    if isinstance(properties, Mapping):
        made["properties"] = {name: _resource(child) for name, child in properties.items()}
    for name in ("items", "additionalProperties"):
        if isinstance(given.get(name), Mapping):
            made[name] = _resource(given[name])
    return {**given, **made}


def _resource(given: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = _embedded(given)
    if not given.get(_EMBEDDED):
        return inner
    needed = [name for name in ("kind", "apiVersion") if name not in (given.get("required") or ())]
    return {**_with_meta(inner), "required": [*(given.get("required") or ()), *needed]}


def in_v2(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of a custom resource as v2 can have it; references are still v3's."""
    if tree.get(_KEEPS) and _GVK in tree:
        return {name: tree[name] for name in ("type", "description", _GVK) if name in tree}
    return _plain(tree)


def _plain(tree: Mapping[str, Any]) -> dict[str, Any]:
    drop = {*_JUNCTORS}
    if tree.get("nullable"):
        drop |= {*_NOT_NULLABLE}
    if tree.get(_KEEPS):
        drop |= {"items", "properties"}
    if len(tree.get("allOf") or ()) != 1 or "$ref" not in tree["allOf"][0]:
        drop.add("allOf")
    made = {name: value for name, value in tree.items() if name not in drop}
    properties = made.get("properties")
    if isinstance(properties, Mapping):
        nullable = {name for name, child in properties.items() if child.get("nullable")}
        made["properties"] = {name: _plain(child) for name, child in properties.items()}
        if nullable & set(made.get("required") or ()):
            made["required"] = [name for name in made["required"] if name not in nullable]
    for name in ("items", "additionalProperties"):
        if isinstance(made.get(name), Mapping):
            made[name] = _plain(made[name])
    return made
