"""Endpoints and EndpointSlices."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import addresses, selectors
from steersman.api.validation.errors import Errors

ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_MOST_ENDPOINTS, _MOST_ADDRESSES, _MOST_PORTS, _MOST_TOPOLOGY, _MOST_HINTS = 1000, 100, 20000, 16, 8


def endpoints(tree: Tree, e: Errors) -> None:
    for index, subset in enumerate(tree.get("subsets") or ()):
        at, ports = f"subsets[{index}]", subset.get("ports") or ()
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            e.required(at, "must specify `addresses` or `notReadyAddresses`")
        for name in ("addresses", "notReadyAddresses"):
            for place, address in enumerate(subset.get(name) or ()):
                _address(address, f"{at}.{name}[{place}]", e)
        for place, port in enumerate(ports):
            _port(port, f"{at}.ports[{place}]", e, named=len(ports) > 1)


def _address(address: Any, at: str, e: Errors) -> None:
    text = address.get("ip") or ""
    addresses.ip(text, f"{at}.ip", e)
    if address.get("hostname"):
        e.named(f"{at}.hostname", address["hostname"], names.dns1123_label)
    if address.get("nodeName") is not None:
        e.named(f"{at}.nodeName", address["nodeName"], names.dns1123_subdomain)
    addresses.not_special(text, f"{at}.ip", e)


def _port(port: Any, at: str, e: Errors, *, named: bool) -> None:
    if port.get("name"):
        e.named(f"{at}.name", port["name"], names.dns1123_label)
    elif named:
        e.required(f"{at}.name")
    addresses.port(port.get("port") or 0, f"{at}.port", e)
    e.required_one_of(f"{at}.protocol", port.get("protocol"), addresses.PROTOCOLS)
    if port.get("appProtocol") is not None:
        e.named(f"{at}.appProtocol", port["appProtocol"], names.qualified_name)


def endpoints_update(new: Tree, old: Tree, e: Errors) -> None:
    endpoints(new, e)


def endpoint_slice(tree: Tree, e: Errors) -> None:
    kind = tree.get("addressType") or ""
    e.required_one_of("addressType", kind, ADDRESS_TYPES)
    items = tree.get("endpoints") or ()
    if len(items) > _MOST_ENDPOINTS:
        e.too_many("endpoints", len(items), _MOST_ENDPOINTS)
    else:
        for index, endpoint in enumerate(items):
            _endpoint(endpoint, kind, f"endpoints[{index}]", e)
    _slice_ports(tree.get("ports") or (), e)


def _endpoint(endpoint: Any, kind: str, at: str, e: Errors) -> None:
    given = endpoint.get("addresses") or ()
    if not given:
        e.required(f"{at}.addresses", "must contain at least 1 address")
    elif len(given) > _MOST_ADDRESSES:
        e.too_many(f"{at}.addresses", len(given), _MOST_ADDRESSES)
    for index, text in enumerate(given):
        place = f"{at}.addresses[{index}]"
        if kind == "FQDN":
            for complaint in _full_name(text):
                e.invalid(place, text, complaint)
        elif kind in ("IPv4", "IPv6") and addresses.ip(text, place, e):
            if addresses.is_v6(text) != (kind == "IPv6"):
                e.invalid(place, text, f"must be an {kind} address")
            addresses.not_special(text, place, e)
    if endpoint.get("nodeName") is not None:
        e.named(f"{at}.nodeName", endpoint["nodeName"], names.dns1123_subdomain)
    topology = endpoint.get("deprecatedTopology") or {}
    if len(topology) > _MOST_TOPOLOGY:
        e.too_many(f"{at}.deprecatedTopology", len(topology), _MOST_TOPOLOGY)
    selectors.labels(topology, f"{at}.deprecatedTopology", e)
    if endpoint.get("hostname") is not None:
        e.named(f"{at}.hostname", endpoint["hostname"], names.dns1123_label)
    for name, limit in (("forZones", _MOST_HINTS), ("forNodes", _MOST_HINTS)):
        hints = (endpoint.get("hints") or {}).get(name) or ()
        _hints(hints, limit, f"{at}.hints.{name}", e)


def _hints(hints: Any, limit: int, at: str, e: Errors) -> None:
    if len(hints) > limit:
        e.too_many(at, len(hints), limit)
        return
    seen: set[str] = set()
    for index, hint in enumerate(hints):
        name = hint.get("name") or ""
        if name in seen:
            e.duplicate(f"{at}[{index}].name", name)
        else:
            seen.add(name)
            rule = names.label_value if at.endswith("forZones") else names.dns1123_subdomain
            e.named(f"{at}[{index}].name", name, rule)


def _full_name(text: str) -> list[str]:
    complaints = names.dns1123_subdomain(text)
    if not complaints and "." not in text:
        return ["should be a domain with at least two segments separated by dots"]
    return complaints


def _slice_ports(ports: Any, e: Errors) -> None:
    if len(ports) > _MOST_PORTS:
        e.too_many("ports", len(ports), _MOST_PORTS)
        return
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at, name = f"ports[{index}]", port.get("name") or ""
        if name:
            e.named(f"{at}.name", name, names.dns1123_label)
        if name in seen:
            e.duplicate(f"{at}.name", name)
        seen.add(name)
        e.required_one_of(f"{at}.protocol", port.get("protocol"), addresses.PROTOCOLS)
        if port.get("appProtocol") is not None:
            e.named(f"{at}.appProtocol", port["appProtocol"], names.qualified_name)


def endpoint_slice_update(new: Tree, old: Tree, e: Errors) -> None:
    endpoint_slice(new, e)
    e.immutable("addressType", new.get("addressType") or "", old.get("addressType") or "")
