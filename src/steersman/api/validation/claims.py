"""The spec of a PersistentVolumeClaim: of claims, of StatefulSets' templates, of ephemeral volumes."""

from collections.abc import Iterable
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import selectors
from steersman.api.validation.errors import Errors

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")


def access_modes(modes: Iterable[str], at: str, e: Errors) -> None:
    for mode in modes:
        e.one_of(at, mode, ACCESS_MODES)
    known = {mode for mode in modes if mode in ACCESS_MODES}
    if "ReadWriteOncePod" in known and len(known) > 1:
        e.forbidden(at, "may not use ReadWriteOncePod with other access modes")


def spec(tree: Tree, at: str, e: Errors) -> None:
    get = tree.get
    if not get("accessModes"):
        e.required(f"{at}.accessModes", "at least 1 access mode is required")
    if get("selector") is not None:
        selectors.selector(tree["selector"], f"{at}.selector", e)
    access_modes(get("accessModes") or (), f"{at}.accessModes", e)
    size = ((get("resources") or {}).get("requests") or {}).get("storage")
    if size is None:
        e.required(f"{at}.resources[storage]")
    else:
        e.positive_quantity(f"{at}.resources[storage]", size)
    if get("storageClassName"):
        e.named(f"{at}.storageClassName", tree["storageClassName"], names.dns1123_subdomain)
    if get("volumeMode") is not None:
        e.one_of(f"{at}.volumeMode", tree["volumeMode"], VOLUME_MODES)
    source, reference = get("dataSource"), get("dataSourceRef")
    if source is not None:
        _source(source, f"{at}.dataSource", e)
    if reference is not None:
        _source(reference, f"{at}.dataSourceRef", e)
        if reference.get("namespace"):
            e.named(f"{at}.dataSourceRef.namespace", reference["namespace"], names.dns1123_label)
    if source is not None and reference is not None:
        if reference.get("namespace"):
            e.raw(at, "{}", "may not be specified when dataSourceRef.namespace is specified")
        elif any(source.get(name) != reference.get(name) for name in ("apiGroup", "kind", "name")):
            e.raw(at, "{}", "must match dataSourceRef")
    if get("volumeAttributesClassName"):
        e.named(f"{at}.volumeAttributesClassName", tree["volumeAttributesClassName"], names.dns1123_subdomain)


def _source(tree: Any, at: str, e: Errors) -> None:
    group, kind = tree.get("apiGroup") or "", tree.get("kind") or ""
    if not tree.get("name"):
        e.required(f"{at}.name")
    if not kind:
        e.required(f"{at}.kind")
    if not group and kind != "PersistentVolumeClaim":
        e.invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
    if group:
        e.named(f"{at}.apiGroup", group, names.dns1123_subdomain)
