"""What is to be done for one claim, or for one volume: kube-controller-manager's binder as values.

Pure.  Both sides of a binding point at each other (`spec.volumeName`, `spec.claimRef`), and each is written
on its own, so every half-finished state is a case here and leads to the whole one:

    claim                      volume                        then
    nothing, not completed     fits                          bind
    nothing, not completed     names the claim               bind (chosen by a user, the scheduler, a provisioner)
    names it                   free or names the claim       bind
    completed                  gone, or somebody else's      the claim is Lost
    gone                       has the claim's uid           Released, then reclaimed
    bound to another           has the claim's uid           unbound (or reclaimed, where it was made for the claim)
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from steersman.api import quantity
from steersman.api.semantics import claims
from steersman.api.tree import Tree, at

NORMAL, WARNING = "Normal", "Warning"
IN_TREE = "kubernetes.io/"
"""Provisioners of this prefix were once built into Kubernetes; none is any more."""


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """An event."""

    type: str
    reason: str
    message: str


@dataclasses.dataclass(frozen=True, slots=True)
class Bind:
    """Claim and volume become, or stay, bound to each other."""

    volume: Tree


@dataclasses.dataclass(frozen=True, slots=True)
class Wait:
    """The claim stays Pending."""

    told: Told | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Lose:
    """The claim has lost its volume; the event is told when that becomes known."""

    told: Told


@dataclasses.dataclass(frozen=True, slots=True)
class Provision:
    """Somebody outside is asked for a volume, by an annotation."""

    provisioner: str
    told: Told


ClaimStep: TypeAlias = Bind | Wait | Lose | Provision


def unbound_claim(
    claim: Tree, volumes: Sequence[Tree], storage_class: Tree | None, waiting_pods: Iterable[str]
) -> ClaimStep:
    """A claim that names no volume and has none.  `waiting_pods` name the pods that use it and have no node."""
    delayed = claims.is_delayed(storage_class)
    found = best(claim, volumes, delayed=delayed)
    if found is not None:
        return Bind(found)
    if delayed and not claims.annotation(claim, claims.SELECTED_NODE):
        return Wait(_waits(sorted(waiting_pods)))
    name = claims.class_of(claim)
    if not name:
        text = "no persistent volumes available for this claim and no storage class is set"
        return Wait(Told(NORMAL, "FailedBinding", text))
    if storage_class is None:
        return Wait(Told(WARNING, "ProvisioningFailed", f'storageclass.storage.k8s.io "{name}" not found'))
    provisioner = str(storage_class.get("provisioner") or "")
    if provisioner.startswith(IN_TREE):
        return Wait(Told(WARNING, "ProvisioningFailed", f"no volume plugin matched name: {provisioner}"))
    text = (
        f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the "
        "system administrator. If volume creation is delayed, please verify that the provisioner is running and "
        "correctly registered."
    )
    return Provision(provisioner, Told(NORMAL, "ExternalProvisioning", text))


def _waits(pods: Sequence[str]) -> Told:
    if not pods:
        return Told(NORMAL, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
    subject = f"pod {pods[0]}" if len(pods) == 1 else f"pods {','.join(pods)}"
    return Told(NORMAL, "WaitForPodScheduled", f"waiting for {subject} to be scheduled")


def best(claim: Tree, volumes: Sequence[Tree], *, delayed: bool = False) -> Tree | None:
    """The volume that offers the fewest access modes of those that offer the claim's; of these the smallest."""
    wanted = set(at(claim, "spec", "accessModes", default=()))
    offers: dict[tuple[str, ...], list[Tree]] = {}
    for volume in volumes:
        modes = tuple(sorted(set(at(volume, "spec", "accessModes", default=()))))
        if wanted <= set(modes):
            offers.setdefault(modes, []).append(volume)
    for modes in sorted(offers, key=lambda each: (len(each), each)):
        named = sorted(offers[modes], key=lambda each: str(each["metadata"]["name"]))
        found = claims.find(claim, named, delayed=delayed)
        if found is not None:
            return found
    return None


def named_volume(claim: Tree, volume: Tree | None) -> ClaimStep:
    """A claim that names its volume and is not bound yet."""
    if volume is None:
        return Wait()
    if volume["spec"].get("claimRef") is None:
        problem = mismatch(volume, claim)
        if problem is None:
            return Bind(volume)
        text = f'Cannot bind to requested volume "{volume["metadata"]["name"]}": {problem}'
        return Wait(Told(WARNING, "VolumeMismatch", text))
    if claims.refers_to(volume, claim):
        return Bind(volume)
    text = f'volume "{volume["metadata"]["name"]}" already bound to a different claim.'
    return Wait(Told(WARNING, "FailedBinding", text))


