"""Services: type, affinity, traffic policies and ports.  Addresses and node ports are the registry's."""

from typing import Any

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree

AFFINITY_SECONDS = 10800


def service(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    fill.unless(spec, sessionAffinity="None", type="ClusterIP")
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif spec["sessionAffinity"] == "ClientIP":
        given: Any = spec.get("sessionAffinityConfig") or {}
        if (given.get("clientIP") or {}).get("timeoutSeconds") is None:
            spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": AFFINITY_SECONDS}}
    for port in fill.items(spec, "ports"):
        fill.unless(port, protocol="TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port", 0)
    kind = spec["type"]
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs")):
        fill.unless(spec, externalTrafficPolicy="Cluster")
    if kind in ("NodePort", "LoadBalancer", "ClusterIP"):
        fill.unless(spec, internalTrafficPolicy="Cluster")
    if kind == "LoadBalancer":
        fill.unless(spec, allocateLoadBalancerNodePorts=True)
        ingress = ((tree.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        for each in ingress:
            if each.get("ip"):
                fill.unless(each, ipMode="VIP")
