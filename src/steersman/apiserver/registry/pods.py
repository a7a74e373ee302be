"""Pods: they begin Pending with a quality of service, and go gracefully.

not on a node, or finished          deleted at once
on a node, no grace asked           spec.terminationGracePeriodSeconds
grace 0                             deleted at once: the kubelet says that it has ended
"""

from typing import Any

from steersman.api.semantics import pod_qos
from steersman.api.tree import MutableTree, Tree, at
from steersman.apiserver.registry import app_armor
from steersman.apiserver.registry.strategy import Context, Strategy, keep


class Pods(Strategy):
    graceful = True
    status_keeps = ("ownerReferences",)

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        state: dict[str, Any] = {"phase": "Pending", "qosClass": pod_qos.of(new)}
        if at(new, "spec", "schedulingGates"):
            state["conditions"] = [
                {
                    "type": "PodScheduled", "status": "False", "lastProbeTime": None, "lastTransitionTime": context.now,
                    "reason": "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates",
                }
            ]  # fmt: skip
        new["status"] = state
        app_armor.sync(new, context)

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_update(new, old, context)
        spec, before = dict(new.get("spec") or {}), old.get("spec") or {}
        keep(spec, before, "ephemeralContainers")
        new["spec"] = spec
        if self.desired_changed(new, old):
            new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1

    def prepare(self, subresource: str, new: MutableTree, old: Tree, context: Context) -> None:
        if subresource == "ephemeralcontainers":
            self.prepare_ephemeral(new, old)
        elif subresource == "resize":
            self.prepare_resize(new, old)
        else:
            super().prepare(subresource, new, old, context)

    def prepare_ephemeral(self, new: MutableTree, old: Tree) -> None:
        """Of a write to `ephemeralcontainers` only those count."""
        spec = dict(old.get("spec") or {})
        keep(spec, new.get("spec") or {}, "ephemeralContainers")
        self._narrowed(new, old, spec)

    def prepare_resize(self, new: MutableTree, old: Tree) -> None:
        """Of a write to `resize` only the resources of containers count."""
        spec = dict(old.get("spec") or {})
        for group in ("containers", "initContainers"):
            if group in spec:
                spec[group] = _resized(spec[group], at(new, "spec", group, default=()))
        self._narrowed(new, old, spec)

    def _narrowed(self, new: MutableTree, old: Tree, spec: Tree) -> None:
        managed = new["metadata"].get("managedFields")
        new["metadata"] = {**old["metadata"], **({"managedFields": managed} if managed else {})}
        new["spec"] = spec
        keep(new, old, "status")
        if spec != old.get("spec"):
            new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1

    def prepare_status(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_status(new, old, context)
        state = dict(new.get("status") or {})
        if not state.get("qosClass"):
            keep(state, old.get("status") or {}, "qosClass")
        new["status"] = state

    def grace(self, old: Tree, asked: int | None, context: Context) -> int | None:
        grace = asked
        if grace is None:
            given = at(old, "spec", "terminationGracePeriodSeconds")
            grace = 30 if given is None else int(given)
        if grace < 0:
            grace = 1
        if not at(old, "spec", "nodeName") or at(old, "status", "phase") in ("Failed", "Succeeded"):
            return 0
        return grace


def _resized(old: Any, new: Any) -> list[Any]:
    wanted = {container.get("name"): container for container in new}
    out = []
    for container in old:
        each = dict(container)
        for name in ("resources", "resizePolicy"):
            if container["name"] in wanted:
                keep(each, wanted[container["name"]], name)
        out.append(each)
    return out
