"""PersistentVolumes and PersistentVolumeClaims."""

from collections.abc import Callable
from typing import Any

from steersman.api import names, quantity
from steersman.api.tree import Tree
from steersman.api.validation import claims, internal
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import affinity, paths, sources, volumeshapes
from steersman.api.validation.podspec.volumes import MANY

_RECLAIM = ("Delete", "Recycle", "Retain")
_BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
_CLAIM_KEPT = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)
_BETA_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}


def _iscsi(tree: Any, at: str, e: Errors) -> None:
    sources.iscsi(tree, at, e, persistent=True)


def _local(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("path"):
        e.required(f"{at}.path")
    else:
        paths.no_backsteps(tree["path"], f"{at}.path", e)


def _azure_file(tree: Any, at: str, e: Errors) -> None:
    sources.azure_file(tree, at, e)
    if tree.get("secretNamespace") == "":
        e.required(f"{at}.secretNamespace")


def _with_namespace(rule: Callable[[Any, str, Errors], None]) -> Callable[[Any, str, Errors], None]:
    """A secret of a volume for the whole cluster says in which namespace it is."""

    def check(tree: Any, at: str, e: Errors) -> None:
        rule(tree, at, e)
        if tree.get("secretRef") is not None:
            sources.needs(tree["secretRef"], f"{at}.secretRef", e, "namespace")

    return check


def _csi(tree: Any, at: str, e: Errors) -> None:
    sources.driver_name(tree.get("driver") or "", f"{at}.driver", e)
    sources.needs(tree, at, e, "volumeHandle")
    for name in (
        "controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef",
    ):  # fmt: skip
        ref = tree.get(name)
        if ref is None:
            continue
        for part, rule in (("name", names.dns1123_subdomain), ("namespace", names.dns1123_label)):
            if not ref.get(part):
                e.required(f"{at}.{name}.{part}")
            else:
                e.named(f"{at}.{name}.{part}", ref[part], rule)


_SOURCES: tuple[tuple[str, str, Callable[[Any, str, Errors], None]], ...] = (
    ("hostPath", "hostPath", sources.host_path),
    ("gcePersistentDisk", "persistentDisk", sources.gce_disk),
    ("awsElasticBlockStore", "awsElasticBlockStore", sources.aws_disk),
    ("glusterfs", "glusterfs", sources.glusterfs),
    ("flocker", "flocker", sources.flocker),
    ("nfs", "nfs", sources.nfs),
    ("rbd", "rbd", sources.rbd),
    ("quobyte", "quobyte", sources.quobyte),
    ("cephfs", "cephfs", sources.cephfs),
    ("iscsi", "iscsi", _iscsi),
    ("cinder", "cinder", _with_namespace(sources.cinder)),
    ("fc", "fc", sources.fc),
    ("flexVolume", "flexVolume", sources.flex),
    ("azureFile", "azureFile", _azure_file),
    ("vsphereVolume", "vsphereVolume", sources.vsphere),
    ("photonPersistentDisk", "photonPersistentDisk", sources.photon),
    ("portworxVolume", "portworxVolume", sources.portworx),
    ("azureDisk", "azureDisk", sources.azure_disk),
    ("scaleIO", "scaleIO", sources.scale_io),
    ("local", "local", _local),
    ("storageos", "storageos", _with_namespace(sources.storage_os)),
    ("csi", "csi", _csi),
)


def volume(tree: Tree, e: Errors) -> None:
    volume_spec(tree.get("spec") or {}, (tree.get("metadata") or {}).get("name") or "", "spec", e)


def volume_spec(spec: Tree, name: str, at: str, e: Errors, *, inline: bool = False) -> None:
    """`inline`: within a VolumeAttachment, where only a CSI volume makes sense."""
    get = spec.get
    if inline:
        for field in ("claimRef", "capacity"):
            if get(field):
                e.forbidden(f"{at}.{field}", "may not be specified in the context of inline volumes")
        if get("csi") is None:
            e.required(f"{at}.csi", "has to be specified in the context of inline volumes")
    modes = get("accessModes") or ()
    if not modes:
        e.required(f"{at}.accessModes")
    claims.access_modes(modes, f"{at}.accessModes", e)
    if not inline:
        _capacity(get("capacity"), f"{at}.capacity", e)
    policy = get("persistentVolumeReclaimPolicy")
    if policy:
        e.one_of(f"{at}.persistentVolumeReclaimPolicy", policy, _RECLAIM)
    if get("nodeAffinity") is not None:
        if spec["nodeAffinity"].get("required") is not None:
            affinity.node_selector(spec["nodeAffinity"]["required"], f"{at}.nodeAffinity.required", e)
        else:
            e.required(f"{at}.nodeAffinity.required", "must specify required node constraints")
    _source(spec, name, at, e)
    if get("hostPath") and sources.is_root(spec["hostPath"].get("path") or "") and policy == "Recycle":
        e.forbidden(f"{at}.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'")
    if get("storageClassName"):
        e.named(f"{at}.storageClassName", spec["storageClassName"], names.dns1123_subdomain)
    if get("volumeMode") is not None:
        e.one_of(f"{at}.volumeMode", spec["volumeMode"], claims.VOLUME_MODES)
    attributes = get("volumeAttributesClassName")
    if attributes is not None:
        if not attributes:
            e.required(f"{at}.volumeAttributesClassName", "an empty string is disallowed")
        else:
            e.named(f"{at}.volumeAttributesClassName", attributes, names.dns1123_subdomain)
        if get("csi") is None:
            e.required(f"{at}.csi", "has to be specified when using volumeAttributesClassName")


def _capacity(capacity: Any, at: str, e: Errors) -> None:
    if not capacity:
        e.required(at)
    if not capacity or set(capacity) != {"storage"}:
        e.unsupported(at, dict(sorted(capacity.items())) if capacity else None, ("storage",))
    for name, value in (capacity or {}).items():
        if quantity.to_int(value) < 0:
            e.invalid(f"{at}[{name}]", quantity.to_int(value), "must be a valid resource quantity")
        e.positive_quantity(f"{at}[{name}]", value)


def _source(spec: Tree, name: str, at: str, e: Errors) -> None:
    found = False
    for field, inside, rule in _SOURCES:
        source = spec.get(field)
        if source is None:
            continue
        if found:
            e.forbidden(f"{at}.{field}", MANY)
            continue
        found = True
        rule(source, f"{at}.{inside}", e)
        if field == "iscsi":
            sources.iscsi_length(source, name, f"{at}.iscsi.targetportal", source.get("targetPortal") or "", e)
    if not found:
        e.required(at, "must specify a volume type")


def volume_update(new: Tree, old: Tree, e: Errors) -> None:
    volume(new, e)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    after, known = _sources_of(spec), _sources_of(before)
    if "csi" in after and "csi" in known and "controllerExpandSecretRef" not in known["csi"]:
        after["csi"] = {k: v for k, v in after["csi"].items() if k != "controllerExpandSecretRef"}
    if after != known:
        shown = internal.difference(_rendered(known), _rendered(after))
        e.forbidden("spec.persistentvolumesource", f"spec.persistentvolumesource is immutable after creation\n{shown}")
    e.immutable("volumeMode", spec.get("volumeMode"), before.get("volumeMode"))
    if before.get("nodeAffinity") is not None and not _same_nodes(spec.get("nodeAffinity"), before["nodeAffinity"]):
        why = "field is immutable, except for updating from beta label to GA"
        e.invalid("nodeAffinity", spec.get("nodeAffinity"), why)
    if before.get("volumeAttributesClassName") is not None and spec.get("volumeAttributesClassName") is None:
        e.forbidden("spec.volumeAttributesClassName", "update from non-nil value to nil is forbidden")


def _sources_of(spec: Tree) -> dict[str, Any]:
    return {name: spec[name] for name, _, _ in _SOURCES if spec.get(name) is not None}


_CSI_SHAPE = (
    ("Driver", "driver", ""), ("VolumeHandle", "volumeHandle", ""), ("ReadOnly", "readOnly", False),
    ("FSType", "fsType", ""), ("VolumeAttributes", "volumeAttributes", None),
    *((name[0].upper() + name[1:], name, volumeshapes.fields("name namespace", "")) for name in (
        "controllerPublishSecretRef", "nodeStageSecretRef", "nodePublishSecretRef", "controllerExpandSecretRef",
        "nodeExpandSecretRef",
    )),
)  # fmt: skip
_LOCAL_SHAPE = (("Path", "path", ""), ("FSType", "fsType", None))
_ORDER = (
    ("GCEPersistentDisk", "gcePersistentDisk"), ("AWSElasticBlockStore", "awsElasticBlockStore"),
    ("HostPath", "hostPath"), ("Glusterfs", "glusterfs"), ("NFS", "nfs"), ("RBD", "rbd"), ("Quobyte", "quobyte"),
    ("ISCSI", "iscsi"), ("FlexVolume", "flexVolume"), ("Cinder", "cinder"), ("CephFS", "cephfs"), ("FC", "fc"),
    ("Flocker", "flocker"), ("AzureFile", "azureFile"), ("VsphereVolume", "vsphereVolume"),
    ("AzureDisk", "azureDisk"), ("PhotonPersistentDisk", "photonPersistentDisk"),
    ("PortworxVolume", "portworxVolume"), ("ScaleIO", "scaleIO"), ("Local", "local"), ("StorageOS", "storageos"),
    ("CSI", "csi"),
)  # fmt: skip
_SPECIAL = {"csi": _CSI_SHAPE, "local": _LOCAL_SHAPE}


def _rendered(found: Tree) -> dict[str, Any]:
    return {
        name: internal.render(found.get(key), _SPECIAL.get(key) or volumeshapes.SOURCES[key]) for name, key in _ORDER
    }


def _same_nodes(after: Any, before: Any) -> bool:
    """Keys of the beta labels may become those that took their place."""

    def terms(tree: Any) -> list[Any]:
        return ((tree or {}).get("required") or {}).get("nodeSelectorTerms") or []

    if after == before:
        return True
    if len(terms(after)) != len(terms(before)):
        return False
    for new, old in zip(terms(after), terms(before), strict=True):
        fresh, known = new.get("matchExpressions") or [], old.get("matchExpressions") or []
        if len(fresh) != len(known) or new.get("matchFields") != old.get("matchFields"):
            return False
        for one, other in zip(fresh, known, strict=True):
            moved = {**other, "key": _BETA_LABELS.get(other.get("key"), other.get("key"))}
            if one not in (other, moved):
                return False
    return True


def claim(tree: Tree, e: Errors) -> None:
    claims.spec(tree.get("spec") or {}, "spec", e)


def claim_update(new: Tree, old: Tree, e: Errors) -> None:
    claim(new, e)
    spec: dict[str, Any] = dict(new.get("spec") or {})
    before: dict[str, Any] = dict(old.get("spec") or {})
    notes, known = _class_of(new), _class_of(old)
    if not before.get("volumeName"):
        _take(before, spec, "volumeName")
    upgraded = known is not None and "storageClassName" not in before and spec.get("storageClassName") == known
    if upgraded and notes in (None, known):
        spec.pop("storageClassName")
    else:
        if (notes or "") != (known or ""):
            e.invalid(f"metadata.annotations.{_BETA_CLASS}", notes or "", "field is immutable")
        if "storageClassName" not in before and (known is None or spec.get("storageClassName") == known):
            spec.pop("storageClassName", None)
    size, old_size = _size(spec), _size(before)
    if (new.get("status") or {}).get("phase") == "Bound":
        if (spec.get("resources") or {}).get("requests") is not None:
            requests = {**spec["resources"]["requests"]}
            if old_size is not None:
                requests["storage"] = old_size
            spec["resources"] = {**spec["resources"], "requests": requests}
        if spec.get("volumeAttributesClassName") is not None:
            _take(spec, before, "volumeAttributesClassName")
    if spec != before:
        shapes = volumeshapes.CLAIM_SPEC
        shown = internal.difference(internal.render(before, shapes), internal.render(spec, shapes))
        e.forbidden("spec", f"{_CLAIM_KEPT}\n{shown}")
    _shrunk(size, old_size, old, e)
    after: Any = new.get("spec") or {}
    e.immutable("volumeMode", after.get("volumeMode"), before.get("volumeMode"))
    if before.get("volumeAttributesClassName") is not None:
        place = "spec.volumeAttributesClassName"
        if after.get("volumeAttributesClassName") is None:
            e.forbidden(place, "update from non-nil value to nil is forbidden")
        elif not after["volumeAttributesClassName"] and before["volumeAttributesClassName"]:
            e.forbidden(place, "update from non-nil value to an empty string is forbidden")


def _shrunk(size: str | None, old_size: str | None, old: Tree, e: Errors) -> None:
    if quantity.compare(size or "0", old_size or "0") >= 0:
        return
    held = ((old.get("status") or {}).get("capacity") or {}).get("storage") or "0"
    if quantity.compare(size or "0", held) <= 0:
        e.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")


def _class_of(tree: Tree) -> str | None:
    found: str | None = ((tree.get("metadata") or {}).get("annotations") or {}).get(_BETA_CLASS)
    return found


def _size(spec: Tree) -> str | None:
    found: str | None = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
    return found


def _take(tree: dict[str, Any], other: Tree, name: str) -> None:
    if name in other:
        tree[name] = other[name]
    else:
        tree.pop(name, None)
