"""IPAddress objects of Services: who holds which cluster address, for everybody to see.

They mirror the Services.  `follow` keeps them in step with one Service, `repaired` makes those that a Service
lacks.  An object that stands for somebody else's holding is never touched.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any

from steersman.api.tree import Tree, at
from steersman.apiserver.registry import own, reader
from steersman.apiserver.registry.surroundings import Surroundings
from steersman.store import protocol

PREFIX = "ipaddresses.networking.k8s.io"
RANGES = "servicecidrs.networking.k8s.io"
FAMILY, MANAGED_BY = "ipaddress.kubernetes.io/ip-family", "ipaddress.kubernetes.io/managed-by"
ALLOCATOR = "ipallocator.k8s.io"


async def follow(services: Surroundings, service: Tree, added: Iterable[str], removed: Iterable[str], now: str) -> None:
    """Make the objects of addresses that a Service got, and remove those of addresses that it gave back."""
    parent = _parent(service)
    for address in added:
        try:
            await own.make(services, PREFIX, "kube-apiserver", _object(address, parent), now)
        except protocol.Mismatch:
            continue  # somebody made it first; the Service is what counts
    registry = services.registry_of(PREFIX)
    for address in removed:
        entry = registry.entry("", address)
        if entry is None:
            continue
        tree = registry.tree(entry.value)
        if at(tree, "spec", "parentRef") != parent:
            continue
        head, tail = registry.packed(tree)
        try:
            await services.store.delete(entry.key, head, tail, expect=entry.revision, author=own.AUTHOR)
        except protocol.Mismatch:
            continue


async def repaired(services: Surroundings, now: str) -> None:
    """Make what Services lack, as after an end between two writes."""
    for service in services.reader.list("services"):
        spec = service.get("spec") or {}
        for address in spec.get("clusterIPs") or ():
            if address != "None" and services.reader.get(PREFIX, "", address) is None:
                await follow(services, service, [address], (), now)


def name_rule(name: str) -> list[str]:
    """An IPAddress is called what it is."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    return [] if str(address) == name else [f'must be in canonical form ("{address}")']


def ready_ranges(source: reader.Reader) -> list[str]:
    """The IPv4 ranges of ServiceCIDRs that are ready and not being removed."""
    found = []
    for tree in source.list(RANGES):
        conditions = at(tree, "status", "conditions", default=None) or ()
        ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
        if ready and not tree["metadata"].get("deletionTimestamp"):
            found += [cidr for cidr in at(tree, "spec", "cidrs", default=None) or () if ":" not in cidr]
    return found


def _parent(service: Tree) -> dict[str, Any]:
    metadata = service["metadata"]
    return {"resource": "services", "namespace": metadata["namespace"], "name": metadata["name"]}


def _object(address: str, parent: Tree) -> dict[str, Any]:
    labels = {FAMILY: f"IPv{ipaddress.ip_address(address).version}", MANAGED_BY: ALLOCATOR}
    return {"metadata": {"name": address, "labels": labels}, "spec": {"parentRef": parent}}
