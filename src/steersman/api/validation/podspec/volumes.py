"""Volumes of a pod: one source each, names that differ, and what the source must say."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import ephemeral, projected, sources
from steersman.api.validation.podspec.scope import Scope

MANY = "may not specify more than 1 volume type"

_ORDER: tuple[tuple[str, str, str, Callable[[Any, str, Errors], None]], ...] = (
    # field, its name where there are too many, its name inside, rule
    ("hostPath", "hostPath", "hostPath", sources.host_path),
    ("gitRepo", "gitRepo", "gitRepo", sources.git_repo),
    ("gcePersistentDisk", "gcePersistentDisk", "persistentDisk", sources.gce_disk),
    ("awsElasticBlockStore", "awsElasticBlockStore", "awsElasticBlockStore", sources.aws_disk),
    ("secret", "secret", "secret", sources.secret),
    ("nfs", "nfs", "nfs", sources.nfs),
    ("iscsi", "iscsi", "iscsi", sources.iscsi),
    ("glusterfs", "glusterfs", "glusterfs", sources.glusterfs),
    ("flocker", "flocker", "flocker", sources.flocker),
    ("persistentVolumeClaim", "persistentVolumeClaim", "persistentVolumeClaim", sources.claim),
    ("rbd", "rbd", "rbd", sources.rbd),
    ("cinder", "cinder", "cinder", sources.cinder),
    ("cephfs", "cephFS", "cephfs", sources.cephfs),
    ("quobyte", "quobyte", "quobyte", sources.quobyte),
    ("downwardAPI", "downwarAPI", "downwardAPI", projected.downward),
    ("fc", "fc", "fc", sources.fc),
    ("flexVolume", "flexVolume", "flexVolume", sources.flex),
    ("configMap", "configMap", "configMap", sources.config_map),
    ("azureFile", "azureFile", "azureFile", sources.azure_file),
    ("vsphereVolume", "vsphereVolume", "vsphereVolume", sources.vsphere),
    ("photonPersistentDisk", "photonPersistentDisk", "photonPersistentDisk", sources.photon),
    ("portworxVolume", "portworxVolume", "portworxVolume", sources.portworx),
    ("azureDisk", "azureDisk", "azureDisk", sources.azure_disk),
    ("storageos", "storageos", "storageos", sources.storage_os),
    ("projected", "projected", "projected", projected.projected),
    ("scaleIO", "scaleIO", "scaleIO", sources.scale_io),
    ("csi", "csi", "csi", sources.csi),
    ("ephemeral", "ephemeral", "ephemeral", ephemeral.ephemeral),
    ("image", "image", "image", sources.image),
)

_RULES = {each[0]: each for each in _ORDER}


def volumes(items: Sequence[Tree], at: str, e: Errors, scope: Scope) -> Mapping[str, Tree]:
    """The sound ones, by name: only those can be mounted."""
    sound: dict[str, Tree] = {}
    created = {f"{scope.name}-{each.get('name')}" for each in items if scope.name and "ephemeral" in each}
    for index, volume in enumerate(items):
        where, before = f"{at}[{index}]", len(e)
        name = volume.get("name") or ""
        _source(volume, name, where, e, scope)
        if not name:
            e.required(f"{where}.name")
        else:
            e.named(f"{where}.name", name, names.dns1123_label)
        if name in sound:
            e.duplicate(f"{where}.name", name)
        if len(e) == before:
            sound[name] = volume
        claimed = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claimed in created:
            why = "must not reference a PVC that gets created for an ephemeral volume"
            e.invalid(f"{where}.persistentVolumeClaim.claimName", claimed, why)
    return sound


def _source(volume: Tree, name: str, at: str, e: Errors, scope: Scope) -> None:
    found = 0
    empty = volume.get("emptyDir")
    if empty is not None:
        found = 1
        if str(empty.get("sizeLimit") or "").startswith("-"):
            e.forbidden(f"{at}.emptyDir.sizeLimit", "SizeLimit field must be a valid resource quantity")
        if len(volume) == 2:
            return
    # Nearly every volume has a name and one source: the others need not be asked for.
    rules = _ORDER if len(volume) > 2 else [_RULES[field] for field in volume if field in _RULES]
    for field, many, inside, rule in rules:
        source = volume.get(field)
        if source is None:
            continue
        if found:
            e.forbidden(f"{at}.{many}", MANY)
        else:
            found = 1
            rule(source, f"{at}.{inside}", e)
            if field == "ephemeral" and scope.name and name:
                made = f"{scope.name}-{name}"
                for text in names.dns1123_subdomain(made):
                    e.invalid(f"{at}.name", name, f'PVC name "{made}": {text}')
        if field == "iscsi":
            sources.iscsi_length(source, name, f"{at}.name", name, e)
    if not found:
        e.required(at, "must specify a volume type")
