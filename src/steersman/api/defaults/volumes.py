"""Volumes, in pods and in PersistentVolumes: file modes and what the drivers of old assume."""

from steersman.api.defaults import claims, containers, fill
from steersman.api.tree import MutableTree

FILE_MODE = 0o644


def volume(tree: MutableTree) -> None:
    """A pod's volume; one that names no source is an empty directory."""
    if len(tree) < 2:
        tree["emptyDir"] = {}
        return
    for name, rule in _SOURCES.items():
        found = tree.get(name)
        if found is not None:
            rule(found)


def source(tree: MutableTree) -> None:
    """A PersistentVolume's spec, where sources stand among other fields."""
    for name in _PERSISTENT:
        found = tree.get(name)
        if found is not None:
            _SOURCES[name](found)


def _mode(tree: MutableTree) -> None:
    if "defaultMode" not in tree:
        tree["defaultMode"] = FILE_MODE


def _downward(tree: MutableTree) -> None:
    _mode(tree)
    _fields(tree)


def _fields(tree: MutableTree) -> None:
    for item in fill.items(tree, "items"):
        if "fieldRef" in item:
            containers.field_selector(item["fieldRef"])


def _projected(tree: MutableTree) -> None:
    _mode(tree)
    for each in fill.items(tree, "sources"):
        if "downwardAPI" in each:
            _fields(each["downwardAPI"])
        if "serviceAccountToken" in each:
            fill.unless(each["serviceAccountToken"], expirationSeconds=3600)
        if "podCertificate" in each:
            fill.unless(each["podCertificate"], maxExpirationSeconds=86400)


def _host_path(tree: MutableTree) -> None:
    fill.unless(tree, type="")


def _iscsi(tree: MutableTree) -> None:
    fill.unless(tree, iscsiInterface="default")


def _rbd(tree: MutableTree) -> None:
    fill.unless(tree, pool="rbd", user="admin", keyring="/etc/ceph/keyring")


def _azure_disk(tree: MutableTree) -> None:
    fill.unless(tree, cachingMode="ReadWrite", fsType="ext4", readOnly=False, kind="Shared")


def _scale_io(tree: MutableTree) -> None:
    fill.unless(tree, storageMode="ThinProvisioned", fsType="xfs")


def _ephemeral(tree: MutableTree) -> None:
    template = tree.get("volumeClaimTemplate")
    if template is not None:
        claims.spec(fill.child(template, "spec"))


def _empty_dir(tree: MutableTree) -> None:
    """Nothing: an empty directory has no defaults."""


def _image(tree: MutableTree) -> None:
    if "pullPolicy" not in tree:
        tree["pullPolicy"] = containers.pull_policy(tree.get("reference") or "")


_SOURCES = {
    "configMap": _mode,
    "secret": _mode,
    "projected": _projected,
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "downwardAPI": _downward,
    "ephemeral": _ephemeral,
    "image": _image,
    "iscsi": _iscsi,
    "rbd": _rbd,
    "azureDisk": _azure_disk,
    "scaleIO": _scale_io,
}
_PERSISTENT = ("hostPath", "iscsi", "rbd", "azureDisk", "scaleIO")
