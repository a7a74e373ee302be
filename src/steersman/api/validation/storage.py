"""The storage group: StorageClasses, CSIDrivers, CSINodes, attachments, capacities and attribute classes."""

from typing import Any

from steersman.api import names, quantity
from steersman.api.tree import Tree
from steersman.api.validation import internal, selectors, volumes
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import sources

_PARAMETERS_SIZE, _PARAMETERS_COUNT = 256 * 1024, 512
_RECLAIM = ("Delete", "Retain")
_BINDING = ("Immediate", "WaitForFirstConsumer")
_FS_GROUP = ("File", "None", "ReadWriteOnceWithFSType")
_LIFECYCLE = ("Persistent", "Ephemeral")
_NODE_ID_LENGTH = 256
_DRIVER = (
    ("Name", "name", ""), ("NodeID", "nodeID", ""), ("TopologyKeys", "topologyKeys", None),
    ("Allocatable", "allocatable", None),
)  # fmt: skip
_SOURCE = (("PersistentVolumeName", "persistentVolumeName", None), ("InlineVolumeSpec", "inlineVolumeSpec", None))
_ATTACHMENT = (
    ("Attacher", "attacher", ""), ("Source", "source", internal.Embedded(_SOURCE)), ("NodeName", "nodeName", ""),
)  # fmt: skip


def storage_class(tree: Tree, e: Errors) -> None:
    _provisioner(tree.get("provisioner") or "", "provisioner", e)
    _parameters(tree.get("parameters") or {}, "parameters", e)
    if tree.get("reclaimPolicy"):
        e.one_of("reclaimPolicy", tree["reclaimPolicy"], _RECLAIM)
    mode = tree.get("volumeBindingMode")
    if mode is None:
        e.required("volumeBindingMode")
    else:
        e.one_of("volumeBindingMode", mode, _BINDING)
    _topologies(tree.get("allowedTopologies") or (), e)


def _provisioner(name: str, at: str, e: Errors) -> None:
    if not name:
        e.required(at)
    else:
        e.named(at, name.lower(), names.qualified_name)


def _parameters(values: Any, at: str, e: Errors, *, least: int = 0) -> None:
    if len(values) < least:
        e.required(at, "must contain at least one key/value pair")
    if len(values) > _PARAMETERS_COUNT:
        e.too_long(at, _PARAMETERS_COUNT)
        return
    for key in values:
        if not key:
            e.invalid(at, key, "field must not be empty")
    if sum(len(key.encode()) + len(value.encode()) for key, value in values.items()) > _PARAMETERS_SIZE:
        e.too_long(at, _PARAMETERS_SIZE)


def _topologies(items: Any, e: Errors) -> None:
    seen: list[Any] = []
    for index, term in enumerate(items):
        at, keys = f"allowedTopologies[{index}]", set()
        for place, rule in enumerate(term.get("matchLabelExpressions") or ()):
            where, values = f"{at}.matchLabelExpressions[{place}]", rule.get("values") or ()
            if not values:
                e.required(f"{where}.values")
            for number, value in enumerate(values):
                if value in values[:number]:
                    e.duplicate(f"{where}.values[{number}]", value)
            key = rule.get("key") or ""
            e.named(f"{where}.key", key, names.qualified_name)
            if key in keys:
                e.duplicate(f"{where}.key", key)
            keys.add(key)
        raw = {r.get("key"): sorted(r.get("values") or ()) for r in term.get("matchLabelExpressions") or ()}
        if raw in seen:
            e.duplicate(f"{at}.matchLabelExpressions", "")
        seen.append(raw)


def storage_class_update(new: Tree, old: Tree, e: Errors) -> None:
    storage_class(new, e)
    for name in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
        empty = "" if name == "provisioner" else None
        e.immutable(name, new.get(name, empty), old.get(name, empty))


def csi_driver(tree: Tree, e: Errors) -> None:
    _driver_spec(tree.get("spec") or {}, e)


def _driver_spec(spec: Any, e: Errors) -> None:
    for name in ("attachRequired", "podInfoOnMount", "storageCapacity"):
        if spec.get(name) is None:
            e.required(f"spec.{name}")
    policy = spec.get("fsGroupPolicy")
    if policy is None:
        e.required("spec.fsGroupPolicy")
    else:
        e.one_of("spec.fsGroupPolicy", policy, _FS_GROUP)
    audiences: set[str] = set()
    for index, request in enumerate(spec.get("tokenRequests") or ()):
        audience, seconds = request.get("audience") or "", request.get("expirationSeconds")
        if audience in audiences:
            e.duplicate(f"spec.tokenRequests[{index}].audience", audience)
            continue
        audiences.add(audience)
        if seconds is None:
            continue
        at = f"spec.tokenRequests[{index}].expirationSeconds"
        if seconds < 600:
            e.invalid(at, seconds, "may not specify a duration less than 10 minutes")
        if seconds > 1 << 32:
            e.invalid(at, seconds, "may not specify a duration larger than 2^32 seconds")
    for mode in spec.get("volumeLifecycleModes") or ():
        e.one_of("spec.volumeLifecycleModes", mode, _LIFECYCLE)
    if spec.get("seLinuxMount") is None:
        e.required("spec.seLinuxMount")
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < 10:
        e.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds")


