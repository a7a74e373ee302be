"""OpenAPI v2: the one document of everything, for clients that do not know v3.

It is large and seldom asked for, so it is made anew for each request (some 80 ms) and not kept.
"""

import functools
import hashlib
from typing import Any

import msgspec

import steersman
from steersman.api import schema
from steersman.apiserver.discovery.openapi import schemas, v3
from steersman.apiserver.discovery.snapshot import Snapshot


def v2(snapshot: Snapshot) -> bytes:
    return msgspec.json.encode(tree(snapshot))


def v2_tag(snapshot: Snapshot) -> str:
    """What the document is made of, as a hash."""
    made_of = str(v3.index(snapshot))
    return hashlib.sha512(made_of.encode()).hexdigest().upper()


def tree(snapshot: Snapshot) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    wanted: list[str] = []
    for name in v3.names(snapshot):
        document = v3.tree(snapshot, name)
        for path, item in document["paths"].items():
            paths[path] = _item(item)
        for each, definition in document["components"].get("schemas", {}).items():
            if not each.startswith("io.k8s.") or each not in _known():
                definitions[each] = _refs(definition)
            else:
                wanted.append(each)
    definitions.update({each: schemas.v2(each) for each in set(wanted)})
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": steersman.KUBERNETES_VERSION},
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": {
            "BearerToken": {
                "description": "Bearer Token authentication",
                "type": "apiKey",
                "name": "authorization",
                "in": "header",
            }
        },
        "security": [{"BearerToken": []}],
    }


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(schema.names())


def _item(item: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in item.items():
        made[key] = [_parameter(each) for each in value] if key == "parameters" else _operation(value)
    return made


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in parameter.items() if key != "schema"}
    return {**made, **parameter["schema"]}


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    produced: set[str] = set()
    for key, value in operation.items():
        if key == "responses":
            found = {}
            for code, response in value.items():
                found[code] = {"description": response["description"]}
                for media, content in response.get("content", {}).items():
                    produced.add(media)
                    found[code]["schema"] = _refs(content["schema"])
            made["responses"] = found
        elif key == "requestBody":
            made["consumes"] = sorted(value["content"])
            sent = next(iter(value["content"].values()))["schema"]
            body = {"in": "body", "name": "body", "schema": _refs(sent)}
            if value.get("required"):
                body["required"] = True
            made.setdefault("parameters", []).append(body)
        elif key == "parameters":
            made.setdefault("parameters", []).extend(_parameter(each) for each in value)
        else:
            made[key] = value
    made.setdefault("consumes", ["*/*"])
    made["produces"] = sorted(produced)
    made["schemes"] = ["https"]
    return made


def _refs(tree: Any) -> Any:
    """A v3 schema in v2: references elsewhere, `allOf` of one reference as the reference."""
    if isinstance(tree, dict):
        made = {key: _refs(value) for key, value in tree.items() if key != "allOf"}
        only = tree.get("allOf")
        if isinstance(only, list):
            if len(only) == 1 and isinstance(only[0], dict) and "$ref" in only[0]:
                made["$ref"] = only[0]["$ref"].replace(schemas.V3, schemas.V2)
            else:
                made["allOf"] = _refs(only)
        if isinstance(made.get("$ref"), str):
            made["$ref"] = made["$ref"].replace(schemas.V3, schemas.V2)
        return made
    if isinstance(tree, list):
        return [_refs(each) for each in tree]
    return tree
