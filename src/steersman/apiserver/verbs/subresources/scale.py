"""`scale`: how many replicas, of whatever has some.

A Scale is made of the object on every read, and a write of one is a write of the object's replicas; the object
keeps its own version and owner of fields.
"""

from collections.abc import Callable
from typing import Any

from steersman.api import field, labels, resources, schema, status
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

VERSION = "autoscaling/v1"
DEFINITION = "io.k8s.api.autoscaling.v1.Scale"


def of(call: Call, tree: Tree) -> dict[str, Any]:
    """The Scale of an object."""
    metadata = tree["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    version = definitions.version_of(call.resource)
    replicas, state = _parts(tree) if version is None else scaling.parts(version, tree)
    return {
        "kind": "Scale",
        "apiVersion": VERSION,
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": state,
    }


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
    return _answered(call, of(call, call.registry.tree(entry.value)))


async def update(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "UpdateOptions")
    sent = bodies.decoded(call, options, "Scale", VERSION, schema.definition(DEFINITION))
    bodies.place(call, sent)
    bodies.check_name(call, sent)
    return await _write(call, options, lambda scale: sent)


async def patch(call: Call) -> http.Response:
    media = patching.media_type(call)
    options = optioned.write_options(call.request, "PatchOptions", apply=media == patching.APPLY)
    node = schema.definition(DEFINITION)
    if media == patching.APPLY:
        sent = bodies.decoded(call, options, "Scale", VERSION, node)
        return await _write(call, options, lambda scale: sent)
    apply = patching.patcher(call, media, node)

    def patched(scale: MutableTree) -> Tree:
        before = dict(scale)
        before["metadata"] = {k: v for k, v in scale["metadata"].items() if k != "resourceVersion"}
        return patching.typed(call, options, before, apply(before), node)

    return await _write(call, options, patched)


async def _write(call: Call, options: optioned.WriteOptions, scaled: Callable[[MutableTree], Tree]) -> http.Response:
    def make(fresh: changing.Fresh) -> MutableTree:
        tree = fresh()
        wanted = scaled(of(call, tree))
        replicas = at(wanted, "spec", "replicas", default=0)
        if replicas < 0:
            path = field.Path("spec").child("replicas")
            error = field.invalid(path, replicas, "must be greater than or equal to 0")
            raise status.invalid("Scale", "autoscaling", call.info.name, [error])
        _check_uid(call, wanted, tree)
        given = wanted["metadata"].get("resourceVersion")
        tree["metadata"]["resourceVersion"] = given or ""
        version = definitions.version_of(call.resource)
        if version is not None:
            return scaling.scaled(version, tree, replicas)
        tree["spec"] = {**tree["spec"], "replicas": replicas}
        return tree

    written = await changing.change(call, make, options)
    tree = call.registry.answer(written.tree, written.revision)
    return _answered(call, of(call, tree))


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
