"""A Service's Endpoints object, from its pods.

Pure.  Addresses that share all their ports are one subset; a pod that is on its way out is not listed, one
that is not ready is listed as such (or as ready, where the Service publishes those too).  At most a
thousand addresses are kept, the ready ones first, and an annotation says that some are missing.
"""

import ipaddress
from collections.abc import Sequence

from steersman.api.semantics import pods as podlib
from steersman.api.semantics import services
from steersman.api.tree import MutableTree, Tree

MANAGED_BY = "endpoints.kubernetes.io/managed-by"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
CAPACITY = 1000

Port = tuple[str, str, int, str]


def subsets(service: Tree, pods: Sequence[Tree]) -> list[MutableTree]:
    """The subsets in canonical order."""
    publish = bool((service.get("spec") or {}).get("publishNotReadyAddresses"))
    family = services.families(service)[0]
    ports_by_address: dict[str, set[Port]] = {}
    shown: dict[str, tuple[bool, MutableTree]] = {}
    listed = service["spec"].get("ports") or ()
    for pod in pods:
        address = next((each for each in services.addresses(pod) if services.family(each) == family), None)
        if address is None or not services.is_candidate(pod, terminating=publish):
            continue
        ready = publish or podlib.is_ready(pod)
        ports = set()
        for port in listed:
            number = services.target_port(port, pod)
            if number is not None:
                protocol = port.get("protocol") or "TCP"
                ports.add((port.get("name") or "", protocol, number, port.get("appProtocol") or ""))
        if listed and not ports:
            continue
        ports_by_address.setdefault(address, set()).update(ports)
        if address not in shown or ready:
            shown[address] = (ready, _address(service, pod, address))
    groups: dict[frozenset[Port], list[str]] = {}
    for address, found in ports_by_address.items():
        groups.setdefault(frozenset(found), []).append(address)
    made = []
    for group, addresses in sorted(groups.items(), key=lambda each: sorted(each[0])):
        addresses.sort(key=lambda text: (services.family(text), int(ipaddress.ip_address(text))))
        subset: MutableTree = {}
        for name, wanted in (("addresses", True), ("notReadyAddresses", False)):
            chosen = [shown[each][1] for each in addresses if shown[each][0] is wanted]
            if chosen:
                subset[name] = chosen
        if group:
            subset["ports"] = [_port(each) for each in sorted(group)]
        made.append(subset)
    return made


def _address(service: Tree, pod: Tree, address: str) -> MutableTree:
    meta = pod["metadata"]
    made: MutableTree = {"ip": address}
    name = services.hostname(service, pod)
    if name:
        made["hostname"] = name
    if (pod.get("spec") or {}).get("nodeName"):
        made["nodeName"] = pod["spec"]["nodeName"]
    made["targetRef"] = {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]}
    return made


def _port(port: Port) -> MutableTree:
    name, protocol, number, application = port
    made: MutableTree = {"name": name} if name else {}
    made |= {"port": number, "protocol": protocol}
    if application:
        made["appProtocol"] = application
    return made


def truncated(made: list[MutableTree]) -> tuple[list[MutableTree], bool]:
    """At most `CAPACITY` addresses, and whether any had to go."""
    total = sum(len(each.get(name) or ()) for each in made for name in ("addresses", "notReadyAddresses"))
    if total <= CAPACITY:
        return made, False
    left = CAPACITY
    kept = [dict(each) for each in made]
    for name in ("addresses", "notReadyAddresses"):
        for subset in kept:
            if subset.get(name):
                subset[name] = subset[name][:left]
                left -= len(subset[name])
                if not subset[name]:
                    del subset[name]
    return [each for each in kept if each.get("addresses") or each.get("notReadyAddresses")], True


def plan(service: Tree, pods: Sequence[Tree], current: Tree | None) -> MutableTree | None:
    """The object to write; None where the present one will do."""
    meta = service["metadata"]
    found, over = truncated(subsets(service, pods))
    wanted = dict(meta.get("labels") or {})
    wanted.pop(services.HEADLESS, None)
    if services.is_headless(service):
        wanted[services.HEADLESS] = ""
    wanted[MANAGED_BY] = "endpoint-controller"
    annotations = dict((current or {}).get("metadata", {}).get("annotations") or {})
    had = annotations.pop(OVER_CAPACITY, None)
    if over:
        annotations[OVER_CAPACITY] = "truncated"
    if (
        current is not None
        and (current.get("subsets") or []) == found
        and (current["metadata"].get("labels") or {}) == wanted
        and bool(had) == over
    ):
        return None
    annotations[services.TRIGGER] = services.last_change(service, pods)
    base = current["metadata"] if current is not None else {"name": meta["name"], "namespace": meta["namespace"]}
    made: MutableTree = {
        "kind": "Endpoints",
        "apiVersion": "v1",
        "metadata": {**base, "labels": wanted, "annotations": annotations},
    }
    if found:
        made["subsets"] = found
    return made
