"""A request's body as an object of the kind that the request is for, or the refusal that clients know.

The kind and version in the body are compared with what is expected before anything else is looked at; both
may be left out.  `fieldValidation` decides what becomes of unknown and duplicate fields: `Strict` refuses,
`Warn` (the default) returns warnings, `Ignore` does not look.
"""

import dataclasses
import enum
import json
from collections.abc import Sequence
from typing import Any

from steersman.api import builtin_names, field, resources, status
from steersman.api.codec import decode, texts
from steersman.api.codec.accept import Way, accept
from steersman.api.codec.errors import DecodeError
from steersman.api.schema.node import Node
from steersman.api.status import StatusError
from steersman.api.tree import MutableTree


class FieldValidation(enum.StrEnum):
    STRICT = "Strict"
    WARN = "Warn"
    IGNORE = "Ignore"


@dataclasses.dataclass(frozen=True, slots=True)
class Received:
    tree: MutableTree
    """The object; its top level is the receiver's to change."""
    warnings: list[str]
    empty: Sequence[Way] = ()
    """Where an empty list or map was left out."""


def into(
    api_version: str,
    kind: str,
    node: Node,
    content_type: str,
    body: bytes,
    *,
    validation: FieldValidation = FieldValidation.WARN,
    table: resources.Table = resources.BUILTIN,
    custom: bool = False,
) -> Received:
    """Raises a 400 or 415 StatusError.

    A custom resource's body must say what it is, and only there the refusal of another kind is validation's (422).
    """
    media = decode.media_type(content_type)
    if media == decode.PROTOBUF:
        return _of_protobuf(api_version, kind, node, body, table)
    problems: list[str] = []
    try:
        if media == decode.YAML:
            tree = texts.decode_yaml(body, problems if validation != FieldValidation.IGNORE else None)
        else:
            tree = texts.decode_json(body)
        found_version, found_kind = _type_of(tree)
    except DecodeError as error:
        why = str(error)
        if media == decode.YAML and why.startswith(_OF_YAML):
            why = why.removeprefix(_OF_YAML)
        else:
            why = f"couldn't get version/kind; json parse error: {why}"
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): {why} ({_summary(body)})"
        ) from None
    if custom:
        _check_custom(tree, body, found_version, found_kind, api_version, kind)
    else:
        found_version, found_kind = _expected(found_version, found_kind, api_version, kind, table)
    strict = validation != FieldValidation.IGNORE
    try:
        accepted = accept(node, tree, strict=strict, body=body if media == decode.JSON else None)
    except DecodeError as error:
        raise _unfit(found_version, found_kind, kind, str(error)) from None
    problems += accepted.problems
    if problems and validation == FieldValidation.STRICT:
        raise _unfit(found_version, found_kind, kind, "strict decoding error: " + ", ".join(problems))
    made = dict(accepted.tree) if accepted.tree is tree else accepted.tree
    made["apiVersion"], made["kind"] = api_version, kind
    return Received(made, problems, accepted.empty)


_OF_YAML = "error converting YAML to JSON: "
"""What is said of YAML elsewhere, and not here."""


def _of_protobuf(api_version: str, kind: str, node: Node, body: bytes, table: resources.Table) -> Received:
    """Unknown fields cannot be told from those of a newer release, and are dropped in silence."""
    from steersman.api.codec import protobuf

    try:
        found = protobuf.unwrapped(body)
    except DecodeError as error:
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): {error} ({_summary(body)})"
        ) from None
    found_version, found_kind = _expected(found.api_version, found.kind, api_version, kind, table)
    try:
        tree = protobuf.decode(node, found.raw)
    except protobuf.NoProtobuf:
        why = "object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be "
        raise _unfit(found_version, found_kind, kind, why + "encoded to a protobuf message") from None
    except DecodeError as error:
        raise _unfit(found_version, found_kind, kind, str(error)) from None
    return Received({"kind": kind, "apiVersion": api_version, **tree}, [])


def _expected(
    found_version: str, found_kind: str, api_version: str, kind: str, table: resources.Table
) -> tuple[str, str]:
    """The version and kind of the body, both of which may be left out.  Raises 400 where they are others."""
    found_version, found_kind = found_version or api_version, found_kind or kind
    if (found_version, found_kind) != (api_version, kind):
        raise _other_kind(found_version, found_kind, api_version, kind, table)
    return found_version, found_kind


