"""ReplicaSets and ReplicationControllers."""

from steersman.api import labels
from steersman.api.tree import Tree
from steersman.api.validation import workloads
from steersman.api.validation.errors import Errors


def create(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    e.not_negative("spec.replicas", spec.get("replicas"))
    e.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    found = workloads.selector(spec, e, of="deployment")
    workloads.template(spec.get("template") or {}, found, e, of="ReplicaSet")


def update(new: Tree, old: Tree, e: Errors) -> None:
    create(new, e)
    workloads.selector_immutable(new, old, e)


def controller(tree: Tree, e: Errors) -> None:
    """A ReplicationController, whose selector is a plain map."""
    spec = tree.get("spec") or {}
    e.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    selector = labels.from_map(spec.get("selector"))
    if selector.everything:
        e.required("spec.selector")
    e.not_negative("spec.replicas", spec.get("replicas"))
    template = spec.get("template")
    if template is None:
        e.required("spec.template")
    else:
        workloads.template(template, selector, e, of="ReplicationController")


def controller_update(new: Tree, old: Tree, e: Errors) -> None:
    controller(new, e)
