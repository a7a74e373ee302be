"""Volumes, claims, classes, and what CSI drivers say of themselves."""

from collections.abc import Sequence
from typing import Any

from steersman.api.printers import cells, columns
from steersman.api.tree import Tree, at

PERSISTENT_VOLUME = (
    columns.NAME,
    columns.of("Capacity", "core.v1.PersistentVolumeSpec.capacity"),
    columns.of("Access Modes", "core.v1.PersistentVolumeSpec.accessModes"),
    columns.of("Reclaim Policy", "core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy"),
    columns.of("Status", "core.v1.PersistentVolumeStatus.phase"),
    columns.of("Claim", "core.v1.PersistentVolumeSpec.claimRef"),
    columns.Column("StorageClass", "StorageClass of the pv"),
    columns.Column("VolumeAttributesClass", "VolumeAttributesClass of the pv"),
    columns.of("Reason", "core.v1.PersistentVolumeStatus.reason"),
    columns.AGE,
    columns.of("VolumeMode", "core.v1.PersistentVolumeSpec.volumeMode", priority=1),
)
CLAIM = (
    columns.NAME,
    columns.of("Status", "core.v1.PersistentVolumeClaimStatus.phase"),
    columns.of("Volume", "core.v1.PersistentVolumeClaimSpec.volumeName"),
    columns.of("Capacity", "core.v1.PersistentVolumeClaimStatus.capacity"),
    columns.of("Access Modes", "core.v1.PersistentVolumeClaimStatus.accessModes"),
    columns.Column("StorageClass", "StorageClass of the pvc"),
    columns.Column("VolumeAttributesClass", "VolumeAttributesClass of the pvc"),
    columns.AGE,
    columns.of("VolumeMode", "core.v1.PersistentVolumeClaimSpec.volumeMode", priority=1),
)
STORAGE_CLASS = (
    columns.NAME,
    columns.of("Provisioner", "storage.v1.StorageClass.provisioner"),
    columns.of("ReclaimPolicy", "storage.v1.StorageClass.reclaimPolicy"),
    columns.of("VolumeBindingMode", "storage.v1.StorageClass.volumeBindingMode"),
    columns.of("AllowVolumeExpansion", "storage.v1.StorageClass.allowVolumeExpansion"),
    columns.AGE,
)
ATTRIBUTES_CLASS = (columns.NAME, columns.of("DriverName", "storage.v1.VolumeAttributesClass.driverName"), columns.AGE)
ATTACHMENT = (
    columns.NAME,
    columns.of("Attacher", "storage.v1.VolumeAttachmentSpec.attacher", format="name"),
    columns.of("PV", "storage.v1.VolumeAttachmentSource.persistentVolumeName"),
    columns.of("Node", "storage.v1.VolumeAttachmentSpec.nodeName"),
    columns.of("Attached", "storage.v1.VolumeAttachmentStatus.attached", "boolean"),
    columns.AGE,
)
CSI_NODE = (
    columns.NAME,
    columns.Column("Drivers", "Drivers indicates the number of CSI drivers registered on the node", type="integer"),
    columns.AGE,
)
CSI_DRIVER = (
    columns.NAME,
    columns.of("AttachRequired", "storage.v1.CSIDriverSpec.attachRequired", "boolean"),
    columns.of("PodInfoOnMount", "storage.v1.CSIDriverSpec.podInfoOnMount", "boolean"),
    columns.of("StorageCapacity", "storage.v1.CSIDriverSpec.storageCapacity", "boolean"),
    columns.of("TokenRequests", "storage.v1.CSIDriverSpec.tokenRequests"),
    columns.of("RequiresRepublish", "storage.v1.CSIDriverSpec.requiresRepublish", "boolean"),
    columns.of("Modes", "storage.v1.CSIDriverSpec.volumeLifecycleModes"),
    columns.AGE,
)
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_DEFAULT_ATTRIBUTES = ("volumeattributesclass.alpha.kubernetes.io/is-default-class",)
_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _access_modes(modes: Sequence[str] | None) -> str:
    return ",".join(short for mode, short in _MODES.items() if mode in (modes or ()))


