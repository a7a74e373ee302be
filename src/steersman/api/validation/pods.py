"""Pods: what a new one must be, and the little that may change of one that is there."""

from typing import Any

from steersman.api.semantics import templates
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import annotations, containers, scheduling, shapes, template
from steersman.api.validation.podspec.scope import Scope
from steersman.api.validation.podspec.spec import spec as pod_spec

_MOST = (1 << 31) - 1
_sound: templates.Memory[bool] = templates.Memory()
_MUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def create(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    whole(tree, e)
    if spec.get("ephemeralContainers"):
        e.forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        e.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
    notes = (tree.get("metadata") or {}).get("annotations")
    if notes:
        annotations.agree(notes, spec, "spec", e)


def whole(tree: Tree, e: Errors) -> None:
    """What must be true of a pod at any time."""
    metadata, spec = tree.get("metadata") or {}, tree.get("spec") or {}
    annotations.annotations(metadata.get("annotations"), spec, "metadata.annotations", e)
    is_sound, name = _sound.ask(spec)
    if not is_sound:
        before = len(e)
        pod_spec(spec, "spec", e, Scope(pod=True, name=metadata.get("name") or ""))
        if len(e) == before:
            _sound.keep(name, True)
    if not spec.get("serviceAccountName"):
        for index, volume in enumerate(spec.get("volumes") or ()):
            for place, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
                if source.get("serviceAccountToken") is not None:
                    where = f"spec.volumes[{index}].projected.sources[{place}].serviceAccountToken"
                    e.forbidden(where, "must not be specified when serviceAccountName is not set")
    for group in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(group) or ()):
            containers.image_spaces(container, f"spec.{group}[{index}]", e)


def update(new: Tree, old: Tree, e: Errors) -> None:
    whole(new, e)
    _annotations(new, old, e)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    for group in ("containers", "initContainers"):
        after = spec.get(group) or ()
        if len(after) != len(before.get(group) or ()):
            e.forbidden(f"spec.{group}", "pod updates may not add or remove containers")
            return
        for index, container in enumerate(after):
            if not container.get("image"):
                e.required(f"spec.{group}[{index}].image")
            containers.image_spaces(container, f"spec.{group}[{index}]", e)
    if not _deadline(spec.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"), e):
        return
    _tolerations(spec.get("tolerations") or (), before.get("tolerations") or (), e)
    _gates(spec.get("schedulingGates") or (), before.get("schedulingGates") or (), e)
    if spec != before:
        _rest(spec, before, e)


def _annotations(new: Tree, old: Tree, e: Errors) -> None:
    after: Any = (new.get("metadata") or {}).get("annotations") or {}
    before: Any = (old.get("metadata") or {}).get("annotations") or {}
    for key, value in before.items():
        if after.get(key) != value:
            if key.startswith(annotations.APP_ARMOR):
                e.forbidden(f"metadata.annotations[{key}]", "may not remove or update AppArmor annotations")
            if key == annotations.MIRROR:
                e.forbidden(f"metadata.annotations[{key}]", "may not remove or update mirror pod annotation")
    for key in after:
        if key not in before:
            if key.startswith(annotations.APP_ARMOR):
                e.forbidden(f"metadata.annotations[{key}]", "may not add AppArmor annotations")
            if key == annotations.MIRROR:
                e.forbidden(f"metadata.annotations[{key}]", "may not add mirror pod annotation")
    annotations.annotations(after, new.get("spec") or {}, "metadata.annotations", e)


def _deadline(after: int | None, before: int | None, e: Errors) -> bool:
    """It may be set, and come nearer."""
    place = "spec.activeDeadlineSeconds"
    if after is None:
        if before is not None:
            e.invalid(place, None, "must not update from a positive integer to nil value")
        return True
    if not 0 <= after <= _MOST:
        e.within(place, after, 0, _MOST)
        return False
    if before is not None and before < after:
        e.invalid(place, after, "must be less than or equal to previous value")
        return False
    return True


def _tolerations(after: Any, before: Any, e: Errors) -> None:
    kept = [_timeless(each) for each in after]
    for toleration in before:
        if _timeless(toleration) not in kept:
            e.forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
            return
    scheduling.tolerations(after, "spec.tolerations", e)


def _timeless(toleration: Tree) -> Tree:
    return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}


def _gates(after: Any, before: Any, e: Errors) -> None:
    known = {each.get("name") for each in before}
    for index, gate in enumerate(after):
        if gate.get("name") not in known:
            why = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            e.forbidden(f"spec.schedulingGates[{index}].name", why)


def _rest(spec: Tree, before: Tree, e: Errors) -> None:
    """With what may change put back, nothing else has changed."""
    munged = dict(spec)
    for name in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        _back(munged, before, name)
    for group in ("containers", "initContainers"):
        if munged.get(group):
            pairs = zip(munged[group], before[group], strict=True)
            munged[group] = [_with(new, old, "image") for new, old in pairs]
    if (before.get("terminationGracePeriodSeconds") or 0) < 0 and munged.get("terminationGracePeriodSeconds") == 1:
        _back(munged, before, "terminationGracePeriodSeconds")
    if before.get("schedulingGates"):
        _gated(munged, before, e)
    if munged != before:
        e.forbidden("spec", f"{_MUTABLE}\n{shapes.difference(before, munged)}")


def _with(new: Tree, old: Tree, name: str) -> dict[str, Any]:
    made = dict(new)
    _back(made, old, name)
    return made


def _back(tree: dict[str, Any], old: Tree, name: str) -> None:
    if name in old:
        tree[name] = old[name]
    else:
        tree.pop(name, None)


def _gated(munged: dict[str, Any], before: Tree, e: Errors) -> None:
    """A pod that waits at a gate may be told more about where it may run."""
    selector, old = munged.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    if any(selector.get(key) != value for key, value in old.items()):
        why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        e.invalid("spec.nodeSelector", selector, why)
    _back(munged, before, "nodeSelector")
    after_nodes = (munged.get("affinity") or {}).get("nodeAffinity")
    before_nodes = (before.get("affinity") or {}).get("nodeAffinity")
    if after_nodes == before_nodes:
        return
    _node_terms(after_nodes, before_nodes, e)
    affinity = dict(munged.get("affinity") or {})
    affinity.pop("nodeAffinity", None)
    if before_nodes is not None:
        affinity["nodeAffinity"] = before_nodes
    if affinity or "affinity" in before:
        munged["affinity"] = affinity
    else:
        munged.pop("affinity", None)


def _node_terms(after: Any, before: Any, e: Errors) -> None:
    place = "requiredDuringSchedulingIgnoredDuringExecution"
    old = ((before or {}).get(place) or {}).get("nodeSelectorTerms") or []
    if not old:
        return
    new = ((after or {}).get(place) or {}).get("nodeSelectorTerms") or []
    where = f"spec.affinity.nodeAffinity.{place}.nodeSelectorTerms"
    if len(old) != len(new):
        e.invalid(where, new, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")
        return
    for index, (term, known) in enumerate(zip(new, old, strict=True)):
        for name in ("matchExpressions", "matchFields"):
            kept = known.get(name) or []
            if (term.get(name) or [])[: len(kept)] != kept:
                e.invalid(f"{where}[{index}]", term, "only additions are allowed (no mutations or deletions)")
                break


def pod_template(tree: Tree, e: Errors) -> None:
    template.template(tree.get("template") or {}, "template", e)


def pod_template_update(new: Tree, old: Tree, e: Errors) -> None:
    pod_template(new, e)
