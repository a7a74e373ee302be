"""The AdmissionReview that a hook is sent, and what it may answer.  Pure.

A hook says which versions of the review it understands; both have the same fields, but an answer in v1 is looked at
more closely.  An answer of the wrong shape is a `CallFailed`: as if the hook had not answered.
"""

import base64
import binascii
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import resources, status
from steersman.api.patch import gotext
from steersman.api.tree import Tree
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.admission.webhooks import rules
from steersman.apiserver.admission.webhooks.refusals import CallFailed

GROUP = "admission.k8s.io"
KIND = "AdmissionReview"
VERSIONS = ("v1", "v1beta1")
JSON_PATCH = "JSONPatch"
_OPTIONS = {Operation.CREATE: "CreateOptions", Operation.UPDATE: "UpdateOptions", Operation.DELETE: "DeleteOptions"}


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    allowed: bool
    result: Tree | None = None
    patch: bytes = b""
    patch_type: str = ""
    warnings: Sequence[str] = ()
    annotations: Mapping[str, str] = dataclasses.field(default_factory=dict)


def version_of(understood: Sequence[str]) -> str:
    """The version to ask in.  Raises CallFailed."""
    for version in understood:
        if version in VERSIONS:
            return version
    raise CallFailed(
        "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)"
    )


def kind_of(resource: resources.Resource, subresource: str) -> tuple[str, str, str]:
    """Group, version and kind of what is written there."""
    found = resource.subresource(subresource) if subresource else None
    if found is not None:
        return found.group, found.version, found.kind
    return resource.group, resource.version, resource.kind


def request(
    a: Attributes, uid: str, version: str, resource: resources.Resource, new: Tree | None, old: Tree | None
) -> dict[str, Any]:
    """The review; `new` and `old` are in the version of `resource`, which is what the hook's rules named."""
    asked: dict[str, Any] = {"uid": uid, "kind": _kind(resource, a.subresource), "resource": _resource(resource)}
    if a.subresource:
        asked["subResource"] = a.subresource
    asked["requestKind"] = _kind(a.resource, a.subresource)
    asked["requestResource"] = _resource(a.resource)
    if a.subresource:
        asked["requestSubResource"] = a.subresource
    if a.name:
        asked["name"] = a.name
    namespace = rules.namespace_of(a)
    if namespace:
        asked["namespace"] = namespace
    asked["operation"] = str(a.operation)
    asked["userInfo"] = _user(a)
    asked["object"] = _typed(new, resource, a.subresource)
    asked["oldObject"] = _typed(old, resource, a.subresource)
    asked["dryRun"] = a.dry_run
    asked["options"] = options(a)
    return {"kind": KIND, "apiVersion": f"{GROUP}/{version}", "request": asked}


def _kind(resource: resources.Resource, subresource: str) -> dict[str, str]:
    group, version, kind = kind_of(resource, subresource)
    return {"group": group, "version": version, "kind": kind}


def _resource(resource: resources.Resource) -> dict[str, str]:
    return {"group": resource.group, "version": resource.version, "resource": resource.plural}


def _user(a: Attributes) -> dict[str, Any]:
    user: dict[str, Any] = {"username": a.user.name}
    if a.user.uid:
        user["uid"] = a.user.uid
    if a.user.groups:
        user["groups"] = list(a.user.groups)
    if a.user.extra:
        user["extra"] = {key: list(values) for key, values in a.user.extra.items()}
    return user


def _typed(tree: Tree | None, resource: resources.Resource, subresource: str) -> Tree | None:
    """With its kind in front, as an object is sent."""
    if tree is None:
        return None
    group, version, kind = kind_of(resource, subresource)
    return {**tree, "kind": kind, "apiVersion": resources.api_version(group, version)}


def options(a: Attributes) -> dict[str, Any] | None:
    """The options of the operation that is done, which is not always the one asked for: a patch is an update."""
    kind = _OPTIONS.get(a.operation)
    if kind is None:
        return None
    given: dict[str, Any] = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
    if a.options:
        return {**given, **{key: value for key, value in a.options.items() if key not in given}}
    for key, value in a.query:
        if key == "dryRun" and value:
            given.setdefault("dryRun", []).append(value)
        elif key in ("fieldManager", "fieldValidation") and value:
            given.setdefault(key, value)
    return given


