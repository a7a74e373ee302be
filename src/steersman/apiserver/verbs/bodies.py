"""The body of a write as a tree of our own: decoded, checked against its type, pruned and defaulted.

`fieldValidation` says what becomes of fields that the type does not have or that come twice: refused, warned
of, or dropped in silence.
"""

from typing import Any

from steersman.api import codec, schema, status
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver import call as calls
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.http import options as optioned


def received(call: Call, options: optioned.WriteOptions, *, node: Node | None = None) -> MutableTree:
    """The object sent, typed and defaulted, in the version served.  It is the caller's to change."""
    resource = call.resource
    tree = decoded(call, options, resource.kind, resource.api_version, node or call.registry.node)
    completed(call, tree)
    return tree


def completed(call: Call, tree: MutableTree) -> None:
    """Fill in what the client left to the server."""
    plugged.defaults(call.resource, tree)
    call.registry.strategy.arrived(tree)


def decoded(call: Call, options: optioned.WriteOptions, kind: str, api_version: str, node: Node) -> MutableTree:
    """The object sent, of a kind; kind and apiVersion may be left out."""
    request = call.request
    if request.tree is not None:
        tree = checked(call, options, calls.copied(request.tree), node)
        tree["kind"], tree["apiVersion"] = kind, api_version
    else:
        custom = node if isinstance(node, definitions.CustomNode) else None
        received = codec.into(
            api_version, kind, custom.envelope if custom else node,
            request.headers.get("content-type", ""), request.body,
            validation=codec.FieldValidation(options.field_validation), table=call.services.resources,
            custom=custom is not None,
        )  # fmt: skip
        call.warnings += received.warnings
        call.empty = received.empty
        tree = received.tree
        if call.registry.strategy.spelling and request.body[:1] == b"{":
            call.registry.strategy.spelt(tree, request.body)
        if custom is not None:
            try:
                tree, unknown = custom.pruned(tree)
            except codec.DecodeError as error:
                raise _unfit(call, str(error)) from error
            if options.field_validation != "Ignore":
                heed(call, options, unknown)
    tree["metadata"] = dict(tree.get("metadata") or {})
    return tree


def checked(call: Call, options: optioned.WriteOptions, tree: Tree, node: Node) -> MutableTree:
    """A decoded tree along its type.  Raises 400 where it does not fit."""
    try:
        accepted = plugged.accepted(node, tree, options.field_validation)
    except codec.DecodeError as error:
        raise _unfit(call, str(error)) from error
    heed(call, options, accepted.problems)
    call.empty = accepted.empty
    return dict(accepted.tree)


def heed(call: Call, options: optioned.WriteOptions, problems: list[str]) -> None:
    """Warn of fields that are unknown or come twice, or refuse them with 400 where the client wants that."""
    if problems and options.field_validation == "Strict":
        raise _unfit(call, "strict decoding error: " + ", ".join(problems))
    call.warnings += problems


def _unfit(call: Call, why: str) -> status.StatusError:
    resource = call.resource
    return status.bad_request(
        f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}'
    )


def place(call: Call, tree: MutableTree) -> None:
    """Give the object the namespace of the request.  Raises 400 where it names another."""
    metadata = tree["metadata"]
    if not call.resource.namespaced:
        metadata.pop("namespace", None)
        return
    given = metadata.get("namespace") or ""
    if given and given != call.info.namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    metadata["namespace"] = call.info.namespace


def check_name(call: Call, tree: MutableTree) -> None:
    """Raises 400 where the object's name is not the one in the URL."""
    name = tree["metadata"].get("name") or ""
    if not name:
        raise status.bad_request(
            f"the name of the object ({call.info.name} based on URL) was undeterminable: name must be provided"
        )
    if name != call.info.name:
        raise status.bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({call.info.name})"
        )


def options_tree(call: Call) -> dict[str, Any] | None:
    """The DeleteOptions of a body; None where there is none.  Raises 400."""
    request = call.request
    if request.tree is None and not request.body.strip():
        return None
    try:
        if request.tree is not None:
            found: Any = calls.copied(request.tree)
        else:
            found = codec.decode_body(request.headers.get("content-type", "") or "application/json", request.body)
        if not isinstance(found, dict):
            raise status.bad_request("the object provided is unrecognized (must be of type DeleteOptions)")
        if found.get("kind") not in (None, "", "DeleteOptions"):
            raise status.bad_request("decoded object cannot be converted to DeleteOptions")
        tree: dict[str, Any] = codec.accept(schema.definition(_DELETE_OPTIONS), found, strict=False).tree
    except codec.DecodeError as error:
        raise status.bad_request(str(error)) from error
    return tree


_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
