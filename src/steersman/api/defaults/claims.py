"""The spec of a PersistentVolumeClaim, which also stands in StatefulSets and ephemeral volumes."""

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree


def spec(tree: MutableTree) -> None:
    if "volumeMode" not in tree:
        tree["volumeMode"] = "Filesystem"
    fill.requirements(tree.get("resources"))


def template(tree: MutableTree) -> None:
    """A whole claim inside another object: it says what it is and that it is not bound yet."""
    tree["kind"], tree["apiVersion"] = "PersistentVolumeClaim", "v1"
    spec(fill.child(tree, "spec"))
    status = fill.child(tree, "status")
    fill.unless(status, phase="Pending")
    fill.resource_list(status.get("capacity"))
    fill.resource_list(status.get("allocatedResources"))
