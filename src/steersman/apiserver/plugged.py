"""The rules that other packages bring to a write, each asked with what a `Call` knows.

Custom resources have neither our defaults nor our validation: theirs are in their schema.
"""

from collections.abc import Callable, Sequence

from steersman.api import codec, resources, schema
from steersman.api import defaults as defaulting
from steersman.api import validation as validating
from steersman.api import warnings as warning
from steersman.api.apply import fieldset, managed, reset, server_side
from steersman.api.apply.conflict import ApplyConflict
from steersman.api.field import FieldError
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree
from steersman.api.validation.customresources import shaping
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.apiserver.call import Call
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.registry import conversion


def defaults(resource: resources.Resource, tree: MutableTree) -> None:
    """Fill in what the client left to the server, in place."""
    version = definitions.version_of(resource)
    if version is not None:
        tree.update(shaping.defaulted(tree, version.schema))
    elif not resource.custom:
        defaulting.apply(resource, tree)


def validation_create(resource: resources.Resource, tree: Tree) -> list[FieldError]:
    return [] if resource.custom else validating.create(resource, tree)


def validation_update(resource: resources.Resource, new: Tree, old: Tree, subresource: str) -> list[FieldError]:
    if resource.custom:
        return []
    if subresource:
        return validating.update_subresource(resource, subresource, new, old)
    return validating.update(resource, new, old)


def complaints(call: Call, new: Tree, check: Callable[[Tree], list[FieldError]]) -> list[FieldError]:
    """What `check` finds wrong, told with the empty lists and maps that were sent."""
    found = check(new)
    if not found or not call.empty:
        return found
    told = check(codec.restored(new, call.empty))
    same = [(each.type, each.field) for each in told] == [(each.type, each.field) for each in found]
    return told if same else found


def accepted(node: Node, tree: Tree, validation: str) -> codec.Accepted:
    """A tree that is decoded already, checked against its type.  Raises DecodeError."""
    if isinstance(node, definitions.CustomNode):
        return node.accepted(tree, strict=validation != "Ignore")
    return codec.accept(node, tree, strict=validation != "Ignore")


def owned(call: Call, old: Tree | None, new: Tree, manager: str) -> Sequence[Tree]:
    """`metadata.managedFields` after a write that is no apply."""
    resource, subresource = call.resource, call.info.subresource if old is not None else ""
    written_to = "" if subresource == "finalize" else subresource
    live = old["metadata"].get("managedFields") if old is not None else None
    sent = new["metadata"].get("managedFields")
    if "managedFields" in new["metadata"]:
        new = {**new, "metadata": {k: v for k, v in new["metadata"].items() if k != "managedFields"}}
    return managed.updated(
        old, new, call.registry.node, managed.base(live, sent, subresource=bool(subresource)),
        manager=manager, api_version=resource.api_version, now=call.now(), subresource=subresource,
        reset=reset.fields(resource.group, resource.kind, written_to, custom=_has_status(resource)),
        only=reset.RESIZE if subresource == "resize" else fieldset.EMPTY, convert=_conversion(call),
    )  # fmt: skip


def warnings(resource: resources.Resource, new: Tree, old: Tree | None) -> list[str]:
    """What is accepted but had better not be written: deprecated fields, names that make trouble elsewhere."""
    return [] if resource.custom else warning.found(resource, new, old)


def _has_status(resource: resources.Resource) -> bool:
    """Whether it is a custom resource whose status is a sub-resource."""
    return resource.custom and resource.subresource("status") is not None


def applied(
    call: Call, old: Tree | None, configuration: Tree, *, manager: str, force: bool
) -> tuple[Tree, Sequence[Tree]]:
    """Server-side apply: the object as it should be and its managed fields.  Raises the 409 of a conflict."""
    resource, subresource = call.resource, call.info.subresource
    entries = old["metadata"].get("managedFields") or [] if old is not None else []
    try:
        made = server_side.apply(
            old, configuration, call.registry.node, entries, manager=manager, force=force,
            api_version=resource.api_version, now=call.now(), subresource=subresource,
            reset=reset.fields(resource.group, resource.kind, subresource, custom=_has_status(resource)),
            convert=_conversion(call),
        )  # fmt: skip
    except ApplyConflict as error:
        raise error.refusal() from error
    return made.tree, made.entries


def _conversion(call: Call) -> managed.Convert:
    """How the object of a request reads in the versions in which others own its fields.

    What a webhook converts is taken as it is: its fields are then compared by the names that they have here.
    """

    def convert(tree: Tree, version: str) -> tuple[Tree, Node | None] | None:
        resource = call.services.resources.by_kind(version, call.resource.kind)
        if resource is None:
            return None
        custom = definitions.version_of(resource)
        node = schema.node_of(resource) if custom is None else custom.node
        source = tree.get("apiVersion", "")
        if source == version:
            return tree, node
        change = conversion.find(resource.kind, source, version)
        return {**(change(tree) if change is not None else tree), "kind": resource.kind, "apiVersion": version}, node

    return convert


def attributes(
    call: Call,
    operation: str,
    new: Tree | None,
    old: Tree | None,
    *,
    dry_run: bool = False,
    options: Tree | None = None,
) -> Attributes:
    info = call.info
    name = info.name
    if not name and new is not None:
        name = (new.get("metadata") or {}).get("name") or ""
    return Attributes(
        Operation(operation), call.resource, info.namespace, name, call.user, new, old, info.subresource, dry_run,
        options or {}, call.warnings, call.request.query,
    )  # fmt: skip


async def mutate(call: Call, asked: Attributes) -> MutableTree:
    """Mutating admission; returns the object that it left, whose top level and metadata are ours."""
    chain = call.services.chain
    if chain is not None:
        await chain.mutate(asked)
    if asked.object is None:
        return {}
    new = dict(asked.object)
    new["metadata"] = dict(new.get("metadata") or {})
    return new


async def validate(call: Call, asked: Attributes) -> None:
    chain = call.services.chain
    if chain is not None:
        await chain.validate(asked)