def _check_custom(tree: Any, body: bytes, found_version: str, found_kind: str, api_version: str, kind: str) -> None:
    """Raises 400 or 422 where the body is no object of the kind."""
    if not found_kind:
        text = body.decode("utf-8", "replace") if body[:1] == b"{" or tree is None else json.dumps(tree)
        raise status.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): "
            f"Object 'Kind' is missing in '{text}' ({_summary(body)})"
        )
    if found_version != api_version:
        raise status.bad_request(
            f"the API version in the data ({found_version}) does not match the expected API version ({api_version})"
        )
    if found_kind != kind:
        metadata = tree.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        raise other_kind(found_version, found_kind, api_version, kind, name if isinstance(name, str) else "")


def other_kind(found_version: str, found_kind: str, api_version: str, kind: str, name: str) -> StatusError:
    """The 422 of a custom resource that says it is something else."""
    errors = []
    if found_kind != kind:
        errors.append(field.invalid(field.Path("kind"), found_kind, f"must be {kind}"))
    if found_version != api_version:
        errors.append(field.invalid(field.Path("apiVersion"), found_version, f"must be {api_version}"))
    return status.invalid(found_kind, resources.split(found_version)[0], name, errors)


def _type_of(tree: Any) -> tuple[str, str]:
    target = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
    if tree is None:
        return "", ""
    if not isinstance(tree, dict):
        what = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}[type(tree)]
        raise DecodeError(f"json: cannot unmarshal {what} into Go value of type {target}")
    for key in ("apiVersion", "kind"):
        value = tree.get(key)
        if value is not None and not isinstance(value, str):
            what = {bool: "bool", int: "number", float: "number", list: "array", dict: "object"}[type(value)]
            raise DecodeError(f"json: cannot unmarshal {what} into Go struct field .{key} of type string")
    return tree.get("apiVersion") or "", tree.get("kind") or ""


def _unfit(found_version: str, found_kind: str, kind: str, why: str) -> StatusError:
    version = resources.split(found_version)[1]
    return status.bad_request(f'{found_kind} in version "{version}" cannot be handled as a {kind}: {why}')


def _other_kind(
    found_version: str, found_kind: str, api_version: str, kind: str, table: resources.Table
) -> StatusError:
    group = resources.split(api_version)[0]
    known = table.by_kind(found_version, found_kind)
    if known is not None and found_kind == kind and known.group == group:
        return status.bad_request(
            f"the API version in the data ({found_version}) does not match the expected API version ({api_version})"
        )
    return _unfit(found_version, found_kind, kind, no_conversion(found_version, found_kind, api_version, kind, table))


def no_conversion(found_version: str, found_kind: str, api_version: str, kind: str, table: resources.Table) -> str:
    """Why an object of one kind cannot be made one of another."""
    known = table.by_kind(found_version, found_kind)
    if known is None:
        scheme = _SCHEMES.get(resources.split(api_version)[0], _SCHEME)
        return f'no kind "{found_kind}" is registered for version "{found_version}" in scheme "{scheme}"'
    return f"converting ({known.version}.{found_kind}) to ({_internal(api_version)}.{kind}): unknown conversion"


_SCHEME = "pkg/api/legacyscheme/scheme.go:30"
_SCHEMES = {
    "apiextensions.k8s.io": "pkg/apiserver/apiserver.go:55",
    "apiregistration.k8s.io": "pkg/apiserver/scheme/scheme.go:28",
}
"""Where the reference says a kind should have been registered."""


def _internal(api_version: str) -> str:
    """The package of a group's internal types."""
    group = resources.split(api_version)[0]
    package = builtin_names.PACKAGES.get(group, group)
    return package.rpartition(".")[2]


def _summary(body: bytes) -> str:
    """The beginning of a body, as the message shows it."""
    if not body:
        return "<empty>"
    more = " ..." if len(body) > 30 else ""
    if body[:1] == b"{":
        return body[:30].decode("utf-8", "replace") + more
    return body[:30].hex() + more
