"""The checks of a pod's spec, in the reference's order."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import resources, selectors
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import (
    affinity,
    claims,
    containers,
    dns,
    ports,
    scheduling,
    security,
    system,
    volumes,
    windows,
)
from steersman.api.validation.podspec.scope import Scope

RESTART_POLICIES = ("Always", "OnFailure", "Never")
PREEMPTION_POLICIES = ("PreemptLowerPriority", "Never")
_MOST = (1 << 31) - 1


def spec(tree: Tree, at: str, e: Errors, scope: Scope) -> None:
    get = tree.get
    scope.grace = get("terminationGracePeriodSeconds")
    scope.restart = get("restartPolicy") or ""
    scope.host_users = get("hostUsers") is not False
    if scope.grace is None:
        e.required(f"{at}.terminationGracePeriodSeconds")
    if get("volumes"):
        scope.volumes = volumes.volumes(tree["volumes"], f"{at}.volumes", e, scope)
    if get("resourceClaims"):
        scope.claims = frozenset(each.get("name") for each in tree["resourceClaims"] if each.get("name"))
        claims.claims(tree["resourceClaims"], f"{at}.resourceClaims", e)
    containers.containers(tree, at, e, scope)
    if get("resources") is not None:
        _resources(tree, at, e, scope)
    if get("hostNetwork"):
        ports.on_host_network(tree, at, e, pod=scope.pod)
    e.required_one_of(f"{at}.restartPolicy", scope.restart, RESTART_POLICIES)
    e.required_one_of(f"{at}.dnsPolicy", get("dnsPolicy"), dns.POLICIES)
    if get("nodeSelector"):
        selectors.labels(tree["nodeSelector"], f"{at}.nodeSelector", e)
    if get("securityContext"):
        security.pod(tree, tree["securityContext"], f"{at}.securityContext", e)
    if get("affinity"):
        affinity.affinity(tree["affinity"], f"{at}.affinity", e)
    dns.config(tree, f"{at}.dnsConfig", e)
    for index, gate in enumerate(get("readinessGates") or ()):
        e.named(f"{at}.readinessGates[{index}].conditionType", gate.get("conditionType") or "", names.qualified_name)
    if get("schedulingGates"):
        scheduling.gates(tree["schedulingGates"], f"{at}.schedulingGates", e)
    if get("topologySpreadConstraints"):
        scheduling.spread(tree["topologySpreadConstraints"], f"{at}.topologySpreadConstraints", e)
    windows.host_process(tree, at, e)
    if not scope.host_users:
        _host_users(tree, at, e)
    _names(tree, at, e)
    if get("overhead"):
        resources.requirements({"limits": tree["overhead"]}, frozenset(), f"{at}.overhead", e)
    if get("os") is not None:
        system.system(tree, at, e)


def _names(tree: Tree, at: str, e: Errors) -> None:
    get = tree.get
    if get("serviceAccountName"):
        e.named(f"{at}.serviceAccountName", tree["serviceAccountName"], names.dns1123_subdomain)
    if get("nodeName"):
        e.named(f"{at}.nodeName", tree["nodeName"], names.dns1123_subdomain)
    if get("activeDeadlineSeconds") is not None:
        e.within(f"{at}.activeDeadlineSeconds", tree["activeDeadlineSeconds"], 1, _MOST)
    if get("hostname"):
        e.named(f"{at}.hostname", tree["hostname"], names.dns1123_label)
    if get("hostnameOverride") is not None:
        _hostname_override(tree, at, e)
    if get("subdomain"):
        e.named(f"{at}.subdomain", tree["subdomain"], names.dns1123_label)
    if get("tolerations"):
        scheduling.tolerations(tree["tolerations"], f"{at}.tolerations", e)
    if get("hostAliases"):
        dns.host_aliases(tree["hostAliases"], f"{at}.hostAliases", e)
    if get("priorityClassName"):
        e.named(f"{at}.priorityClassName", tree["priorityClassName"], names.dns1123_subdomain)
    if get("runtimeClassName") is not None:
        e.named(f"{at}.runtimeClassName", tree["runtimeClassName"], names.dns1123_subdomain)
    if get("preemptionPolicy") is not None:
        e.required_one_of(f"{at}.preemptionPolicy", tree["preemptionPolicy"], PREEMPTION_POLICIES)


def _hostname_override(tree: Tree, at: str, e: Errors) -> None:
    name, place = tree["hostnameOverride"], f"{at}.hostnameOverride"
    if len(name) > 64:
        e.too_long(place, 64)
    if tree.get("hostNetwork"):
        e.forbidden(place, "may not be specified when hostNetwork is true")
    if tree.get("setHostnameAsFQDN"):
        e.forbidden(place, "may not be specified when setHostnameAsFQDN is true")
    e.named(place, name, names.dns1123_subdomain)


def _host_users(tree: Tree, at: str, e: Errors) -> None:
    why = "when `pod.Spec.HostUsers` is false"
    for field, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if tree.get(field):
            e.forbidden(f"{at}.{shown}", why)


def _resources(tree: Tree, at: str, e: Errors, scope: Scope) -> None:
    """What the pod as a whole asks must cover what its containers ask."""
    own: Any = tree["resources"]
    if own.get("claims"):
        e.forbidden(f"{at}.resources.claims", "claims cannot be set for Resources at pod-level")
    resources.requirements(own, scope.claims, f"{at}.resources", e, resources.pod_resource_name)
    claims.pod_level(tree, f"{at}.resources", e)
