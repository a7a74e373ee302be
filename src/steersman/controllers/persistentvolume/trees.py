"""The objects as they are to be written: each function gives a new tree, or None where nothing would change.

Pure.  The annotations tell a user's choice from the controller's: `bound-by-controller` marks the half that
the controller wrote (and may take back), `bind-completed` a claim that was bound once.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api.semantics import claims
from steersman.api.tree import MutableTree, Tree, at, edited, without
from steersman.controllers.persistentvolume import plan


def volume_bound(volume: Tree, claim: Tree) -> Tree | None:
    """The volume with its claimRef."""
    meta = claim["metadata"]
    reference = volume["spec"].get("claimRef") or {}
    if all(reference.get(key) == meta[key] for key in ("name", "namespace", "uid")):
        return None
    tree: Tree = edited(volume, claims.reference_to(claim), "spec", "claimRef")
    return tree if claims.refers_to(volume, claim) else _annotated(tree, claims.BOUND_BY_CONTROLLER)


def volume_unbound(volume: Tree) -> Tree:
    """The volume given back: free again, or, where a user had chosen the claim, waiting for one of that name."""
    if not claims.annotation(volume, claims.BOUND_BY_CONTROLLER):
        return without(volume, "spec", "claimRef", "uid")
    return without(without(volume, "spec", "claimRef"), "metadata", "annotations", claims.BOUND_BY_CONTROLLER)


def volume_phase(volume: Tree, phase: str, message: str = "") -> Tree | None:
    status = volume.get("status") or {}
    if status.get("phase") == phase:
        return None
    made: MutableTree = {**status, "phase": phase, "message": message}
    if not message:
        del made["message"]
    return edited(volume, made, "status")


def claim_bound(claim: Tree, volume: Tree) -> Tree | None:
    """The claim with its volume's name."""
    name = volume["metadata"]["name"]
    tree: Tree = claim
    if claim["spec"].get("volumeName") != name:
        tree = _annotated(edited(claim, name, "spec", "volumeName"), claims.BOUND_BY_CONTROLLER)
    tree = _annotated(tree, claims.BIND_COMPLETED)
    return None if tree is claim else tree


def claim_status(claim: Tree, phase: str, volume: Tree | None) -> Tree | None:
    """The claim in a phase.  Its capacity is the volume's when it becomes Bound; resizing may change it later."""
    old: Mapping[str, Any] = claim.get("status") or {}
    status: MutableTree = {**old, "phase": phase}
    if volume is None:
        status.pop("accessModes", None)
        status.pop("capacity", None)
    else:
        modes = volume["spec"].get("accessModes")
        if list(old.get("accessModes") or ()) != list(modes or ()):
            status["accessModes"] = modes
        if old.get("phase") != phase:
            size = at(volume, "spec", "capacity", "storage")
            if not plan.same_amount(size, at(claim, "status", "capacity", "storage")):
                status["capacity"] = {**(old.get("capacity") or {}), "storage": size}
            attributes = volume["spec"].get("volumeAttributesClassName")
            if attributes:
                status["currentVolumeAttributesClassName"] = attributes
    return None if status == old else edited(claim, status, "status")


def claim_provisioned_by(claim: Tree, provisioner: str) -> Tree | None:
    """The claim with the annotations that provisioners look for."""
    tree = claim
    for name in (claims.BETA_PROVISIONER, claims.PROVISIONER):
        tree = _annotated(tree, name, provisioner)
    return None if tree is claim else tree


def _annotated(tree: Tree, name: str, value: str = "yes") -> Tree:
    if claims.annotation(tree, name) == value:
        return tree
    return edited(tree, value, "metadata", "annotations", name)
