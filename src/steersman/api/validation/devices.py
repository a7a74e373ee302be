"""Dynamic resource allocation.  The compiler of expressions comes with the first one."""

from typing import Any

from steersman.api import names, quantity
from steersman.api.tree import Tree
from steersman.api.validation import internal
from steersman.api.validation.errors import NOT_POSITIVE, Errors
from steersman.api.validation.podspec import affinity, shapes

_MODES = ("All", "ExactCount")
_MOST_DEVICES, _VALUE_LENGTH, _POOL_LENGTH, _DRIVER_LENGTH = 128, 64, 253, 63
_ONE_NODE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"

_SELECTOR = (("CEL", "cel", (("Expression", "expression", ""),)),)
_TOLERATION = shapes.TOLERATION
_SUBREQUEST: Any = (
    ("DeviceClassName", "deviceClassName", ""), ("Selectors", "selectors", [_SELECTOR]),
    ("AllocationMode", "allocationMode", ""), ("Count", "count", 0),
)  # fmt: skip
_CAPACITY = (("Requests", "requests", None),)
_MORE: Any = (("Tolerations", "tolerations", [_TOLERATION]), ("Capacity", "capacity", _CAPACITY))
_EXACT = (*_SUBREQUEST, ("AdminAccess", "adminAccess", None), *_MORE)
_FIRST = (("Name", "name", ""), *_SUBREQUEST, *_MORE)
_REQUEST = (("Name", "name", ""), ("Exactly", "exactly", _EXACT), ("FirstAvailable", "firstAvailable", [_FIRST]))
_CONSTRAINT = (
    ("Requests", "requests", None), ("MatchAttribute", "matchAttribute", None),
    ("DistinctAttribute", "distinctAttribute", None),
)  # fmt: skip
_OPAQUE = (("Driver", "driver", ""), ("Parameters", "parameters", None))
_CONFIG = (("Requests", "requests", None), ("Opaque", "opaque", _OPAQUE))
_DEVICES = (
    ("Requests", "requests", [_REQUEST]),
    ("Constraints", "constraints", [_CONSTRAINT]),
    ("Config", "config", [_CONFIG]),
)
CLAIM: internal.Shape = (("Devices", "devices", internal.Embedded(_DEVICES)),)


def device_class(tree: Tree, e: Errors) -> None:
    _selectors((tree.get("spec") or {}).get("selectors") or (), "spec.selectors", e)


def device_class_update(new: Tree, old: Tree, e: Errors) -> None:
    device_class(new, e)


def _selectors(items: Any, at: str, e: Errors) -> None:
    for index, selector in enumerate(items):
        if selector.get("cel") is None:
            e.required(f"{at}[{index}].cel")
        else:
            _expression(selector["cel"].get("expression") or "", f"{at}[{index}].cel.expression", e)


def _expression(text: str, at: str, e: Errors) -> None:
    from steersman.api.cel import compiling
    from steersman.api.cel import devices as selecting

    if len(text.encode()) > selecting.LONGEST:
        e.too_long(at, selecting.LONGEST)
        return
    try:
        found = selecting.compile(text)
    except compiling.Refused as error:
        e.invalid(at, text, str(error))
        return
    if selecting.expected_cost(found) > selecting.COST_LIMIT:
        e.forbidden(at, "too complex, exceeds cost limit")


def resource_claim(tree: Tree, e: Errors) -> None:
    claim_spec(tree.get("spec") or {}, "spec", e)


