"""The template of whoever makes pods."""

from steersman.api.tree import Tree
from steersman.api.validation import selectors
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import annotations
from steersman.api.validation.podspec.scope import Scope
from steersman.api.validation.podspec.spec import spec as pod_spec


def template(tree: Tree, at: str, e: Errors) -> None:
    metadata, spec = tree.get("metadata") or {}, tree.get("spec") or {}
    notes = metadata.get("annotations")
    selectors.labels(metadata.get("labels"), f"{at}.labels", e)
    selectors.annotations(notes, f"{at}.annotations", e)
    annotations.annotations(notes, spec, f"{at}.annotations", e)
    pod_spec(spec, f"{at}.spec", e, Scope())
    annotations.agree(notes, spec, f"{at}.spec", e)
    if spec.get("ephemeralContainers"):
        e.forbidden(f"{at}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template")