def verdict(answer: Any, uid: str, version: str, *, mutating: bool) -> Verdict:
    """What the hook says.  Raises CallFailed."""
    response = _field(answer, "response", dict, "AdmissionReview.response") if isinstance(answer, Mapping) else None
    if response is None:
        raise _bad("webhook response was absent")
    result = _field(response, "status", dict, "AdmissionResponse.response.status")
    patch = _patch(response)
    kind = _field(response, "patchType", str, "AdmissionResponse.response.patchType")
    found = Verdict(
        bool(_field(response, "allowed", bool, "AdmissionResponse.response.allowed")),
        _result(result),
        patch if mutating else b"",
        (kind or "") if mutating else "",
        _texts(response, "warnings"),
        _field(response, "auditAnnotations", dict, "AdmissionResponse.response.auditAnnotations") or {},
    )
    if version == "v1":
        _check_v1(answer, response, uid, patch, kind, mutating=mutating)
    elif found.patch:
        found = dataclasses.replace(found, patch_type=JSON_PATCH)
    return found


def _check_v1(
    answer: Mapping[str, Any], response: Mapping[str, Any], uid: str, patch: bytes, kind: str | None, *, mutating: bool
) -> None:
    given = response.get("uid") or ""
    if given != uid:
        raise _bad(f"expected response.uid={status.quoted(uid)}, got {status.quoted(str(given))}")
    group, version = resources.split(str(answer.get("apiVersion") or ""))
    if (group, version, answer.get("kind")) != (GROUP, "v1", KIND):
        got = (
            f"{group}/{version}, Kind={answer.get('kind') or ''}" if group or version else f"/, Kind={_kind_in(answer)}"
        )
        raise _bad(f"expected webhook response of {GROUP}/v1, Kind={KIND}, got {got}")
    if not mutating:
        if patch:
            raise _bad("validating webhook may not return response.patch")
        if kind is not None:
            raise _bad("validating webhook may not return response.patchType")
    elif patch and kind is None:
        raise _bad("webhook returned response.patch but not response.patchType")
    elif not patch and kind is not None:
        raise _bad("webhook returned response.patchType but not response.patch")
    elif kind == "":
        raise _bad('webhook returned invalid response.patchType of ""')


def _kind_in(answer: Mapping[str, Any]) -> str:
    return str(answer.get("kind") or "")


def _patch(response: Mapping[str, Any]) -> bytes:
    text = _field(response, "patch", str, "AdmissionResponse.response.patch")
    try:
        return base64.b64decode(text or "", validate=True)
    except (binascii.Error, ValueError):
        raise CallFailed("failed to call webhook: illegal base64 data in response.patch") from None


def _result(given: Mapping[str, Any] | None) -> Tree | None:
    """A Status, of which only what has its type is kept."""
    if given is None:
        return None
    types = {"status": str, "message": str, "reason": str, "code": int, "details": dict}
    return {name: given[name] for name, type_ in types.items() if isinstance(given.get(name), type_)}


def _texts(response: Mapping[str, Any], name: str) -> Sequence[str]:
    found = _field(response, name, list, f"AdmissionResponse.response.{name}") or []
    for each in found:
        if not isinstance(each, str):
            raise _mistyped(each, f"AdmissionResponse.response.{name}", "string")
    return found


_GO = {dict: "map[string]string", str: "string", bool: "bool", list: "[]string"}


def _field(tree: Mapping[str, Any], name: str, type_: type, where: str) -> Any:
    """A field of its type, or None.  Raises CallFailed."""
    value = tree.get(name)
    if value is not None and not isinstance(value, type_):
        raise _mistyped(value, where, _GO[type_])
    return value


def _mistyped(value: Any, where: str, type_: str) -> CallFailed:
    return CallFailed(
        f"failed to call webhook: json: cannot unmarshal {gotext.kind(value)} into Go struct field {where} "
        f"of type {type_}"
    )


def _bad(why: str) -> CallFailed:
    return CallFailed(f"received invalid webhook response: {why}")
