"""Claims and volumes: which volume may serve which claim."""

from collections.abc import Iterable, Mapping

from steersman.api import labels, quantity
from steersman.api.semantics import affinity, pods
from steersman.api.tree import Tree, at

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
PROVISIONER = "volume.kubernetes.io/storage-provisioner"
BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
CLASS = "volume.beta.kubernetes.io/storage-class"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


def annotation(tree: Tree, name: str) -> str:
    return str((tree["metadata"].get("annotations") or {}).get(name) or "")


def class_of(tree: Tree) -> str:
    """The storage class of a claim or a volume; empty for none."""
    return annotation(tree, CLASS) or str((tree.get("spec") or {}).get("storageClassName") or "")


def requested(claim: Tree) -> int:
    return quantity.to_int(str(at(claim, "spec", "resources", "requests", "storage", default="0")))


def capacity(volume: Tree) -> int:
    return quantity.to_int(str(at(volume, "spec", "capacity", "storage", default="0")))


def is_delayed(storage_class: Tree | None) -> bool:
    """Whether a claim of this class waits for the first pod that uses it."""
    return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"


def is_bound(claim: Tree) -> bool:
    """Whether the claim has its volume, and both know it."""
    return bool((claim.get("spec") or {}).get("volumeName")) and bool(annotation(claim, BIND_COMPLETED))


def refers_to(volume: Tree, claim: Tree) -> bool:
    """Whether a volume's claimRef names this claim (a reference without a uid is a wish, and counts)."""
    reference = (volume.get("spec") or {}).get("claimRef")
    if reference is None:
        return False
    meta = claim["metadata"]
    if reference.get("name") != meta["name"] or reference.get("namespace") != meta["namespace"]:
        return False
    return reference.get("uid") in (None, "", meta["uid"])


def used_by(pod: Tree, claim: Tree) -> bool:
    """Whether a pod on a node uses the claim.

    A pod without a node does not: the kubelet starts nobody with a claim that is on its way out.  One that is
    over still does, until it is deleted, except for a claim of its own (an ephemeral volume's).
    """
    spec, name = pod.get("spec") or {}, claim["metadata"]["name"]
    if not spec.get("nodeName"):
        return False
    for volume in spec.get("volumes") or ():
        given = volume.get("persistentVolumeClaim")
        if given and given.get("claimName") == name:
            return True
        if volume.get("ephemeral") is None or ephemeral_name(pod, volume) != name:
            continue
        if is_pods_own(claim, pod) and not pods.is_terminal(pod):
            return True
    return False


def ephemeral_name(pod: Tree, volume: Tree) -> str:
    """The claim of an `ephemeral` volume."""
    return f"{pod['metadata']['name']}-{volume['name']}"


def is_pods_own(claim: Tree, pod: Tree) -> bool:
    """Whether the claim was made for an `ephemeral` volume of this very pod."""
    owners = claim["metadata"].get("ownerReferences") or ()
    return any(owner.get("uid") == pod["metadata"]["uid"] and owner.get("controller") for owner in owners)


def reference_to(claim: Tree) -> dict[str, str]:
    """The claimRef of a volume that is bound to the claim."""
    meta = claim["metadata"]
    found = {
        "kind": "PersistentVolumeClaim",
        "apiVersion": "v1",
        "namespace": meta["namespace"],
        "name": meta["name"],
        "uid": meta["uid"],
    }
    if meta.get("resourceVersion"):
        found["resourceVersion"] = meta["resourceVersion"]
    return found


def _mode(tree: Tree) -> str:
    return str((tree.get("spec") or {}).get("volumeMode") or "Filesystem")


def suits(volume: Tree, claim: Tree) -> bool:
    """Whether a free volume has what the claim asks for, but for its size and its place."""
    spec = claim.get("spec") or {}
    if class_of(volume) != class_of(claim) or _mode(volume) != _mode(claim):
        return False
    offered = set((volume.get("spec") or {}).get("accessModes") or ())
    if not set(spec.get("accessModes") or ()) <= offered:
        return False
    selector = spec.get("selector")
    return selector is None or labels.from_object(selector).matches(labels.of(volume))


def find(
    claim: Tree,
    volumes: Iterable[Tree],
    *,
    node: tuple[str, Mapping[str, str]] | None = None,
    delayed: bool = False,
    taken: Iterable[str] = (),
) -> Tree | None:
    """The smallest volume that serves the claim; one that names the claim before all others.

    With `node` (name and labels) only volumes that the node can reach; without one, a `delayed` claim gets
    only a volume that names it.  `taken` are names of volumes that are spoken for.
    """
    need = requested(claim)
    spoken_for = set(taken)
    best: Tree | None = None
    for volume in volumes:
        spec, meta = volume.get("spec") or {}, volume["metadata"]
        if meta.get("deletionTimestamp") or meta["name"] in spoken_for or _mode(volume) != _mode(claim):
            continue
        reachable = node is None or affinity.volume_matches_node(volume, node[1], node[0])
        if refers_to(volume, claim):
            if capacity(volume) >= need and reachable:
                return volume
            continue
        if (node is None and delayed) or spec.get("claimRef") is not None or not reachable:
            continue
        if at(volume, "status", "phase") != "Available" or capacity(volume) < need or not suits(volume, claim):
            continue
        if best is None or capacity(volume) < capacity(best):
            best = volume
    return best