def _class(tree: Tree) -> Any:
    """The storage class: the old annotation decides where it is there."""
    old = cells.annotation(tree, _BETA_CLASS)
    return (cells.spec(tree).get("storageClassName") or "") if old is None else old


def _given(tree: Tree, field: str) -> Any:
    value = cells.spec(tree).get(field)
    return cells.UNSET if value is None else value


def _phase(tree: Tree) -> Any:
    return "Terminating" if cells.is_deleting(tree) else cells.status(tree).get("phase") or ""


def _persistent_volume(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    claim = spec.get("claimRef")
    return [
        cells.name(tree),
        at(spec, "capacity", "storage", default="0"),
        _access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy") or "",
        _phase(tree),
        "" if claim is None else f"{claim.get('namespace') or ''}/{claim.get('name') or ''}",
        _class(tree),
        _given(tree, "volumeAttributesClassName"),
        cells.status(tree).get("reason") or "",
        cells.age(tree, now),
        _given(tree, "volumeMode"),
    ]


def _claim(tree: Tree, now: float) -> list[Any]:
    spec, status = cells.spec(tree), cells.status(tree)
    volume, capacity, modes = spec.get("volumeName") or "", "", ""
    if volume:
        capacity, modes = at(status, "capacity", "storage", default="0"), _access_modes(status.get("accessModes"))
    return [
        cells.name(tree),
        _phase(tree),
        volume,
        capacity,
        modes,
        _class(tree),
        _given(tree, "volumeAttributesClassName"),
        cells.age(tree, now),
        _given(tree, "volumeMode"),
    ]


def _marked(tree: Tree, annotations: Sequence[str]) -> str:
    """The name, and whether it is the default."""
    is_default = any(cells.annotation(tree, key) == "true" for key in annotations)
    return f"{cells.name(tree)} (default)" if is_default else cells.name(tree)


def _storage_class(tree: Tree, now: float) -> list[Any]:
    return [
        _marked(tree, _DEFAULT),
        tree.get("provisioner") or "",
        tree.get("reclaimPolicy") or "Delete",
        tree.get("volumeBindingMode") or "Immediate",
        bool(tree.get("allowVolumeExpansion")),
        cells.age(tree, now),
    ]


def _attributes_class(tree: Tree, now: float) -> list[Any]:
    return [_marked(tree, _DEFAULT_ATTRIBUTES), tree.get("driverName") or "", cells.age(tree, now)]


def _attachment(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    return [
        cells.name(tree),
        spec.get("attacher") or "",
        at(spec, "source", "persistentVolumeName", default=""),
        spec.get("nodeName") or "",
        bool(cells.status(tree).get("attached")),
        cells.age(tree, now),
    ]


def _csi_node(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), len(cells.spec(tree).get("drivers") or ()), cells.age(tree, now)]


def _csi_driver(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    requests = spec.get("tokenRequests")
    return [
        cells.name(tree),
        spec.get("attachRequired") is not False,
        bool(spec.get("podInfoOnMount")),
        bool(spec.get("storageCapacity")),
        cells.UNSET if requests is None else ",".join(each.get("audience") or "" for each in requests),
        bool(spec.get("requiresRepublish")),
        ",".join(spec.get("volumeLifecycleModes") or ()) or cells.NONE,
        cells.age(tree, now),
    ]


PRINTERS = {
    ("", "PersistentVolume"): columns.Printer(PERSISTENT_VOLUME, _persistent_volume),
    ("", "PersistentVolumeClaim"): columns.Printer(CLAIM, _claim),
    ("storage.k8s.io", "StorageClass"): columns.Printer(STORAGE_CLASS, _storage_class),
    ("storage.k8s.io", "VolumeAttributesClass"): columns.Printer(ATTRIBUTES_CLASS, _attributes_class),
    ("storage.k8s.io", "VolumeAttachment"): columns.Printer(ATTACHMENT, _attachment),
    ("storage.k8s.io", "CSINode"): columns.Printer(CSI_NODE, _csi_node),
    ("storage.k8s.io", "CSIDriver"): columns.Printer(CSI_DRIVER, _csi_driver),
}
