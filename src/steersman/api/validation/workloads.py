"""What Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers have in common."""

from typing import Any

from steersman.api import labels
from steersman.api.tree import Tree
from steersman.api.validation import selectors
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import template as templates

MISMATCH = "`selector` does not match template `labels`"


def selector(spec: Tree, e: Errors, *, of: str, broken: str = "invalid label selector") -> labels.Selector | None:
    """The selector, checked; None where it cannot be used."""
    given = spec.get("selector")
    if given is None:
        e.required("spec.selector")
    else:
        selectors.selector(given, "spec.selector", e)
        if selectors.is_empty(given):
            e.invalid("spec.selector", selectors.shown(given), f"empty selector is invalid for {of}")
    return usable(given, e, broken)


def usable(given: Tree | None, e: Errors, broken: str) -> labels.Selector | None:
    try:
        return labels.from_object(given)
    except labels.SelectorError:
        e.invalid("spec.selector", selectors.shown(given), broken)
        return None


def matches(selector: labels.Selector, template: Tree, e: Errors) -> None:
    found: Any = (template.get("metadata") or {}).get("labels")
    if not selector.matches(found):
        e.invalid("spec.template.metadata.labels", found, MISMATCH)


def template(tree: Tree, selector: labels.Selector | None, e: Errors, *, of: str, twice: bool = False) -> None:
    """A template whose pods the selector finds, and which run for ever.

    `twice`: the reference looks at a StatefulSet's labels and annotations twice, and says so twice.
    """
    if selector is None:
        return
    if not selector.everything:
        matches(selector, tree, e)
    if twice:
        metadata = tree.get("metadata") or {}
        selectors.labels(metadata.get("labels"), "spec.template.labels", e)
        selectors.annotations(metadata.get("annotations"), "spec.template.annotations", e)
    templates.template(tree, "spec.template", e)
    forever(tree, e, of=of)


def forever(tree: Tree, e: Errors, *, of: str) -> None:
    spec = tree.get("spec") or {}
    if spec.get("restartPolicy") != "Always":
        e.unsupported("spec.template.spec.restartPolicy", spec.get("restartPolicy") or "", ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        e.forbidden("spec.template.spec.activeDeadlineSeconds", f"activeDeadlineSeconds in {of} is not Supported")


def selector_immutable(new: Tree, old: Tree, e: Errors) -> None:
    after, before = (new.get("spec") or {}).get("selector"), (old.get("spec") or {}).get("selector")
    e.immutable("spec.selector", selectors.shown(after), selectors.shown(before))
