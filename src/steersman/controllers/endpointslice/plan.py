"""A Service's slices as they should be, changing as few of those there are as possible.

Pure.  Pods are grouped by address family and by the numbers that the Service's ports have in them; each
group has its slices.  An endpoint stays in the slice that it is in; new ones fill what has room.  A Service
without endpoints keeps one empty slice a family, so that others see it is known.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api.semantics import pods as podlib
from steersman.api.semantics import services
from steersman.api.tree import MutableTree, Tree

CAPACITY = 100
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
ZONE = "topology.kubernetes.io/zone"

Ports = tuple[tuple[str, str, int, str], ...]
"""Name, protocol, number, application protocol."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    create: Sequence[Tree] = ()
    update: Sequence[Tree] = ()
    delete: Sequence[Tree] = ()

    def __repr__(self) -> str:
        def names(trees: Sequence[Tree]) -> list[str]:
            return [each["metadata"].get("name", "new") for each in trees]

        return f"Plan(create={len(self.create)}, update={names(self.update)}, delete={names(self.delete)})"


def plan(service: Tree, pods: Sequence[Tree], slices: Sequence[Tree], nodes: Mapping[str, Tree]) -> Plan:
    """`pods` are those that the Service selects, `slices` those that we made for it."""
    present = [each for each in slices if not podlib.is_deleting(each)]
    wanted: dict[tuple[str, Ports], dict[str, MutableTree]] = {}
    for family in services.families(service):
        for pod in pods:
            address = next((each for each in services.addresses(pod) if services.family(each) == family), None)
            if address is None or not services.is_candidate(pod, terminating=True):
                continue
            endpoint = _endpoint(service, pod, address, nodes)
            wanted.setdefault((family, _ports(service, pod)), {})[pod["metadata"]["uid"]] = endpoint
        if not any(key[0] == family for key in wanted):
            wanted[family, ()] = {}
    stamp = services.last_change(service, pods)
    create: list[Tree] = []
    update: list[Tree] = []
    used: set[str] = set()
    for (family, ports), endpoints in wanted.items():
        mine = [each for each in present if each.get("addressType") == family and _ports_of(each) == ports]
        if not mine:
            # An empty placeholder becomes the first real slice, and the last real one a placeholder.
            spare = [
                each
                for each in present
                if each.get("addressType") == family and each["metadata"]["name"] not in used
                and not any(key[0] == family and key[1] == _ports_of(each) for key in wanted)
            ]  # fmt: skip
            mine = spare[:1]
        filled = _fill(mine, endpoints)
        for tree, members in filled:
            made = _slice(service, family, ports, members, tree, stamp)
            if tree is None:
                create.append(made)
                continue
            used.add(tree["metadata"]["name"])
            if _differs(tree, made):
                update.append(made)
    delete = [each for each in present if each["metadata"]["name"] not in used]
    return Plan(create, update, delete)


def _fill(slices: Sequence[Tree], endpoints: Mapping[str, MutableTree]) -> list[tuple[Tree | None, list[MutableTree]]]:
    """Each slice with its members: those it had, then new ones while there is room; further slices after."""
    left = dict(endpoints)
    filled: list[tuple[Tree | None, list[MutableTree]]] = []
    for tree in slices:
        members = []
        for old in tree.get("endpoints") or ():
            new = left.pop((old.get("targetRef") or {}).get("uid") or "", None)
            if new is not None:
                members.append(new)
        filled.append((tree, members))
    for _, members in filled:
        while left and len(members) < CAPACITY:
            members.append(left.pop(next(iter(left))))
    while left:
        members = []
        while left and len(members) < CAPACITY:
            members.append(left.pop(next(iter(left))))
        filled.append((None, members))
    kept = [pair for pair in filled if pair[1]]
    if kept:
        return kept
    return filled[:1] or [(None, [])]


def _endpoint(service: Tree, pod: Tree, address: str, nodes: Mapping[str, Tree]) -> MutableTree:
    meta = pod["metadata"]
    serving, terminating = podlib.is_ready(pod), podlib.is_deleting(pod)
    ready = bool((service.get("spec") or {}).get("publishNotReadyAddresses")) or (serving and not terminating)
    made: MutableTree = {
        "addresses": [address],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "targetRef": {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
    }
    node = (pod.get("spec") or {}).get("nodeName")
    if node:
        made["nodeName"] = node
        zone = ((nodes.get(node) or {}).get("metadata", {}).get("labels") or {}).get(ZONE)
        if zone:
            made["zone"] = zone
    name = services.hostname(service, pod)
    if name:
        made["hostname"] = name
    return made


def _ports(service: Tree, pod: Tree) -> Ports:
    """The Service's ports as this pod has them; one whose name the pod does not know is left out."""
    found = []
    for port in (service.get("spec") or {}).get("ports") or ():
        number = services.target_port(port, pod)
        if number is not None:
            protocol = port.get("protocol") or "TCP"
            found.append((port.get("name") or "", protocol, number, port.get("appProtocol") or ""))
    return tuple(sorted(found))


def _ports_of(tree: Tree) -> Ports:
    found = []
    for each in tree.get("ports") or ():
        protocol = each.get("protocol") or "TCP"
        found.append((each.get("name") or "", protocol, each.get("port") or 0, each.get("appProtocol") or ""))
    return tuple(sorted(found))


def _labels(service: Tree) -> dict[str, str]:
    made = {
        key: value
        for key, value in (service["metadata"].get("labels") or {}).items()
        if key not in (SERVICE_NAME, MANAGED_BY, services.HEADLESS)
    }
    if services.is_headless(service):
        made[services.HEADLESS] = ""
    made[SERVICE_NAME] = service["metadata"]["name"]
    made[MANAGED_BY] = MANAGER
    return made


def _slice(
    service: Tree, family: str, ports: Ports, members: Sequence[Tree], old: Tree | None, stamp: str
) -> MutableTree:
    meta = service["metadata"]
    shown: list[dict[str, Any]] = []
    for name, protocol, number, application in ports:
        port: dict[str, Any] = {"name": name, "protocol": protocol, "port": number}
        if application:
            port["appProtocol"] = application
        shown.append(port)
    metadata: MutableTree = (
        dict(old["metadata"])
        if old is not None
        else {
            "generateName": meta["name"] + "-",
            "namespace": meta["namespace"],
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Service",
                    "name": meta["name"],
                    "uid": meta["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        }
    )
    metadata["labels"] = _labels(service)
    metadata["annotations"] = {**(metadata.get("annotations") or {}), services.TRIGGER: stamp}
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": metadata,
        "addressType": family,
        "endpoints": list(members),
        "ports": shown,
    }


def _differs(old: Tree, new: Tree) -> bool:
    return (
        (old.get("endpoints") or []) != new["endpoints"]
        or _ports_of(old) != _ports_of(new)
        or (old["metadata"].get("labels") or {}) != new["metadata"]["labels"]
    )
