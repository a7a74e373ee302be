"""OpenAPI v3: an index, and one document for each group version and each index path.

A document is made when it is asked for (some 10 ms) and not kept: clients keep it.  Its tag names what it is
made of (release, resources, schemas of custom resources), not its bytes, so that the index need not make any
document.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

import steersman
from steersman.api import resources
from steersman.api.tree import MutableTree
from steersman.apiserver.discovery.openapi import custom, operations, schemas
from steersman.apiserver.discovery.snapshot import Snapshot

_META = operations.META
_NO_CBOR = operations.MEDIA[1:]
_SECURITY = {
    "BearerToken": {
        "description": "Bearer Token authentication",
        "in": "header",
        "name": "authorization",
        "type": "apiKey",
    }
}


def names(snapshot: Snapshot) -> list[str]:
    """The documents, by their path below `/openapi/v3/`."""
    found = [".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version"]
    for group in snapshot.table.groups():
        if group.name and not _is_custom(snapshot, group.name):
            found.append(f"apis/{group.name}")
        prefix = f"apis/{group.name}" if group.name else "api"
        found += [f"{prefix}/{version}" for version in group.versions]
    return sorted(found)


def _is_custom(snapshot: Snapshot, group: str) -> bool:
    return all(resource.custom for resource in snapshot.table.all() if resource.group == group)


def index(snapshot: Snapshot) -> MutableTree:
    paths = {}
    for name in names(snapshot):
        paths[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={_tag(snapshot, name)}"}
    return {"paths": paths}


def tag(snapshot: Snapshot, name: str) -> str | None:
    """What the document is made of, as a hash; None where there is no such document."""
    if name not in names(snapshot):
        return None
    return _tag(snapshot, name)


def _tag(snapshot: Snapshot, name: str) -> str:
    found = _resources(snapshot, name)
    made_of = [steersman.__version__, steersman.KUBERNETES_VERSION, name, repr(found)]
    schemas_of = [snapshot.custom_schema(each) for each in found if each.custom]
    made_of += [each.digest if each is not None else "" for each in schemas_of]
    return hashlib.sha512("\n".join(made_of).encode()).hexdigest().upper()


def _resources(snapshot: Snapshot, name: str) -> Sequence[resources.Resource]:
    parts = name.split("/")
    if parts[0] == "apis" and len(parts) == 3:
        return snapshot.table.of(parts[1], parts[2])
    if parts[0] == "api" and len(parts) == 2:
        return snapshot.table.of("", parts[1])
    return ()


def document(snapshot: Snapshot, name: str) -> bytes:
    """A document's bytes.  `name` must be one of `names`."""
    return msgspec.json.encode(tree(snapshot, name))


def tree(snapshot: Snapshot, name: str) -> MutableTree:
    parts = name.split("/")
    found = _resources(snapshot, name)
    own: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    if found:
        prefix = f"/{name}/"
        if not all(each.custom for each in found):
            group, version = found[0].group, found[0].version
            paths[prefix] = {"get": _resources_operation(group, version)}
        for each in found:
            described = operations.Paths(each)
            paths.update(described.all())
            if each.custom:
                own.update(custom.published(each, snapshot.custom_schema(each), described.name))
    else:
        paths = _fixed(parts)
    wanted = [ref.removeprefix(schemas.V3) for ref in schemas.references([paths, own])]
    components = {each: schemas.v3(each) for each in schemas.closure(wanted)}
    for kind in ("DeleteOptions", "WatchEvent"):
        if found and _META + kind in components:
            kinds = [{"group": "", "kind": kind, "version": "v1"}]
            if found[0].group:
                kinds.append({"group": found[0].group, "kind": kind, "version": found[0].version})
            components[_META + kind]["x-kubernetes-group-version-kind"] = kinds
    components.update(own)
    made: MutableTree = {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"}}
    made["paths"] = dict(sorted(paths.items()))
    made["components"] = (
        {"schemas": components, "securitySchemes": _SECURITY} if components else {"securitySchemes": _SECURITY}
    )
    return made


def _get(text: str, id: str, tag: str, answer: str, media: Iterable[str] = operations.MEDIA) -> dict[str, Any]:
    found = operations.responses(operations.ref(answer), ["200"], tuple(media))
    return {"tags": [tag], "description": text, "operationId": id, "responses": found}


def _resources_operation(group: str, version: str) -> dict[str, Any]:
    id = operations.capital(operations.group_id(group)) + operations.capital(version)
    tag = operations.tag(group, version)
    return _get("get available resources", f"get{id}APIResources", tag, _META + "APIResourceList")


def _fixed(parts: list[str]) -> dict[str, Any]:
    """The documents of paths that are no group version."""
    if parts == ["api"]:
        text = "get available API versions"
        return {"/api/": {"get": _get(text, "getCoreAPIVersions", "core", _META + "APIVersions", _NO_CBOR)}}
    if parts == ["apis"]:
        text = "get available API versions"
        return {"/apis/": {"get": _get(text, "getAPIVersions", "apis", _META + "APIGroupList", _NO_CBOR)}}
    if parts == ["version"]:
        text = "get the version information for this server"
        info = "io.k8s.apimachinery.pkg.version.Info"
        return {"/version/": {"get": _get(text, "getCodeVersion", "version", info, ["application/json"])}}
    if parts[0] == "apis":
        id = operations.group_id(parts[1])
        text = "get information of a group"
        name = f"get{operations.capital(id)}APIGroup"
        return {f"/apis/{parts[1]}/": {"get": _get(text, name, id, _META + "APIGroup", _NO_CBOR)}}
    text, id, media = (
        ("get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
         "getServiceAccountIssuerOpenIDConfiguration", "application/json")
        if parts[0] == ".well-known"
        else ("get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
              "getServiceAccountIssuerOpenIDKeyset", "application/jwk-set+json")
    )  # fmt: skip
    found = operations.responses({"type": "string"}, ["200"], (media,))
    tag = "WellKnown" if parts[0] == ".well-known" else "openid"
    operation = {"tags": [tag], "description": text, "operationId": id, "responses": found}
    return {f"/{'/'.join(parts)}/": {"get": operation}}
