"""PATCH: JSON, merge and strategic patches, and server-side apply.

A patch is applied to the object as it is in the version served, and again to the newer one when somebody
wrote in between, so a patch that names no resourceVersion only fails when it keeps losing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from steersman.api import codec, status
from steersman.api.apply import server_side
from steersman.api.patch import json_patch, merge_patch, refusal, strategic
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver import call as calls
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.verbs import bodies
from steersman.apiserver.verbs import change as changing
from steersman.apiserver.verbs.create import answered
from steersman.kit import http

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
ATTEMPTS = 50

Patch = Callable[[Tree], Tree]


async def patch(call: Call) -> http.Response:
    media = media_type(call)
    options = optioned.write_options(call.request, "PatchOptions", apply=media == APPLY)
    if media == APPLY:
        return await _apply(call, options)
    apply = await call.apart(patcher, call, media, call.registry.node)
    strangers = await call.apart(strange_members, call, media, options)
    by_type = media == STRATEGIC and call.request.tree is None
    shown = (lambda: refusal.of_map(_document(call.request.body))) if by_type else None

    def make(fresh: changing.Fresh) -> MutableTree:
        old = fresh()
        tree = typed(call, options, old, apply(old), call.registry.node, shown=shown, strangers=strangers)
        bodies.completed(call, tree)
        bodies.place(call, tree)
        bodies.check_name(call, tree)
        return tree

    written = await changing.change(call, make, options, attempts=ATTEMPTS)
    return await answered(call, written, 200)


def media_type(call: Call) -> str:
    """Raises 415."""
    media = call.request.headers.get("content-type", "").split(";")[0].strip().lower()
    known = (JSON_PATCH, MERGE, APPLY) if call.resource.custom else (JSON_PATCH, MERGE, STRATEGIC, APPLY)
    if media not in known:
        call.warnings.clear()  # the reference's router refuses it, before anybody warns
        if call.resource.custom:
            accepted = f"{JSON_PATCH}, {MERGE}, {APPLY}"
            text = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
            raise status.failure(415, "UnsupportedMediaType", text, {})
        raise status.failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    return media


def patcher(call: Call, media: str, node: Node) -> Patch:
    """The patch of the request as a function from the old object to the new.  Raises 400."""
    request = call.request
    if request.tree is not None:
        document: Any = request.tree
    else:
        document = _document(request.body)
    if media == JSON_PATCH:
        json_patch.decode(document)
        return lambda tree: json_patch.apply(tree, json_patch.decode(calls.copied(document)))
    if media == MERGE:
        return lambda tree: merge_patch.apply(tree, calls.copied(document))
    return lambda tree: strategic.apply(tree, calls.copied(document), node)


def strange_members(call: Call, media: str, options: optioned.WriteOptions) -> list[str]:
    """What field validation has to say of the patch itself, which `patcher` has found readable."""
    if media != JSON_PATCH or options.field_validation == "Ignore":
        return []
    document: Any = call.request.tree
    return json_patch.unknown_fields(_document(call.request.body) if document is None else document)


def _document(body: bytes) -> Any:
    try:
        return codec.decode_json(body)
    except (codec.DecodeError, msgspec.DecodeError) as error:
        text = str(error)
        text = text.removeprefix("couldn't get version/kind; json parse error: ")
        raise refusal.undecodable(text) from error


def typed(
    call: Call,
    options: optioned.WriteOptions,
    old: Tree,
    tree: Tree,
    node: Node,
    *,
    shown: Callable[[], str] | None = None,
    strangers: Sequence[str] = (),
) -> MutableTree:
    """The patched tree checked against its type, unknown fields dropped.  Raises 422.

    `shown` is how a refusal shows what was patched: the result unless given.  `strangers` are the problems of the
    patch itself, told before those of the result.
    """
    try:
        if node is call.registry.node and shown is None:
            _check_kind(call, tree)
        accepted = plugged.accepted(node, tree, options.field_validation)
        problems = [*strangers, *accepted.problems]
        if problems and options.field_validation == "Strict":
            raise codec.DecodeError("strict decoding error: " + ", ".join(problems))
    except codec.DecodeError as error:
        text = refusal.of_result(old, tree) if shown is None else shown()
        raise refusal.bad_result(text, str(error)) from error
    call.warnings += problems
    call.empty = accepted.empty
    out = dict(accepted.tree)
    out["kind"], out["apiVersion"] = call.resource.kind, call.resource.api_version
    out["metadata"] = dict(out.get("metadata") or {})
    call.registry.strategy.spelt_anew(out)
    return out


def _check_kind(call: Call, tree: Tree) -> None:
    """An object stays what it is.  Raises DecodeError, or 422."""
    resource = call.resource
    kind, version = tree.get("kind"), tree.get("apiVersion")
    if not resource.custom:
        if isinstance(kind, str) and kind not in ("", resource.kind) and version == resource.api_version:
            table = call.services.resources
            raise codec.DecodeError(codec.no_conversion(version, kind, resource.api_version, resource.kind, table))
        return
    if not isinstance(kind, str) or not kind:
        text = msgspec.json.encode(tree).decode()
        raise codec.DecodeError(f"Object 'Kind' is missing in '{text}'")
    found = version if isinstance(version, str) else ""
    if (kind, found) != (resource.kind, resource.api_version):
        raise codec.other_kind(found, kind, resource.api_version, resource.kind, call.info.name)


async def _apply(call: Call, options: optioned.WriteOptions) -> http.Response:
    resource = call.resource
    node = call.registry.node
    applied = await call.apart(configuration, call, options, resource.kind, resource.api_version, node)
    bodies.place(call, applied)
    if not applied["metadata"].get("name"):
        applied["metadata"]["name"] = call.info.name
    bodies.check_name(call, applied)

    def make(fresh: changing.Fresh | None) -> changing.Proposal:
        old = fresh() if fresh is not None else None
        uid = applied["metadata"].get("uid")
        if old is None and uid:
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise call.registry.conflict(call.info.name, why)
        tree, owned = plugged.applied(
            call, old, calls.copied(applied), manager=options.field_manager, force=bool(options.force)
        )
        accepted = plugged.accepted(call.registry.node, tree, "Ignore")
        call.empty = accepted.empty
        new = dict(accepted.tree)
        new["kind"], new["apiVersion"] = resource.kind, resource.api_version
        new["metadata"] = dict(new.get("metadata") or {})
        if tree is not old:
            call.registry.strategy.spelt_anew(new)
        if old is not None:
            given = applied["metadata"].get("resourceVersion")
            if not given:
                new["metadata"].pop("resourceVersion", None)
        bodies.completed(call, new)
        return changing.Proposal(new, owned)

    creates = None if call.info.subresource else lambda: make(None)
    written = await changing.change(call, make, options, absent=creates, attempts=ATTEMPTS)
    return await answered(call, written, 201 if written.created else 200)


def configuration(call: Call, options: optioned.WriteOptions, kind: str, api_version: str, node: Node) -> MutableTree:
    """What was sent to be applied, as it was sent: only what it says is owned.  Raises 400, 500."""
    request, twice = call.request, list[str]()
    if request.tree is not None:
        document: Any = calls.copied(request.tree)
    else:
        try:
            document = codec.decode_yaml(request.body, twice)
        except codec.DecodeError as error:
            raise status.bad_request(f"error decoding YAML: {error}") from error
    out = dict(server_side.checked(document, api_version, node))
    if out.get("kind") != kind:
        raise status.bad_request(f"invalid object type: {out.get('apiVersion')}, Kind={out.get('kind')}")
    out["metadata"] = dict(out.get("metadata") or {})
    try:
        accepted = plugged.accepted(node, out, options.field_validation)
    except codec.DecodeError as error:
        raise _unconvertible(call, out, str(error)) from error
    _heed_keys(call, options, twice)
    bodies.heed(call, options, accepted.problems)
    return out


def _heed_keys(call: Call, options: optioned.WriteOptions, twice: list[str]) -> None:
    """Keys that stand twice in the YAML: refused, warned of line by line, or not looked at."""
    if twice and options.field_validation == "Strict":
        raise status.bad_request(f"error strict decoding YAML: error converting YAML to JSON: {twice[0]}")
    if options.field_validation == "Warn":
        call.warnings += [line.strip() for text in twice for line in text.split("\n")[1:]]


def _unconvertible(call: Call, applied: Tree, why: str) -> status.StatusError:
    """What has the shape of its kind, but a value that no value can be read from."""
    resource, metadata = call.resource, applied["metadata"]
    kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
    where = f"{metadata.get('namespace') or call.info.namespace}/{metadata.get('name') or call.info.name}"
    text = f"failed to convert new object ({where}; {kind}) to proper version"
    return status.failure(500, "", f"{text}: unable to convert unstructured object to {kind}: {why}")
