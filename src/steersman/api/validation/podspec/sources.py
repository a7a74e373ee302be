"""What each source of a volume must say, by type; PersistentVolumes share most of them."""

import posixpath
import re
from typing import Any

from steersman.api import names
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import paths

HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_CACHING_MODES = ("None", "ReadOnly", "ReadWrite")
_DISK_KINDS = ("Dedicated", "Managed", "Shared")
_MANAGED_DISK = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB_DISK = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_INITIATORS = {
    "iqn": re.compile(r"iqn\.\d{4}-\d{2}\.([0-9A-Za-z.-]+)(:[^,;*&$|\s]+)$", re.ASCII),
    "eui": re.compile(r"^eui.[0-9A-Za-z]{16}$", re.ASCII),
    "naa": re.compile(r"^naa.[0-9A-Za-z]{32}$", re.ASCII),
}
_LONG_PORTAL = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters "
    "if iscsi.initiatorName is specified."
)


def needs(tree: Any, at: str, e: Errors, *fields: str) -> None:
    for name in fields:
        if not tree.get(name):
            e.required(f"{at}.{name}")


def host_path(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("path"):
        e.required(f"{at}.path")
        return
    paths.no_backsteps(tree["path"], f"{at}.path", e)
    if tree.get("type") is not None:
        e.one_of(f"{at}.type", tree["type"], HOST_PATH_TYPES)


def git_repo(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "repository")
    paths.descending(tree.get("directory") or "", f"{at}.directory", e)


def gce_disk(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "pdName")
    _partition(tree, at, e)


def aws_disk(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "volumeID")
    _partition(tree, at, e)


def _partition(tree: Any, at: str, e: Errors) -> None:
    value = tree.get("partition") or 0
    if not 0 <= value <= 255:
        e.invalid(f"{at}.partition", value, "must be between 1 and 255, inclusive")


def secret(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "secretName")
    _keys(tree, at, e)


def config_map(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "name")
    _keys(tree, at, e)


def _keys(tree: Any, at: str, e: Errors) -> None:
    paths.mode(tree.get("defaultMode"), f"{at}.defaultMode", e)
    for index, item in enumerate(tree.get("items") or ()):
        key_to_path(item, f"{at}.items[{index}]", e)


def key_to_path(item: Any, at: str, e: Errors) -> None:
    needs(item, at, e, "key", "path")
    paths.not_reserved(item.get("path") or "", f"{at}.path", e)
    paths.mode(item.get("mode"), f"{at}.mode", e)


def nfs(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "server", "path")
    path = tree.get("path") or ""
    if not path.startswith("/"):
        e.invalid(f"{at}.path", path, "must be an absolute path")


def iscsi(tree: Any, at: str, e: Errors, *, persistent: bool = False) -> None:
    needs(tree, at, e, "targetPortal")
    if not tree.get("iqn"):
        e.required(f"{at}.iqn")
    else:
        _initiator(tree["iqn"], f"{at}.iqn", e, persistent)
    e.within(f"{at}.lun", tree.get("lun") or 0, 0, 255)
    secret_ref = tree.get("secretRef")
    if (tree.get("chapAuthDiscovery") or tree.get("chapAuthSession")) and secret_ref is None:
        e.required(f"{at}.secretRef")
    if persistent and secret_ref is not None:
        needs(secret_ref, f"{at}.secretRef", e, "name")
    if tree.get("initiatorName") is not None:
        _initiator(tree["initiatorName"], f"{at}.initiatorname", e, persistent)


def _initiator(name: str, at: str, e: Errors, persistent: bool) -> None:
    pattern = _INITIATORS.get(name[:3])
    if pattern is None:
        e.invalid(at, name, "must be valid format" + ("" if persistent else " starting with iqn, eui, or naa"))
    elif not pattern.search(name):
        e.invalid(at, name, "must be valid format")


def iscsi_length(tree: Any, owner: str, at: str, value: str, e: Errors) -> None:
    portal = tree.get("targetPortal") or ""
    if tree.get("initiatorName") is not None and len(f"{owner}:{portal}") > 64:
        e.invalid(at, value, _LONG_PORTAL)


def glusterfs(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "endpoints", "path")


def flocker(tree: Any, at: str, e: Errors) -> None:
    name, uuid = tree.get("datasetName") or "", tree.get("datasetUUID") or ""
    if not name and not uuid:
        e.required(at, "one of datasetName and datasetUUID is required")
    if name and uuid:
        e.invalid(at, "resource", "datasetName and datasetUUID can not be specified simultaneously")
    if "/" in name:
        e.invalid(f"{at}.datasetName", name, "must not contain '/'")


def claim(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "claimName")


def rbd(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "monitors", "image")


def cinder(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "volumeID")
    if tree.get("secretRef") is not None:
        needs(tree["secretRef"], f"{at}.secretRef", e, "name")


def cephfs(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "monitors")


def quobyte(tree: Any, at: str, e: Errors) -> None:
    registry, pairs = tree.get("registry") or "", "must be a host:port pair or multiple pairs separated by commas"
    if not registry:
        e.required(f"{at}.registry", pairs)
    elif len(tree.get("tenant") or "") >= 65:
        e.required(f"{at}.tenant", "must be a UUID and may not exceed a length of 64 characters")
    else:
        for pair in registry.split(","):
            if not re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*):[^:]*", pair):
                e.invalid(f"{at}.registry", registry, pairs)
    needs(tree, at, e, "volume")


