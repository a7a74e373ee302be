"""PersistentVolumes and claims on them."""

from steersman.api import field, quantity
from steersman.api.field import Path
from steersman.api.tree import Tree, at
from steersman.api.warnings import nodes

_CLASS = "volume.beta.kubernetes.io/storage-class"
_MOUNT_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_RECYCLE = "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
_NOTED = Path("metadata").child("annotations")
_GONE = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}


def claim(new: Tree, old: Tree | None) -> list[str]:
    return _class(new) + spec(new.get("spec") or {}, Path("spec"))


def _class(new: Tree) -> list[str]:
    if _CLASS not in (new["metadata"].get("annotations") or ()):
        return []
    return [f'{_NOTED.key(_CLASS)}: deprecated since v1.8; use "storageClassName" attribute instead']


def spec(of: Tree, where: Path) -> list[str]:
    """Of a claim's spec, which may stand in a template."""
    warnings = []
    for bound in ("requests", "limits"):
        value = at(of, "resources", bound, "storage")
        if isinstance(value, str) and quantity.milli(value) % 1000:
            place = where.child("resources", bound).key("storage")
            warnings.append(f"{place}: fractional byte value {field.quoted(value)} is invalid, must be an integer")
    return warnings


def volume(new: Tree, old: Tree | None) -> list[str]:
    warnings = _class(new)
    if _MOUNT_OPTIONS in (new["metadata"].get("annotations") or ()):
        warnings.append(f'{_NOTED.key(_MOUNT_OPTIONS)}: deprecated since v1.31; use "mountOptions" attribute instead')
    of, path = new.get("spec") or {}, Path("spec")
    if of.get("persistentVolumeReclaimPolicy") == "Recycle":
        warnings.append(f"{path.child('persistentVolumeReclaimPolicy')}: {_RECYCLE}")
    terms = at(of, "nodeAffinity", "required", "nodeSelectorTerms", default=None) or ()
    for index, each in enumerate(terms):
        warnings += nodes.term(each, path.child("nodeAffinity", "required", "nodeSelectorTerms").index(index))
    warnings += [f"{path.child(source)}: {text}" for source, text in _GONE.items() if source in of]
    return warnings
