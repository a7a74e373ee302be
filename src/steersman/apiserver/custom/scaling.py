"""`scale` of custom resources: the replicas are where the definition says."""

from collections.abc import Callable
from typing import Any

from steersman.api import field, schema, status
from steersman.api import tree as trees
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.call import Call
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom import jsonpath
from steersman.apiserver.custom.strategy import at_steps
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies, forms
from steersman.apiserver.verbs import change as changing
from steersman.apiserver.verbs import patch as patching
from steersman.kit import http

VERSION = "autoscaling/v1"
DEFINITION = "io.k8s.api.autoscaling.v1.Scale"
_KEPT = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _steps(call: Call, name: str) -> list[str]:
    version = definitions.version_of(call.resource)
    assert version is not None
    assert version.scale is not None
    return jsonpath.steps(version.scale.get(name) or "")


def of(call: Call, tree: Tree) -> dict[str, Any]:
    """The Scale of a custom resource."""
    metadata = tree["metadata"]
    replicas = at_steps(tree, _steps(call, "specReplicasPath"))
    state: dict[str, Any] = {"replicas": at_steps(tree, _steps(call, "statusReplicasPath")) or 0}
    path = _steps(call, "labelSelectorPath")
    selector = at_steps(tree, path) if path else None
    if selector:
        state["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": VERSION,
        "metadata": {name: metadata[name] for name in _KEPT if name in metadata},
        "spec": {"replicas": replicas} if replicas else {},
        "status": state,
    }


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
    steps = _steps(call, "specReplicasPath")

    def make(fresh: changing.Fresh) -> MutableTree:
        tree = fresh()
        wanted = scaled(of(call, tree))
        replicas = trees.at(wanted, "spec", "replicas", default=0)
        if replicas < 0:
            path = field.Path("spec").child("replicas")
            error = field.invalid(path, replicas, "must be greater than or equal to 0")
            raise status.invalid("Scale", "autoscaling", call.info.name, [error])
        tree["metadata"]["resourceVersion"] = wanted["metadata"].get("resourceVersion") or ""
        return trees.edited(tree, replicas, *steps)

    written = await changing.change(call, make, options)
    return _answered(call, of(call, call.registry.answer(written.tree, written.revision)))


def _answered(call: Call, scale: Tree) -> http.Response:
    if call.accept.transform == "PartialObjectMetadata":
        return respond.tree(forms.transformed(call, scale), call.accept)
    return respond.tree(scale, call.accept)