def resource_claim_update(new: Tree, old: Tree, e: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    if after != before:
        e.raw("spec", internal.shown(after, CLAIM), "field is immutable")


def resource_claim_template(tree: Tree, e: Errors) -> None:
    claim_spec((tree.get("spec") or {}).get("spec") or {}, "spec.spec", e)


def resource_claim_template_update(new: Tree, old: Tree, e: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    resource_claim_template(new, e)
    if after != before:
        metadata = {name: value for name, value in (after.get("metadata") or {}).items() if value}
        shown = {**metadata, "Spec": internal.render(after.get("spec") or {}, CLAIM)}
        e.raw("spec", internal.text(shown), "field is immutable")


def claim_spec(spec: Any, at: str, e: Errors) -> None:
    seen: set[str] = set()
    for index, request in enumerate((spec.get("devices") or {}).get("requests") or ()):
        where, name = f"{at}.devices.requests[{index}]", request.get("name") or ""
        exactly, first = request.get("exactly"), request.get("firstAvailable")
        e.named(f"{where}.name", name, names.dns1123_label)
        if exactly is None and "deviceClassName" in request:
            exactly = request
        if (exactly is None) == (not first):
            if first:
                e.invalid(
                    where, name, "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"
                )
            else:
                e.required(where, "exactly one of `exactly` or `firstAvailable` is required")
        elif exactly is not None:
            _exact(exactly, where if exactly is request else f"{where}.exactly", e)
        for place, each in enumerate(first or ()):
            _exact(each, f"{where}.firstAvailable[{place}]", e)
        if name in seen:
            e.duplicate(where, name)
        seen.add(name)


def _exact(tree: Any, at: str, e: Errors) -> None:
    name, mode, count = tree.get("deviceClassName") or "", tree.get("allocationMode") or "", tree.get("count") or 0
    if not name:
        e.required(f"{at}.deviceClassName")
    else:
        e.named(f"{at}.deviceClassName", name, names.dns1123_subdomain)
    _selectors(tree.get("selectors") or (), f"{at}.selectors", e)
    if mode == "All":
        if count:
            e.invalid(f"{at}.count", count, 'must not be specified when allocationMode is "All"')
    elif mode == "ExactCount":
        if count <= 0:
            e.invalid(f"{at}.count", count, NOT_POSITIVE)
    else:
        e.unsupported(f"{at}.allocationMode", mode, _MODES)


def resource_slice(tree: Tree, e: Errors) -> None:
    _slice(tree.get("spec") or {}, None, e)


def resource_slice_update(new: Tree, old: Tree, e: Errors) -> None:
    _slice(new.get("spec") or {}, old.get("spec") or {}, e)


def _slice(spec: Any, before: Any, e: Errors) -> None:
    """`before`: what it was, where it was there already."""
    driver, node = spec.get("driver") or "", spec.get("nodeName")
    if not driver:
        e.required("spec.driver")
    else:
        if len(driver) > _DRIVER_LENGTH:
            e.too_long("spec.driver", _DRIVER_LENGTH)
        e.named("spec.driver", driver, names.dns1123_subdomain)
    if before is not None:
        e.immutable("spec.driver", driver, before.get("driver") or "")
    _pool(spec.get("pool") or {}, "spec.pool", e)
    if before is not None:
        known = (before.get("pool") or {}).get("name") or ""
        e.immutable("spec.pool.name", (spec.get("pool") or {}).get("name") or "", known)
    if node is not None:
        if not node:
            e.invalid("spec.nodeName", node, "must be either unset or set to a non-empty string")
        else:
            e.named("spec.nodeName", node, names.dns1123_subdomain)
    if before is not None:
        e.immutable("spec.nodeName", node, before.get("nodeName"))
    if spec.get("nodeSelector") is not None:
        affinity.node_selector(spec["nodeSelector"], "spec.nodeSelector", e)
    given = [name for name in ("nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection") if spec.get(name)]
    if not given:
        e.required("spec", _ONE_NODE)
    elif len(given) > 1:
        e.invalid(
            "spec", "{" + ", ".join(f"`{name}`" for name in given) + "}", _ONE_NODE + ", but multiple fields are set"
        )
    devices = spec.get("devices") or ()
    if len(devices) > _MOST_DEVICES:
        e.too_many("spec.devices", len(devices), _MOST_DEVICES)
    seen: set[str] = set()
    for index, device in enumerate(devices):
        _device(device, f"spec.devices[{index}]", e)
        name = device.get("name") or ""
        if name in seen:
            e.duplicate(f"spec.devices[{index}]", name)
        seen.add(name)


def _pool(pool: Any, at: str, e: Errors) -> None:
    name = pool.get("name") or ""
    if not name:
        e.required(f"{at}.name")
    else:
        if len(name) > _POOL_LENGTH:
            e.too_long(f"{at}.name", _POOL_LENGTH)
        for part in name.split("/"):
            for text in names.dns1123_subdomain(part):
                e.invalid(f"{at}.name", part, text)
    if (pool.get("resourceSliceCount") or 0) <= 0:
        e.invalid(f"{at}.resourceSliceCount", pool.get("resourceSliceCount") or 0, NOT_POSITIVE)
    e.not_negative(f"{at}.generation", pool.get("generation"))


def _device(device: Any, at: str, e: Errors) -> None:
    e.named(f"{at}.name", device.get("name") or "", names.dns1123_label)
    for key, value in (device.get("attributes") or {}).items():
        _key(key, f"{at}.attributes", e)
        where = f"{at}.attributes[{key}]"
        if len(value) != 1:
            e.invalid(where, "", "exactly one value must be specified")
        for kind in ("string", "version"):
            if len(value.get(kind) or "") > _VALUE_LENGTH:
                e.too_long(f"{where}.{kind}", _VALUE_LENGTH)
    for key, capacity in (device.get("capacity") or {}).items():
        _key(key, f"{at}.capacity", e)
        if quantity.nano(capacity.get("value") or "0") < 0:
            e.not_negative_quantity(f"{at}.capacity[{key}].value", capacity["value"])


def _key(key: str, at: str, e: Errors) -> None:
    if not key:
        e.required(f"{at}[]", "name required")
        return
    domain, slash, name = key.rpartition("/")
    if slash:
        e.named(f"{at}[{key}]", domain, names.dns1123_subdomain)
    e.named(f"{at}[{key}]", name, names.c_identifier)
