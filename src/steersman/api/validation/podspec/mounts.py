"""Where a container mounts its volumes, as directories and as block devices."""

from collections.abc import Mapping, Sequence

from steersman.api.tree import Tree
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import paths

_PROPAGATION = ("Bidirectional", "HostToContainer", "None")
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")


def mounts(container: Tree, at: str, e: Errors, volumes: Mapping[str, Tree]) -> None:
    items: Sequence[Tree] = container.get("volumeMounts") or ()
    devices = {each.get("name") or "": each.get("devicePath") or "" for each in container.get("volumeDevices") or ()}
    seen: set[str] = set()
    for index, mount in enumerate(items):
        name, path = mount.get("name") or "", mount.get("mountPath") or ""
        where = f"{at}[{index}]"
        if not name:
            e.required(f"{where}.name")
        volume = volumes.get(name)
        if volume is None:
            e.not_found(f"{where}.name", name)
        if not path:
            e.required(f"{where}.mountPath")
        if path in seen:
            e.invalid(f"{where}.mountPath", path, "must be unique")
        seen.add(path)
        if devices:
            if name in devices:
                e.invalid(f"{where}.name", name, "must not already exist in volumeDevices")
            if path in devices.values():
                e.invalid(f"{where}.mountPath", path, "must not already exist as a path in volumeDevices")
        _below(mount, volume, at, where, e)
        if mount.get("mountPropagation") is not None:
            _propagation(mount["mountPropagation"], container, f"{at}.mountPropagation", e)
        if mount.get("recursiveReadOnly") is not None:
            _recursive(mount, f"{at}.recursiveReadOnly", e)


def _below(mount: Tree, volume: Tree | None, at: str, where: str, e: Errors) -> None:
    path, expression = mount.get("subPath") or "", mount.get("subPathExpr") or ""
    if volume is not None and "image" in volume and len(volume) == 2 and expression:
        e.invalid(f"{where}.subPathExpr", expression, "not allowed in image volume sources")
    if path:
        paths.descending(path, f"{at}.subPath", e)
    if expression:
        if path:
            e.invalid(f"{where}.subPathExpr", expression, "subPathExpr and subPath are mutually exclusive")
        paths.descending(expression, f"{at}.subPathExpr", e)


def _propagation(value: str, container: Tree, at: str, e: Errors) -> None:
    e.one_of(at, value, _PROPAGATION)
    if value == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        e.forbidden(at, "Bidirectional mount propagation is available only to privileged containers")


def _recursive(mount: Tree, at: str, e: Errors) -> None:
    value = mount["recursiveReadOnly"]
    if value in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            e.forbidden(at, "may only be specified when readOnly is true")
        if mount.get("mountPropagation") not in (None, "None"):
            e.forbidden(at, "may only be specified when mountPropagation is None or not specified")
    elif value != "Disabled":
        e.unsupported(at, value, _RECURSIVE)


def devices(container: Tree, at: str, e: Errors, volumes: Mapping[str, Tree]) -> None:
    mounted = {each.get("name") or "": each.get("mountPath") or "" for each in container.get("volumeMounts") or ()}
    seen_names: set[str] = set()
    seen_paths: set[str] = set()
    for index, device in enumerate(container.get("volumeDevices") or ()):
        where, name, path = f"{at}[{index}]", device.get("name") or "", device.get("devicePath") or ""
        volume = volumes.get(name)
        if not name:
            e.required(f"{where}.name")
        if name in seen_names:
            e.invalid(f"{where}.name", name, "must be unique")
        if volume is None:
            e.not_found(f"{where}.name", name)
        elif "persistentVolumeClaim" not in volume and "ephemeral" not in volume:
            why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            e.invalid(f"{where}.name", name, why)
        if not path:
            e.required(f"{where}.devicePath")
        if path in seen_paths:
            e.invalid(f"{where}.devicePath", path, "must be unique")
        if path and ".." in path.split("/"):
            e.invalid(f"{where}.devicePath", path, "can not contain backsteps ('..')")
        else:
            seen_paths.add(path)
        if name in mounted:
            e.invalid(f"{where}.name", name, "must not already exist in volumeMounts")
        if path in mounted.values():
            e.invalid(f"{where}.devicePath", path, "must not already exist as a path in volumeMounts")
        if name:
            seen_names.add(name)
