"""PersistentVolumes and their claims, StorageClasses and CSIDrivers."""

from steersman.api.defaults import claims, fill, volumes
from steersman.api.tree import MutableTree


def persistent_volume(tree: MutableTree) -> None:
    fill.unless(fill.child(tree, "status"), phase="Pending")
    spec = fill.child(tree, "spec")
    fill.unless(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    fill.resource_list(spec.get("capacity"))
    volumes.source(spec)


def persistent_volume_claim(tree: MutableTree) -> None:
    status = fill.child(tree, "status")
    fill.unless(status, phase="Pending")
    fill.resource_list(status.get("capacity"))
    fill.resource_list(status.get("allocatedResources"))
    claims.spec(fill.child(tree, "spec"))


def storage_class(tree: MutableTree) -> None:
    fill.unless(tree, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def csi_driver(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    fill.unless(
        spec, attachRequired=True, podInfoOnMount=False, storageCapacity=False, requiresRepublish=False,
        fsGroupPolicy="ReadWriteOnceWithFSType", seLinuxMount=False, volumeLifecycleModes=["Persistent"],
    )  # fmt: skip
