"""Role bindings: which group a subject and a role belong to follows from their kind."""

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree

GROUP = "rbac.authorization.k8s.io"


def binding(tree: MutableTree) -> None:
    role = fill.child(tree, "roleRef")
    if not role.get("apiGroup"):
        role["apiGroup"] = GROUP
    for subject in fill.items(tree, "subjects"):
        if subject.get("kind") in ("User", "Group"):
            fill.unless(subject, apiGroup=GROUP)
