"""`scale`: how many replicas, of whatever has some.

A Scale is made of the object on every read, and a write of one is a write of the object's replicas; the object
keeps its own version and owner of fields.
"""

from collections.abc import Callable
from typing import Any

from steersman.api import field, labels, resources, schema, status
from steersman.api.apply import scaled, server_side
from steersman.api.apply.conflict import ApplyConflict
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.call import Call
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom import scaling
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies, forms
from steersman.apiserver.verbs import change as changing
from steersman.apiserver.verbs import patch as patching
from steersman.kit import http

VERSION = scaled.VERSION
DEFINITION = "io.k8s.api.autoscaling.v1.Scale"


def of(resource: resources.Resource, tree: Tree) -> dict[str, Any]:
    """The Scale of an object."""
    metadata = tree["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    version = definitions.version_of(resource)
    replicas, state = _parts(tree) if version is None else scaling.parts(version, tree)
    return {
        "kind": "Scale",
        "apiVersion": VERSION,
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": state,
    }


def scaled_to(resource: resources.Resource, tree: Tree, replicas: int) -> MutableTree:
    """The object with other replicas; what is the same is shared."""
    version = definitions.version_of(resource)
    if version is not None:
        return scaling.scaled(version, tree, replicas)
    return {**tree, "spec": {**tree["spec"], "replicas": replicas}}


def _parts(tree: Tree) -> tuple[int, dict[str, Any]]:
    """The replicas wanted and the status, of a Deployment, ReplicaSet, StatefulSet or ReplicationController."""
    state: dict[str, Any] = {"replicas": at(tree, "status", "replicas", default=0)}
    selector = at(tree, "spec", "selector")
    if selector:
        of_map = tree.get("kind") == "ReplicationController"
        state["selector"] = str(labels.from_map(selector) if of_map else labels.from_object(selector))
    return at(tree, "spec", "replicas", default=0), state


async def get(call: Call) -> http.Response:
    entry = call.registry.existing(call.info.namespace, call.info.name)
    tree = call.registry.tree(entry.value)
    version = definitions.version_of(call.resource)
    if version is not None:
        scaling.check_readable(version, tree)
    return _answered(call, of(call.resource, tree))


async def update(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "UpdateOptions")
    sent = await call.apart(bodies.decoded, call, options, "Scale", VERSION, schema.definition(DEFINITION))
    bodies.place(call, sent)
    bodies.check_name(call, sent)
    return await _write(call, options, lambda scale: sent)


async def patch(call: Call) -> http.Response:
    media = patching.media_type(call)
    options = optioned.write_options(call.request, "PatchOptions", apply=media == patching.APPLY)
    node = schema.definition(DEFINITION)
    if media == patching.APPLY:
        return await _apply(
            call, options, await call.apart(patching.configuration, call, options, "Scale", VERSION, node)
        )
    apply = await call.apart(patching.patcher, call, media, node)
    strangers = await call.apart(patching.strange_members, call, media, options)

    def patched(scale: MutableTree) -> Tree:
        before = dict(scale)
        before["metadata"] = {k: v for k, v in scale["metadata"].items() if k != "resourceVersion"}
        return patching.typed(call, options, before, apply(before), node, strangers=strangers)

    return await _write(call, options, patched)


async def _apply(call: Call, options: optioned.WriteOptions, applied: MutableTree) -> http.Response:
    """Lay a Scale over that of the object: the replicas are owned in the object's own entries."""
    bodies.place(call, applied)
    applied["metadata"].setdefault("name", call.info.name)
    bodies.check_name(call, applied)
    node, path = schema.definition(DEFINITION), _path(call.resource)

    def make(fresh: changing.Fresh) -> changing.Proposal:
        tree = fresh()
        entries = tree["metadata"].get("managedFields") or ()
        scale = of(call.resource, tree)
        del scale["metadata"]["resourceVersion"]
        try:
            made = server_side.apply(
                scale, applied, node, scaled.of_scale(entries, path), manager=options.field_manager,
                force=bool(options.force), api_version=VERSION, now=call.now(), subresource="scale",
            )  # fmt: skip
        except ApplyConflict as error:
            raise error.refusal() from error
        new = _rescaled(call, tree, made.tree)
        return changing.Proposal(
            new, scaled.of_object(entries, made.entries, path, api_version=call.resource.api_version)
        )

    return await _scaled(call, options, make)


def _path(resource: resources.Resource) -> list[str]:
    """The way to the replicas wanted."""
    version = definitions.version_of(resource)
    return ["spec", "replicas"] if version is None else scaling.path(version)


async def _write(call: Call, options: optioned.WriteOptions, scaled_as: Callable[[MutableTree], Tree]) -> http.Response:
    def make(fresh: changing.Fresh) -> MutableTree:
        tree = fresh()
        return _rescaled(call, tree, scaled_as(of(call.resource, tree)))

    return await _scaled(call, options, make)


async def _scaled(call: Call, options: optioned.WriteOptions, make: changing.Make) -> http.Response:
    written = await changing.change(call, make, options)
    return _answered(call, of(call.resource, call.registry.answer(written.tree, written.revision)))


def _rescaled(call: Call, tree: MutableTree, wanted: Tree) -> MutableTree:
    """The object with the replicas of a Scale.  Raises 422 for fewer than none, 409 for another object's Scale."""
    replicas = at(wanted, "spec", "replicas", default=0)
    if replicas < 0:
        path = field.Path("spec").child("replicas")
        error = field.invalid(path, replicas, "must be greater than or equal to 0")
        raise status.invalid("Scale", "autoscaling", call.info.name, [error])
    _check_uid(call, wanted, tree)
    tree["metadata"]["resourceVersion"] = wanted["metadata"].get("resourceVersion") or ""
    return scaled_to(call.resource, tree, replicas)


def _check_uid(call: Call, wanted: Tree, tree: Tree) -> None:
    uid = wanted["metadata"].get("uid")
    if uid and uid != tree["metadata"].get("uid"):
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {tree['metadata'].get('uid')}"
        raise call.registry.conflict(call.info.name, why)


def _answered(call: Call, scale: Tree) -> http.Response:
    if call.accept.transform == "Table":
        resource = resources.Resource("autoscaling", "v1", "scales", "Scale", True, schema=DEFINITION)
        revision = scale["metadata"].get("resourceVersion", "")
        return respond.tree(forms.table(call, [scale], {"resourceVersion": revision}, resource=resource), call.accept)
    if call.accept.transform:
        return respond.tree(forms.transformed(call, scale), call.accept)
    return respond.tree(scale, call.accept)