def mismatch(volume: Tree, claim: Tree) -> str | None:
    """Why a volume that a user chose cannot serve the claim."""
    name = volume["metadata"]["name"]
    if volume["metadata"].get("deletionTimestamp"):
        return f'the volume is marked for deletion "{name}"'
    if claims.capacity(volume) < claims.requested(claim):
        return "requested PV is too small"
    if claims.class_of(volume) != claims.class_of(claim):
        return "storageClassName does not match"
    if _attributes(volume) != _attributes(claim):
        return "volumeAttributesClassName does not match"
    if _mode(volume) != _mode(claim):
        return "incompatible volumeMode"
    if not set(at(claim, "spec", "accessModes", default=())) <= set(at(volume, "spec", "accessModes", default=())):
        return "incompatible accessMode"
    return None


def bound_claim(claim: Tree, volume: Tree | None) -> ClaimStep:
    """A claim that was bound before."""
    if not claim["spec"].get("volumeName"):
        text = "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"
        return Lose(Told(WARNING, "ClaimLost", text))
    if volume is None:
        return Lose(
            Told(WARNING, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
        )
    reference = volume["spec"].get("claimRef")
    if reference is None or reference.get("uid") == claim["metadata"]["uid"]:
        return Bind(volume)
    text = "Two claims are bound to the same volume, this one is bound incorrectly"
    return Lose(Told(WARNING, "ClaimMisbound", text))


@dataclasses.dataclass(frozen=True, slots=True)
class Phase:
    """The volume is in this phase."""

    name: str
    told: Told | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Release:
    """The volume's claim is gone, or does not need it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Unbind:
    """The volume is taken back from a claim that is bound elsewhere."""


@dataclasses.dataclass(frozen=True, slots=True)
class AskClaim:
    """The claim's own turn brings the rest."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mismatched:
    """The volume names a claim that it can never serve; both are told."""

    volume: Told
    claim: Told


VolumeStep: TypeAlias = Phase | Release | Unbind | AskClaim | Mismatched


def volume(tree: Tree, claim: Tree | None) -> VolumeStep:
    """One volume; `claim` is the one that its claimRef names, None where there is none of that uid."""
    spec, name = tree["spec"], tree["metadata"]["name"]
    reference = spec.get("claimRef")
    if reference is None or not reference.get("uid"):
        return Phase("Available")
    if claim is None:
        return Release()
    bound_to = claim["spec"].get("volumeName")
    if not bound_to:
        if _mode(claim) == _mode(tree):
            return AskClaim()
        wanted = claim["metadata"]["name"]
        return Mismatched(
            Told(
                WARNING,
                "VolumeMismatch",
                f'Cannot bind PersistentVolume to requested PersistentVolumeClaim "{wanted}" '
                "due to incompatible volumeMode.",
            ),
            Told(
                WARNING,
                "VolumeMismatch",
                f'Cannot bind PersistentVolume "{name}" to requested PersistentVolumeClaim "{wanted}" '
                "due to incompatible volumeMode.",
            ),
        )
    if bound_to == name:
        return Phase("Bound")
    made_for_it = claims.annotation(tree, claims.PROVISIONED_BY)
    if made_for_it and spec.get("persistentVolumeReclaimPolicy") == "Delete":
        return Release()
    return Unbind()


def reclaim(tree: Tree) -> Phase | None:
    """What a released volume comes to; None where it is left as it is, or is its provisioner's to delete.

    The reference still deletes (below /tmp) and recycles hostPath volumes that nobody provisioned, for tests
    of its own.  Here such a volume is Failed, and nothing of it is touched.
    """
    spec, name = tree["spec"], tree["metadata"]["name"]
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy == "Retain":
        return None
    if policy == "Recycle":
        return Phase("Failed", Told(WARNING, "VolumeFailedRecycle", "No recycler plugin found for the volume!"))
    if policy != "Delete":
        text = "Volume has unrecognized PersistentVolumeReclaimPolicy"
        return Phase("Failed", Told(WARNING, "VolumeUnknownReclaimPolicy", text))
    provisioner = claims.annotation(tree, claims.PROVISIONED_BY)
    if provisioner and not provisioner.startswith(IN_TREE):
        return None
    text = f'error getting deleter volume plugin for volume "{name}": no deletable volume plugin matched'
    return Phase("Failed", Told(WARNING, "VolumeFailedDelete", text))


def _mode(tree: Tree) -> str:
    return str(tree["spec"].get("volumeMode") or "Filesystem")


def _attributes(tree: Tree) -> str:
    return str(tree["spec"].get("volumeAttributesClassName") or "")


def same_amount(left: object, right: object) -> bool:
    """Whether two quantities, either of which may be absent, are equal."""
    if left is None or right is None:
        return left is right
    return quantity.compare(str(left), str(right)) == 0