def csi_driver_update(new: Tree, old: Tree, e: Errors) -> None:
    _driver_spec(new.get("spec") or {}, e)
    after, before = new.get("spec") or {}, old.get("spec") or {}
    for name, told in (("attachRequired", "attachedRequired"), ("volumeLifecycleModes", "volumeLifecycleModes")):
        e.immutable(f"spec.{told}", after.get(name), before.get(name))


def csi_node(tree: Tree, e: Errors) -> None:
    seen: set[str] = set()
    for index, driver in enumerate((tree.get("spec") or {}).get("drivers") or ()):
        at, name, node = f"spec.drivers[{index}]", driver.get("name") or "", driver.get("nodeID") or ""
        sources.driver_name(name, f"{at}.name", e)
        if not node:
            e.required(f"{at}.nodeID")
        if len(node) > _NODE_ID_LENGTH:
            e.invalid(f"{at}.nodeID", node, f"must be {_NODE_ID_LENGTH} characters or less")
        count = (driver.get("allocatable") or {}).get("count")
        if count is not None and count < 0:
            e.not_negative(f"{at}.allocatable.count", count)
        topology: set[str] = set()
        for key in driver.get("topologyKeys") or ():
            if not key:
                e.required(at)
            if key in topology:
                e.duplicate(at, key)
            topology.add(key)
            e.named(at, key, names.qualified_name)
        if name in seen:
            e.duplicate(f"{at}.name", name)
        seen.add(name)


def csi_node_update(new: Tree, old: Tree, e: Errors) -> None:
    csi_node(new, e)
    after = {each.get("name"): each for each in (new.get("spec") or {}).get("drivers") or ()}
    for driver in (old.get("spec") or {}).get("drivers") or ():
        found = after.get(driver.get("name"))
        if found is not None and (
            found.get("nodeID") != driver.get("nodeID") or found.get("topologyKeys") != driver.get("topologyKeys")
        ):
            e.raw("spec.drivers", internal.shown({**found, "allocatable": None}, _DRIVER), "field is immutable")


def attachment(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    attacher, source = spec.get("attacher") or "", spec.get("source") or {}
    sources.driver_name(attacher, "spec.attacher", e)
    inline, name = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    if (inline is None) == (name is None):
        if inline is None:
            e.required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
        else:
            e.forbidden("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
    elif inline is not None:
        volumes.volume_spec(inline, "", "spec.source.inlineVolumeSpec", e, inline=True)
    elif name is not None:
        if not name:
            e.required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName")
        e.named("spec.source.persistentVolumeName", name, names.dns1123_subdomain)
    e.named("spec.nodeName", spec.get("nodeName") or "", names.dns1123_subdomain)


def attachment_update(new: Tree, old: Tree, e: Errors) -> None:
    attachment(new, e)
    if (new.get("spec") or {}) != (old.get("spec") or {}):
        e.raw("spec", internal.shown(new.get("spec") or {}, _ATTACHMENT), "field is immutable")


def capacity(tree: Tree, e: Errors) -> None:
    name = tree.get("storageClassName") or ""
    e.named("storageClassName", name, names.dns1123_subdomain)
    selectors.selector(tree.get("nodeTopology"), "nodeTopology", e)
    for field in ("capacity", "maximumVolumeSize"):
        value = tree.get(field)
        if value is not None and quantity.nano(value) < 0:
            e.not_negative_quantity(field, value)


def capacity_update(new: Tree, old: Tree, e: Errors) -> None:
    capacity(new, e)
    e.immutable("nodeTopology", selectors.shown(new.get("nodeTopology")), selectors.shown(old.get("nodeTopology")))
    e.immutable("storageClassName", new.get("storageClassName") or "", old.get("storageClassName") or "")


def attributes_class(tree: Tree, e: Errors) -> None:
    _provisioner(tree.get("driverName") or "", "driverName", e)
    _parameters(tree.get("parameters") or {}, "parameters", e, least=1)


def attributes_class_update(new: Tree, old: Tree, e: Errors) -> None:
    if (new.get("driverName") or "") != (old.get("driverName") or ""):
        e.forbidden("driverName", "updates to driverName are forbidden.")
    if (new.get("parameters") or {}) != (old.get("parameters") or {}):
        e.forbidden("parameters", "updates to parameters are forbidden.")
    attributes_class(new, e)
