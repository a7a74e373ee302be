"""Whether a claim is ours to serve, what stands in the way, and the volume that serves it.

Pure.  A volume is a folder of one node, of type hostPath (DirectoryOrCreate: where the folder was not made
beforehand, the kubelet makes it), and its node affinity keeps the pods there.  Any access
mode is given, because all pods of one node may share a folder; the size is a label, as it is with every
provisioner of folders.
"""

import dataclasses
import posixpath
from collections.abc import Iterable, Sequence
from typing import Any

from steersman.api.semantics import claims
from steersman.api.semantics import pods as podlib
from steersman.api.tree import MutableTree, Tree, at

PROVISIONER = "steersman.dev/local-path"
FINALIZER = "external-provisioner.volume.kubernetes.io/finalizer"
"""Keeps a deleted volume until its folder is gone: the name that the provisioners' library uses."""
SIMULATED = "steersman.dev/simulated"
HOSTNAME = "kubernetes.io/hostname"
ELSEWHERE = "/var/lib/steersman/volumes"
"""Where volumes are when this process makes no folders: the kubelet does, or nobody on a simulated node."""


@dataclasses.dataclass(frozen=True, slots=True)
class Make:
    """A volume is to be made; `folder` whether this process makes its folder."""

    volume: Tree
    folder: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Reschedule:
    """The node that the scheduler chose is gone: it must choose again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Refuse:
    """Cannot be served."""

    why: str


Step = Make | Reschedule | Refuse


def asks_us(claim: Tree) -> bool:
    """Whether the claim waits for a volume of ours."""
    return (
        claims.annotation(claim, claims.PROVISIONER) == PROVISIONER
        and not claim["spec"].get("volumeName")
        and not claim["metadata"].get("deletionTimestamp")
    )


def is_due(claim: Tree, storage_class: Tree | None) -> bool:
    """Whether it is time: a claim that waits for its first consumer has a node chosen."""
    if storage_class is None or storage_class.get("provisioner") != PROVISIONER:
        return False
    return not claims.is_delayed(storage_class) or bool(claims.annotation(claim, claims.SELECTED_NODE))


def volume_name(claim: Tree) -> str:
    return f"pvc-{claim['metadata']['uid']}"


def plan(claim: Tree, storage_class: Tree, nodes: Sequence[Tree], root: str) -> Step:
    """`root` is the folder that this process makes volumes in; empty where it makes none."""
    problem = refusal(claim)
    if problem is not None:
        return Refuse(problem)
    chosen = claims.annotation(claim, claims.SELECTED_NODE)
    if chosen:
        found = [node for node in nodes if node["metadata"]["name"] == chosen]
        if not found:
            return Reschedule()
    else:
        found = usable(nodes)
        if not found:
            return Refuse("there is no node to make it on")
    node = found[0]
    simulated = at(node, "metadata", "labels", SIMULATED) == "true"
    return Make(volume(claim, storage_class, node, root or ELSEWHERE), bool(root) and not simulated)


def refusal(claim: Tree) -> str | None:
    """What a folder cannot do."""
    spec = claim["spec"]
    if spec.get("selector") is not None:
        return "claim Selector is not supported"
    if (spec.get("volumeMode") or "Filesystem") != "Filesystem":
        return f"block volume provisioning is not supported by {PROVISIONER}"
    if spec.get("dataSource") is not None or spec.get("dataSourceRef") is not None:
        return f"a claim with a data source is not supported by {PROVISIONER}"
    return None


def usable(nodes: Iterable[Tree]) -> list[Tree]:
    """Nodes that take pods, by name."""
    found = [
        node
        for node in nodes
        if not at(node, "spec", "unschedulable") and podlib.condition_status(node, "Ready") == "True"
    ]
    return sorted(found, key=lambda node: str(node["metadata"]["name"]))


def volume(claim: Tree, storage_class: Tree, node: Tree, root: str) -> MutableTree:
    name = volume_name(claim)
    host = at(node, "metadata", "labels", HOSTNAME, default=node["metadata"]["name"])
    spec: dict[str, Any] = {
        "capacity": {"storage": at(claim, "spec", "resources", "requests", "storage")},
        "accessModes": claim["spec"].get("accessModes"),
        "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
        "storageClassName": claims.class_of(claim),
        "volumeMode": "Filesystem",
        "claimRef": claims.reference_to(claim),
        "hostPath": {"path": posixpath.join(root, name), "type": "DirectoryOrCreate"},
        "nodeAffinity": {
            "required": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [host]}]}]
            }
        },
    }
    if storage_class.get("mountOptions"):
        spec["mountOptions"] = storage_class["mountOptions"]
    meta = {"name": name, "annotations": {claims.PROVISIONED_BY: PROVISIONER}, "finalizers": [FINALIZER]}
    return {"kind": "PersistentVolume", "apiVersion": "v1", "metadata": meta, "spec": spec}


def is_ours(tree: Tree) -> bool:
    return claims.annotation(tree, claims.PROVISIONED_BY) == PROVISIONER


def is_over(tree: Tree) -> bool:
    """Whether a volume of ours is to be deleted with its folder: it is released, and its policy says so."""
    phase = at(tree, "status", "phase")
    return (
        is_ours(tree)
        and phase in ("Released", "Failed")
        and at(tree, "spec", "persistentVolumeReclaimPolicy") == "Delete"
    )


def lets_go(tree: Tree) -> bool:
    """Whether a volume that somebody deletes may go and leave its folder: nobody is bound to it, and it is kept."""
    return (
        is_ours(tree)
        and bool(tree["metadata"].get("deletionTimestamp"))
        and FINALIZER in (tree["metadata"].get("finalizers") or ())
        and at(tree, "status", "phase") != "Bound"
        and not is_over(tree)
    )
