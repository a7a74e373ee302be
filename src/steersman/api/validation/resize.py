"""A pod's containers given more or less CPU and memory while they run: the sub-resource `resize`.

What else the request says has been put back before this is asked; what is left to refuse is more than the
resources that can be changed in place, and a change of who the pod is when memory gets short.
"""

from typing import Any

from steersman.api.semantics import pod_qos
from steersman.api.tree import Tree, at
from steersman.api.validation import pods
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import annotations

_ONLY = "only cpu and memory resources are mutable"
_RESIZED = ("cpu", "memory")


def resize(new: Tree, old: Tree, e: Errors) -> None:
    pods.whole(new, e)
    if annotations.MIRROR in at(old, "metadata", "annotations", default={}):
        e.forbidden("", "static pods cannot be resized")
        return
    if at(old, "spec", "os", "name") == "windows":
        e.forbidden("", "windows pods cannot be resized")
        return
    if pod_qos.of(new) != (at(old, "status", "qosClass") or pod_qos.of(old)):
        shown = at(new, "status", "qosClass", default="")
        e.invalid("spec", shown, "Pod QOS Class may not change as a result of resizing")
    if not _supported(old):
        e.forbidden("spec", "Pod running on node without support for resize")
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    _removed("initContainers", spec, before, e)
    _removed("containers", spec, before, e)
    for container, known in _pairs("containers", spec, before):
        if _rest(container, known) != known:
            e.forbidden("spec", _ONLY)
    for container, known in _pairs("initContainers", spec, before):
        if _stays(container):
            if _rest(container, known) != known:
                e.forbidden("spec", "only cpu and memory resources for sidecar containers are mutable")
        elif container != known:
            e.forbidden("spec", "resources for non-sidecar init containers are immutable")


def _supported(old: Tree) -> bool:
    """Whether the node tells what containers have: it can change that, too."""
    for each in at(old, "status", "containerStatuses", default=()):
        if at(each, "state", "running") is not None:
            return each.get("resources") is not None
    return True


def _pairs(group: str, spec: Tree, before: Tree) -> Any:
    return zip(spec.get(group) or (), before.get(group) or (), strict=True)


def _stays(container: Tree) -> bool:
    return container.get("restartPolicy") == "Always"


def _removed(group: str, spec: Tree, before: Tree, e: Errors) -> None:
    for index, (container, known) in enumerate(_pairs(group, spec, before)):
        if group == "initContainers" and not _stays(known):
            continue
        for which in ("requests", "limits"):
            if set(at(known, "resources", which, default={})) - set(at(container, "resources", which, default={})):
                e.forbidden(f"spec.{group}[{index}].resources.{which}", f"resource {which} cannot be removed")


def _rest(container: Tree, known: Tree) -> dict[str, Any]:
    """The container with what may change as it was."""
    made = dict(container)
    if "resizePolicy" in known:
        made["resizePolicy"] = known["resizePolicy"]
    else:
        made.pop("resizePolicy", None)
    resources, was = dict(container.get("resources") or {}), known.get("resources") or {}
    for which in ("requests", "limits"):
        amounts = {name: value for name, value in (resources.get(which) or {}).items() if name not in _RESIZED}
        amounts |= {name: value for name, value in (was.get(which) or {}).items() if name in _RESIZED}
        if amounts:
            resources[which] = amounts
        else:
            resources.pop(which, None)
    made["resources"] = resources
    return made
