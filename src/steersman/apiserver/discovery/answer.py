"""Requests for discovery to responses: routing, what the client accepts, caching by generation.

Aggregated documents carry an `ETag`; OpenAPI documents are asked for with their hash in the query and may
then be kept for ever.
"""

import functools
import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

import steersman
from steersman.api import status
from steersman.apiserver.discovery import documents, openapi
from steersman.apiserver.discovery.snapshot import Snapshot
from steersman.kit import http

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
_AVAILABLE = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


def answer(request: http.Request, snapshot: Snapshot) -> http.Response | None:
    """None where the path is not discovery's.  Raises StatusError."""
    parts = [part for part in request.path.split("/") if part]
    if parts[:1] == ["openapi"]:
        return _openapi(request, snapshot, parts)
    return _discovery(request, snapshot, parts)


def _discovery(request: http.Request, snapshot: Snapshot, parts: list[str]) -> http.Response | None:
    table = snapshot.table
    make: Callable[[], Any]
    if not parts:
        make = functools.partial(documents.root, table, list(snapshot.paths))
    elif parts == ["version"]:
        make = functools.partial(documents.version, steersman.KUBERNETES_VERSION)
    elif parts in (["api"], ["apis"]):
        wanted = _aggregated_version(request.headers.get("accept", ""))
        if wanted:
            return _aggregated(request, snapshot, parts == ["api"], wanted)
        if parts == ["api"]:
            make = functools.partial(documents.api_versions, table, snapshot.address)
        else:
            make = functools.partial(documents.group_list, table)
    elif parts[0] == "apis" and len(parts) == 2:
        group = table.group(parts[1])
        if group is None or not group.name:
            return None
        make = functools.partial(documents.group, group)
    elif (parts[0] == "api" and len(parts) == 2) or (parts[0] == "apis" and len(parts) == 3):
        name = parts[1] if parts[0] == "apis" else ""
        group = table.group(name)
        if group is None or parts[-1] not in group.versions or (parts[0] == "apis" and not name):
            return None
        make = functools.partial(documents.resource_list, table, name, parts[-1])
    else:
        return None
    _only_get(request)
    return _rendered(request, make())


def _only_get(request: http.Request) -> None:
    if request.method not in ("GET", "HEAD"):
        raise status.failure(
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {}
        )


def _rendered(request: http.Request, tree: Any) -> http.Response:
    media = _media(request.headers.get("accept", ""))
    if media == YAML:
        import yaml  # 14 ms, for a form that hardly anybody asks for

        text = yaml.safe_dump(tree, sort_keys=True, default_flow_style=False)
        return http.Response(content_type=YAML, chunks=[text.encode()])
    if media == PROTOBUF and tree.get("kind"):  # the list of paths is no kind, and JSON for everybody
        from steersman.api.codec import protobuf  # clients that name JSON too get that

        return http.Response(content_type=PROTOBUF, chunks=[protobuf.encode_body(tree)])
    return http.Response(content_type=JSON, chunks=[msgspec.json.encode(tree) + b"\n"], tree=tree)


def _clauses(accept: str) -> list[tuple[str, dict[str, str]]]:
    """Media types with their parameters, in the client's order of preference."""
    found = []
    for place, clause in enumerate(accept.split(",")):
        name, *rest = (part.strip() for part in clause.split(";"))
        values = dict(part.split("=", 1) for part in rest if "=" in part)
        try:
            weight = float(values.get("q", "1"))
        except ValueError:
            weight = 0.0
        found.append((-weight, place, name.lower(), values))
    return [(name, values) for _, _, name, values in sorted(found, key=lambda each: each[:2])]


def _media(accept: str) -> str:
    if not accept.strip():
        return JSON
    named = [name for name, values in _clauses(accept) if "as" not in values]
    for name in named:
        if name in ("*/*", "application/*", JSON):
            return JSON
        if name in (YAML, "application/x-yaml", "text/yaml"):
            return YAML
    if PROTOBUF in named:
        return PROTOBUF
    raise status.not_acceptable(f"406: Not Acceptable\n\nAvailable representations: {_AVAILABLE}")


