"""The slices that mirror a hand-written Endpoints object.  Pure.

Mirrored are Endpoints of a Service without selector, unless they are ours already, belong to a leader
election, or carry the label that asks not to.
"""

from collections.abc import Sequence

from steersman.api.semantics import services
from steersman.api.tree import MutableTree, Tree
from steersman.controllers.endpointslice import plan as slices
from steersman.controllers.endpointslice.plan import Plan

MANAGER = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
LIMIT = 1000


def is_mirrored(endpoints: Tree | None, service: Tree | None) -> bool:
    if endpoints is None or service is None or (service.get("spec") or {}).get("selector"):
        return False
    meta = endpoints["metadata"]
    own = meta.get("labels") or {}
    return (
        own.get(SKIP) != "true"
        and "endpoints.kubernetes.io/managed-by" not in own
        and LEADER not in (meta.get("annotations") or {})
    )


def plan(endpoints: Tree, present: Sequence[Tree]) -> Plan:
    """One slice for each subset and family, compared with those that we made before."""
    create: list[Tree] = []
    update: list[Tree] = []
    left = list(present)
    for wanted in _wanted(endpoints):
        found = next(
            (each for each in left if _form(each) == _form(wanted)),
            None,
        )
        if found is None:
            create.append(wanted)
            continue
        left.remove(found)
        same = all((found.get(key) or []) == wanted[key] for key in ("endpoints", "ports"))
        if not same or (found["metadata"].get("labels") or {}) != wanted["metadata"]["labels"]:
            meta = {**found["metadata"], "labels": wanted["metadata"]["labels"]}
            update.append({**wanted, "metadata": meta})
    return Plan(create, update, left)


def _form(tree: Tree) -> object:
    return tree.get("addressType"), tree.get("ports") or []


def _wanted(endpoints: Tree) -> list[MutableTree]:
    made: list[MutableTree] = []
    for subset in endpoints.get("subsets") or ():
        ports = [
            {"name": each.get("name") or "", "protocol": each.get("protocol") or "TCP", "port": each["port"]}
            | ({"appProtocol": each["appProtocol"]} if each.get("appProtocol") else {})
            for each in subset.get("ports") or ()
        ]
        by_family: dict[str, list[MutableTree]] = {}
        for key, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(key) or ():
                entry: MutableTree = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
                for name in ("hostname", "nodeName", "targetRef"):
                    if address.get(name):
                        entry[name] = address[name]
                by_family.setdefault(services.family(address["ip"]), []).append(entry)
        for family, entries in by_family.items():
            made.append(_slice(endpoints, family, ports, entries[:LIMIT]))
    return made


def _slice(endpoints: Tree, family: str, ports: list[MutableTree], entries: list[MutableTree]) -> MutableTree:
    meta = endpoints["metadata"]
    own = {key: value for key, value in (meta.get("labels") or {}).items() if key != services.HEADLESS}
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "generateName": meta["name"] + "-",
            "namespace": meta["namespace"],
            "labels": {**own, slices.SERVICE_NAME: meta["name"], slices.MANAGED_BY: MANAGER},
            "ownerReferences": [
                {
                    "apiVersion": "v1",
                    "kind": "Endpoints",
                    "name": meta["name"],
                    "uid": meta["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "addressType": family,
        "endpoints": entries,
        "ports": ports,
    }
