"""OpenAPI v2: the one document of everything, for clients that do not know v3.

It is large and seldom asked for, so it is made when somebody asks (some 130 ms, and 90 ms more as protobuf), and
the last one is kept until what is served changes.
"""

import functools
import hashlib
from typing import Any

import msgspec

import steersman
from steersman.api import schema
from steersman.apiserver.discovery.openapi import custom, schemas, v3
from steersman.apiserver.discovery.snapshot import Snapshot

_kept: dict[bool, tuple[str, bytes]] = {}


def v2(snapshot: Snapshot, *, protobuf: bool = False) -> bytes:
    """As JSON, or as gnostic's message."""
    tag = v2_tag(snapshot)
    kept = _kept.get(protobuf)
    if kept is None or kept[0] != tag:
        made = tree(snapshot)
        kept = _kept[protobuf] = (tag, _message(made) if protobuf else _encoded(made))
    return kept[1]


def _message(made: dict[str, Any]) -> bytes:
    from steersman.apiserver.discovery.openapi import gnostic  # with the first client that asks for protobuf

    return gnostic.document(made)


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
                definitions[each] = _refs(custom.in_v2(definition))
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


def _encoded(document: dict[str, Any]) -> bytes:
    """As JSON, a path and a definition at a time: other threads come in between."""
    encode = msgspec.json.encode
    members = []
    for key, value in document.items():
        if key in ("paths", "definitions"):
            pieces = b",".join(encode(name) + b":" + encode(each) for name, each in value.items())
            members.append(encode(key) + b":{" + pieces + b"}")
        else:
            members.append(encode(key) + b":" + encode(value))
    return b"{" + b",".join(members) + b"}"


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