def _aggregated_version(accept: str) -> str:
    """`v2` or `v2beta1` where the client would rather have the aggregated document; empty otherwise."""
    for name, values in _clauses(accept):
        if values.get("g") == "apidiscovery.k8s.io" and values.get("as") == "APIGroupDiscoveryList":
            if name in (JSON, "*/*", "application/*") and values.get("v") in ("v2", "v2beta1"):
                return values["v"]
        elif name in ("*/*", "application/*", JSON):
            return ""
    return ""


def _aggregated(request: http.Request, snapshot: Snapshot, core: bool, version: str) -> http.Response:
    _only_get(request)
    body, tag = _aggregated_bytes(snapshot.table, core, version, snapshot.stale)
    headers = [("ETag", tag), ("Vary", "Accept")]
    kind = f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    if request.headers.get("if-none-match") == tag:
        return http.Response(status=304, content_type=kind, headers=headers)
    return http.Response(content_type=kind, chunks=[body], headers=headers)


@functools.lru_cache(maxsize=8)
def _aggregated_bytes(table: Any, core: bool, version: str, stale: frozenset[tuple[str, str]]) -> tuple[bytes, str]:
    body = msgspec.json.encode(documents.aggregated(table, core, version, stale)) + b"\n"
    return body, f'"{hashlib.sha512(body).hexdigest().upper()}"'


OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_V2_FORMS = {
    JSON: JSON, "*/*": JSON, "application/*": JSON, OPENAPI_V2_PROTOBUF: OPENAPI_V2_PROTOBUF,
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf": OPENAPI_V2_PROTOBUF,
}  # fmt: skip
"""What a client may ask for, and the type of what it gets; the name with `@` is no media type, but clients use it."""


def _openapi(request: http.Request, snapshot: Snapshot, parts: list[str]) -> http.Response | None:
    if parts[1:] == ["v2"]:
        _only_get(request)
        form = _v2_form(request.headers.get("accept", ""))
        protobuf = form == OPENAPI_V2_PROTOBUF
        entity = f'"{openapi.v2_tag(snapshot)}{"PB" if protobuf else ""}"'
        headers = [("ETag", entity), ("Vary", "Accept-Encoding, Accept")]
        if request.headers.get("if-none-match") == entity:
            return http.Response(status=304, headers=headers)
        return http.Response(content_type=form, chunks=[openapi.v2(snapshot, protobuf=protobuf)], headers=headers)
    if parts[1:2] != ["v3"]:
        return None
    _only_get(request)
    if len(parts) == 2:
        tree = openapi.index(snapshot)
        body = msgspec.json.encode(tree)
        return http.Response(content_type="text/plain; charset=utf-8", chunks=[body], tree=tree)
    name = "/".join(parts[2:])
    tag = openapi.tag(snapshot, name)
    if tag is None:
        return None
    headers = [("ETag", f'"{tag}"'), ("Vary", "Accept")]
    asked = request.param("hash")
    if asked and asked != tag:
        return http.Response(
            status=301, content_type="text/plain", headers=[("Location", f"/openapi/v3/{name}?hash={tag}")]
        )
    if asked:
        headers.append(("Cache-Control", "public, immutable"))
    if request.headers.get("if-none-match") == f'"{tag}"':
        return http.Response(status=304, headers=headers)
    return http.Response(content_type=JSON, chunks=[openapi.document(snapshot, name)], headers=headers)


def _v2_form(accept: str) -> str:
    for name, _ in _clauses(accept) if accept.strip() else [(JSON, {})]:
        if name in _V2_FORMS:
            return _V2_FORMS[name]
    raise status.not_acceptable(f"406: Not Acceptable\n\nAvailable representations: {JSON}")
