"""Binding a pod to a node: `POST pods/NAME/binding`, or a Binding posted to `bindings`."""

from typing import Any

from steersman.api import field, schema, status
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.verbs import bodies
from steersman.apiserver.verbs.subresources import edit
from steersman.kit import http

DEFINITION = "io.k8s.api.core.v1.Binding"


async def create(call: Call) -> http.Response:
    options = optioned.write_options(call.request, "CreateOptions")
    binding = await call.apart(bodies.decoded, call, options, "Binding", "v1", schema.definition(DEFINITION))
    given = binding["metadata"].get("namespace")
    if given and given != call.info.namespace:
        raise status.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    name = call.info.name or binding["metadata"].get("name") or ""
    if call.info.name and binding["metadata"].get("name") not in (None, "", call.info.name):
        raise status.bad_request("name in URL does not match name in Binding object")
    attributes = plugged.attributes(call, "CREATE", binding, None, dry_run=options.dry_run)
    binding = await plugged.mutate(call, attributes)
    _check(binding, name)
    await plugged.validate(call, attributes)
    if not options.dry_run:
        await bind(call, name, binding)
    return respond.tree(status.success(201), call.accept, 201)


def _check(binding: Tree, name: str) -> None:
    errors = []
    target = field.Path("target")
    kind = at(binding, "target", "kind", default="")
    if kind not in ("", "Node"):
        errors.append(field.not_supported(target.child("kind"), kind, ("Node", "<empty>")))
    if not at(binding, "target", "name"):
        errors.append(field.required(target.child("name")))
    if errors:
        raise status.invalid("Binding", "", name, errors)


async def bind(call: Call, name: str, binding: Tree) -> None:
    node = str(at(binding, "target", "name"))
    uid, version = binding["metadata"].get("uid"), binding["metadata"].get("resourceVersion")
    registry = call.services.registry_of("pods")
    now = call.now()

    def refused(why: str) -> status.StatusError:
        return status.conflict("pods/binding", "", name, why)

    def make(pod: MutableTree) -> Tree:
        metadata = pod["metadata"]
        if uid and uid != metadata.get("uid"):
            raise refused(f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata.get('uid')}")
        if version and version != metadata.get("resourceVersion"):
            raise refused(
                f"Precondition failed: ResourceVersion in precondition: {version}, "
                f"ResourceVersion in object meta: {metadata.get('resourceVersion')}"
            )
        if metadata.get("deletionTimestamp"):
            raise refused(f"pod {name} is being deleted, cannot be assigned to a host")
        present = at(pod, "spec", "nodeName")
        if present:
            raise refused(f"pod {name} is already assigned to node {status.quoted(present)}")
        if at(pod, "spec", "schedulingGates"):
            raise refused(f"pod {name} has non-empty .spec.schedulingGates")
        pod["spec"] = {**pod["spec"], "nodeName": node}
        for part in ("labels", "annotations"):
            brought: dict[str, Any] = binding["metadata"].get(part) or {}
            if brought:
                metadata[part] = {**(metadata.get(part) or {}), **brought}
        condition = {
            "type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now,
        }  # fmt: skip
        return edit.with_condition(pod, condition)

    await edit.edit(call, registry, call.info.namespace, name, make)
