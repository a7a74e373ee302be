"""Services: what a type ignores, and values that have a better name now."""

from steersman.api.field import Path
from steersman.api.tree import Tree
from steersman.api.warnings import addresses

_HINTS, _MODE = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"


def service(new: Tree, old: Tree | None) -> list[str]:
    warnings = []
    spec = new.get("spec") or {}
    external = spec.get("type") == "ExternalName"
    if _HINTS in (new["metadata"].get("annotations") or ()):
        warnings.append(f"annotation {_HINTS} is deprecated, please use {_MODE} instead")
    if spec.get("type", "ClusterIP") == "ClusterIP" and spec.get("clusterIP") == "None":
        if spec.get("loadBalancerIP"):
            warnings.append("spec.loadBalancerIP is ignored for headless services")
        if spec.get("externalIPs"):
            warnings.append("spec.externalIPs is ignored for headless services")
        if spec.get("sessionAffinity", "None") != "None":
            warnings.append("spec.SessionAffinity is ignored for headless services")
    path = Path("spec")
    if spec.get("clusterIP") not in (None, "None"):
        for index, text in enumerate(spec.get("clusterIPs") or ()):
            warnings += addresses.ip(text, path.child("clusterIPs").index(index))
    if spec.get("loadBalancerIP"):
        warnings += addresses.ip(spec["loadBalancerIP"], path.child("loadBalancerIP"))
    for index, text in enumerate(spec.get("externalIPs") or ()):
        warnings += addresses.ip(text, path.child("externalIPs").index(index))
    if external and spec.get("externalIPs"):
        warnings.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if not external and spec.get("externalName"):
        warnings.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.get("trafficDistribution") == "PreferClose":
        warnings.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return warnings