def fc(tree: Any, at: str, e: Errors) -> None:
    targets, wwids = tree.get("targetWWNs") or [], tree.get("wwids") or []
    if not targets and not wwids:
        e.required(f"{at}.targetWWNs", "must specify either targetWWNs or wwids, but not both")
    if targets and wwids:
        e.invalid(f"{at}.targetWWNs", targets, "targetWWNs and wwids can not be specified simultaneously")
    if targets:
        if tree.get("lun") is None:
            e.required(f"{at}.lun", "lun is required if targetWWNs is specified")
        else:
            e.within(f"{at}.lun", tree["lun"], 0, 255)


def flex(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "driver")
    for key in tree.get("options") or {}:
        if ("." + key.partition("/")[0].lower()).endswith((".kubernetes.io", ".k8s.io")):
            e.invalid(f"{at}.options[{key}]", key, "kubernetes.io and k8s.io namespaces are reserved")


def azure_file(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "secretName", "shareName")


def azure_disk(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "diskName", "diskURI")
    kind, uri = tree.get("kind"), tree.get("diskURI") or ""
    if tree.get("cachingMode") is not None:
        e.one_of(f"{at}.cachingMode", tree["cachingMode"], _CACHING_MODES)
    if kind is not None:
        e.one_of(f"{at}.kind", kind, _DISK_KINDS)
        if kind == "Managed" and not uri.startswith("/subscriptions/"):
            e.unsupported(f"{at}.diskURI", uri, (_MANAGED_DISK,))
        if kind != "Managed" and not uri.startswith("https://"):
            e.unsupported(f"{at}.diskURI", uri, (_BLOB_DISK,))


def vsphere(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "volumePath")


def photon(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "pdID")


def portworx(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "volumeID")


def storage_os(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("volumeName"):
        e.required(f"{at}.volumeName")
    else:
        e.named(f"{at}.volumeName", tree["volumeName"], names.dns1123_label)
    if tree.get("volumeNamespace"):
        e.named(f"{at}.volumeNamespace", tree["volumeNamespace"], names.dns1123_label)
    if tree.get("secretRef") is not None:
        needs(tree["secretRef"], f"{at}.secretRef", e, "name")


def scale_io(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "gateway", "system", "volumeName")


def driver_name(name: str, at: str, e: Errors) -> None:
    """The name of a CSI driver."""
    if not name:
        e.required(at)
        return
    if len(name) > 63:
        e.too_long(at, 63)
    for text in names.dns1123_subdomain(name.lower()):
        e.invalid(at, name, text)


def csi(tree: Any, at: str, e: Errors) -> None:
    driver_name(tree.get("driver") or "", f"{at}.driver", e)
    secret_ref = tree.get("nodePublishSecretRef")
    if secret_ref is not None:
        name = secret_ref.get("name") or ""
        if not name:
            e.required(f"{at}.nodePublishSecretRef.name")
        else:
            e.named(f"{at}.name", name, names.dns1123_subdomain)


def image(tree: Any, at: str, e: Errors) -> None:
    needs(tree, at, e, "reference")
    e.required_one_of(f"{at}.pullPolicy", tree.get("pullPolicy"), PULL_POLICIES)


def is_root(path: str) -> bool:
    return posixpath.normpath(path or ".").replace("//", "/") == "/"
