"""Deployments, Jobs and ReplicationControllers, where they differ from other kinds."""

from typing import Any

from steersman.api import tree as trees
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry.strategy import Context, Strategy, without_state

ORPHANS_WARNING = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or "
    "set propagationPolicy=Orphan to suppress this warning"
)

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"


class Deployments(Strategy):
    status_keeps = ("labels",)

    def desired_changed(self, new: Tree, old: Tree) -> bool:
        """Annotations count too: a rollout's cause is one."""
        before, after = old["metadata"].get("annotations") or {}, new["metadata"].get("annotations") or {}
        return without_state(new) != without_state(old) or before != after


class DaemonSets(Strategy):
    """They count changes of their template in an annotation, which was a field once."""

    made_annotations = (TEMPLATE_GENERATION,)

    def arrived(self, new: MutableTree) -> None:
        if trees.at(new, "metadata", "annotations", TEMPLATE_GENERATION) is None:
            _set_template_generation(new, "0")

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        _set_template_generation(new, "1")

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        super().prepare_update(new, old, context)
        before = trees.at(old, "metadata", "annotations", TEMPLATE_GENERATION, default="0")
        if trees.at(new, "spec", "template") != trees.at(old, "spec", "template"):
            before = str(int(before) + 1) if before.isdigit() else "1"
            new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1
        _set_template_generation(new, before)


def _set_template_generation(new: MutableTree, value: str) -> None:
    annotations = new["metadata"].get("annotations") or {}
    new["metadata"]["annotations"] = {**annotations, TEMPLATE_GENERATION: value}


class ReplicationControllers(Strategy):
    orphans_by_default = True


class Jobs(Strategy):
    """A Job selects its pods by its own uid, unless it says that it brings a selector itself."""

    orphans_by_default = True

    def warn_delete(self, policy_given: bool, context: Context) -> None:
        if not policy_given:
            context.warnings.append(ORPHANS_WARNING)

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        super().prepare_create(new, context)
        spec = new.get("spec")
        if not isinstance(spec, dict):
            return
        if not trees.at(spec, "manualSelector", default=False):
            new["spec"] = _selected(spec, new["metadata"])
        spec = new["spec"]
        if spec.get("podReplacementPolicy") is None and spec.get("podFailurePolicy") is not None:
            spec["podReplacementPolicy"] = "Failed"

    def complete(self, new: MutableTree) -> None:
        """A Job without labels has those of its pods."""
        labels = trees.at(new, "spec", "template", "metadata", "labels")
        if labels and not new["metadata"].get("labels"):
            new["metadata"]["labels"] = dict(labels)


def _selected(spec: Tree, metadata: Tree) -> dict[str, Any]:
    """The spec with the labels and the selector that a Job gets from the server."""
    out: dict[str, Any] = dict(spec)
    template = dict(out.get("template") or {})
    meta = dict(template.get("metadata") or {})
    labels = dict(meta.get("labels") or {})
    uid, name = metadata["uid"], metadata.get("name") or ""
    labels.setdefault("job-name", name)
    labels.setdefault("controller-uid", uid)
    labels.setdefault("batch.kubernetes.io/job-name", name)
    labels.setdefault("batch.kubernetes.io/controller-uid", uid)
    meta["labels"] = labels
    template["metadata"] = meta
    out["template"] = template
    selector = dict(out.get("selector") or {})
    matched = dict(selector.get("matchLabels") or {})
    matched.setdefault("batch.kubernetes.io/controller-uid", uid)
    selector["matchLabels"] = matched
    out["selector"] = selector
    return out
