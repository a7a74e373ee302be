"""Services."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import addresses, internal, selectors
from steersman.api.validation.errors import Errors

TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
POLICIES = ("Cluster", "Local")
AFFINITIES = ("ClientIP", "None")
FAMILIES = ("IPv4", "IPv6")
FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
DISTRIBUTIONS = ("PreferClose", "PreferSameNode", "PreferSameZone")
AFFINITY_MOST = 86400
_HINTS = "service.kubernetes.io/topology-aware-hints"
_MODE = "service.kubernetes.io/topology-mode"
_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_ONLY_BALANCER = "may only be used when `type` is 'LoadBalancer'"
_NOT_EXTERNAL_NAME = "may not be set for ExternalName services"
_PORT = (
    ("Name", "name", ""), ("Protocol", "protocol", ""), ("AppProtocol", "appProtocol", None), ("Port", "port", 0),
    ("TargetPort", "targetPort", 0), ("NodePort", "nodePort", 0),
)  # fmt: skip


def create(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    get, kind = spec.get, spec.get("type") or ""
    notes = (tree.get("metadata") or {}).get("annotations") or {}
    ports, headless = get("ports") or (), is_headless(spec)
    if _MODE in notes and _HINTS in notes and notes[_MODE] != notes[_HINTS]:
        why = f"must match annotations[{_HINTS}] when both are specified"
        e.invalid(f"metadata.annotations[{_MODE}]", notes[_MODE], why)
    if not ports and not headless and kind != "ExternalName":
        e.required("spec.ports")
    if headless and kind in ("LoadBalancer", "NodePort"):
        e.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        _external_name(spec, e)
    _ports(ports, e)
    selectors.labels(get("selector"), "spec.selector", e)
    _affinity(spec, e)
    if kind != "ExternalName":
        _cluster_ips(spec, headless, e)
    for index, text in enumerate(get("externalIPs") or ()):
        if addresses.ip(text, f"spec.externalIPs[{index}]", e):
            addresses.not_special(text, f"spec.externalIPs[{index}]", e)
    e.required_one_of("spec.type", kind, TYPES)
    _port_pairs(ports, kind, e)
    _source_ranges(spec, notes, kind, e)
    if get("allocateLoadBalancerNodePorts") is not None and kind != "LoadBalancer":
        e.forbidden("spec.allocateLoadBalancerNodePorts", _ONLY_BALANCER)
    if kind == "LoadBalancer" and get("allocateLoadBalancerNodePorts") is None:
        e.required("allocateLoadBalancerNodePorts")
    _balancer_class(spec, kind, e)
    _traffic(spec, kind, e)


def is_headless(spec: Tree) -> bool:
    return spec.get("clusterIPs") == ["None"]


def _external_name(spec: Tree, e: Errors) -> None:
    for name in ("clusterIPs", "ipFamilies"):
        if spec.get(name):
            e.forbidden(f"spec.{name}", _NOT_EXTERNAL_NAME)
    if spec.get("ipFamilyPolicy") is not None:
        e.forbidden("spec.ipFamilyPolicy", _NOT_EXTERNAL_NAME)
    name = (spec.get("externalName") or "").removesuffix(".")
    if name:
        e.named("spec.externalName", name, names.dns1123_subdomain)
    else:
        e.required("spec.externalName")


def _ports(ports: Any, e: Errors) -> None:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        at, name = f"spec.ports[{index}]", port.get("name") or ""
        if not name:
            if len(ports) > 1:
                e.required(f"{at}.name")
        else:
            e.named(f"{at}.name", name, names.dns1123_label)
            if name in seen:
                e.duplicate(f"{at}.name", name)
            seen.add(name)
        addresses.port(port.get("port") or 0, f"{at}.port", e)
        e.required_one_of(f"{at}.protocol", port.get("protocol"), addresses.PROTOCOLS)
        addresses.port_or_name(port.get("targetPort"), f"{at}.targetPort", e)
        if port.get("appProtocol") is not None:
            e.named(f"{at}.appProtocol", port["appProtocol"], names.qualified_name)


def _affinity(spec: Tree, e: Errors) -> None:
    kind, config = spec.get("sessionAffinity") or "", spec.get("sessionAffinityConfig")
    e.required_one_of("spec.sessionAffinity", kind, AFFINITIES)
    if kind == "ClientIP":
        why = "when session affinity type is ClientIP"
        if config is None:
            e.required("spec.sessionAffinityConfig", why)
        elif config.get("clientIP") is None:
            e.required("spec.sessionAffinityConfig.clientIP", why)
        elif config["clientIP"].get("timeoutSeconds") is None:
            e.required("spec.sessionAffinityConfig.clientIP.timeoutSeconds", why)
        elif not 0 < config["clientIP"]["timeoutSeconds"] <= AFFINITY_MOST:
            at, seconds = "spec.sessionAffinityConfig.clientIP.timeoutSeconds", config["clientIP"]["timeoutSeconds"]
            e.invalid(at, seconds, f"must be greater than 0 and less than {AFFINITY_MOST}")
    elif kind == "None" and config is not None:
        e.forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None")


def _cluster_ips(spec: Any, headless: bool, e: Errors) -> None:
    at, one, many = "spec.clusterIPs", spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    families = spec.get("ipFamilies") or []
    if one:
        if not many:
            e.required(at)
        elif many[0] != one:
            e.invalid(at, many, "first value must match `clusterIP`")
    elif many:
        e.invalid(at, many, "must be empty when `clusterIP` is not specified")
    for index, family in enumerate(families):
        e.one_of(f"spec.ipFamilies[{index}]", family, FAMILIES)
        if family in families[:index]:
            e.duplicate(f"spec.ipFamilies[{index}]", family)
    if spec.get("ipFamilyPolicy") is not None:
        e.one_of("spec.ipFamilyPolicy", spec["ipFamilyPolicy"], FAMILY_POLICIES)
    sound = True
    for index, text in enumerate(many):
        if index == 0 and text == "None":
            if len(many) > 1:
                sound = False
                e.invalid(at, many, "'None' must be the first and only value")
        elif not addresses.ip(text, f"{at}[{index}]", e):
            sound = False
    if len(many) > 2:
        e.invalid(at, many, "may only hold up to 2 values")
    if not sound:
        return
    if len(many) > 1 and len({addresses.is_v6(text) for text in many}) == 1:
        e.invalid(at, many, "may specify no more than one IP for each IP family")
    if not headless:
        for index, (text, family) in enumerate(zip(many, families, strict=False)):
            if family in FAMILIES and addresses.is_v6(text) != (family == "IPv6"):
                why = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
                e.invalid(f"{at}[{index}]", text, why)


def _port_pairs(ports: Any, kind: str, e: Errors) -> None:
    if kind == "ClusterIP":
        for index, port in enumerate(ports):
            if port.get("nodePort"):
                e.forbidden(f"spec.ports[{index}].nodePort", "may not be used when `type` is 'ClusterIP'")
    taken: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        number = port.get("nodePort")
        if number:
            key = (port.get("protocol") or "", number)
            if key in taken:
                e.duplicate(f"spec.ports[{index}].nodePort", number)
            taken.add(key)
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        key = (port.get("protocol") or "", port.get("port") or 0)
        if key in seen:
            e.duplicate(f"spec.ports[{index}]", internal.render({"protocol": key[0], "port": key[1]}, _PORT))
        seen.add(key)


def _source_ranges(spec: Tree, notes: Any, kind: str, e: Errors) -> None:
    ranges = spec.get("loadBalancerSourceRanges")
    if ranges:
        if kind != "LoadBalancer":
            e.forbidden("spec.LoadBalancerSourceRanges", _ONLY_BALANCER)
        for index, text in enumerate(ranges):
            addresses.cidr(text.strip(), f"spec.LoadBalancerSourceRanges[{index}]", e)
    elif _SOURCE_RANGES in notes:
        at = f"metadata.annotations[{_SOURCE_RANGES}]"
        if kind != "LoadBalancer":
            e.forbidden(at, _ONLY_BALANCER)
        if notes[_SOURCE_RANGES].strip():
            for text in notes[_SOURCE_RANGES].strip().split(","):
                addresses.cidr(text.strip(), at, e)


def _balancer_class(spec: Tree, kind: str, e: Errors) -> None:
    given = spec.get("loadBalancerClass")
    if given is not None:
        if kind == "LoadBalancer":
            e.named("spec.loadBalancerClass", given, names.qualified_name)
        else:
            e.forbidden("spec.loadBalancerClass", _ONLY_BALANCER)


def _traffic(spec: Tree, kind: str, e: Errors) -> None:
    external, health = spec.get("externalTrafficPolicy") or "", spec.get("healthCheckNodePort") or 0
    if kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs")):
        e.required_one_of("spec.externalTrafficPolicy", external, POLICIES)
    elif external:
        e.invalid("spec.externalTrafficPolicy", external, "may only be set for externally-accessible services")
    if kind == "LoadBalancer" and external == "Local":
        if not health:
            e.required("spec.healthCheckNodePort")
        else:
            addresses.port(health, "spec.healthCheckNodePort", e)
    elif health:
        why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        e.invalid("spec.healthCheckNodePort", health, why)
    inside = spec.get("internalTrafficPolicy")
    if inside is None:
        if kind in ("NodePort", "LoadBalancer", "ClusterIP"):
            e.required("spec.internalTrafficPolicy")
    else:
        e.one_of("spec.internalTrafficPolicy", inside, POLICIES)
    if spec.get("trafficDistribution") is not None:
        e.one_of("spec.trafficDistribution", spec["trafficDistribution"], DISTRIBUTIONS)


def update(new: Tree, old: Tree, e: Errors) -> None:
    spec: Any = new.get("spec") or {}
    before: Any = old.get("spec") or {}
    if spec.get("type") != "ExternalName":
        before_found = len(e)
        _cluster_ips(spec, is_headless(spec), e)
        if len(e) > before_found:
            return  # allocation has refused already
    if spec.get("type") in TYPES and "ExternalName" not in (spec.get("type"), before.get("type")):
        was, is_ = is_headless(before), is_headless(spec)
        if not (was and is_):
            _addresses_kept(spec, before, e)
        if not was and not is_:
            _families_kept(spec, before, e)
    after, known = spec.get("loadBalancerClass"), before.get("loadBalancerClass")
    if spec.get("type") == before.get("type") == "LoadBalancer" and after != known:
        e.invalid("spec.loadBalancerClass", after, "may not change once set")
    _balancer_class(spec, spec.get("type") or "", e)
    kept = spec.get("healthCheckNodePort") == before.get("healthCheckNodePort")
    if _needs_health(before) and _needs_health(spec) and not kept:
        e.forbidden("spec.healthCheckNodePort", "field is immutable")
    create(new, e)


def _needs_health(spec: Tree) -> bool:
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def _addresses_kept(spec: Any, before: Any, e: Errors) -> None:
    after, old = spec.get("clusterIPs") or [], before.get("clusterIPs") or []
    at = "spec.clusterIPs"
    if len(old) == len(after):
        for index, text in enumerate(old):
            if text != after[index]:
                e.invalid(f"{at}[{index}]", after, "may not change once set")
        return
    if len(old) > len(after) and not after:
        e.invalid(f"{at}[0]", spec.get("clusterIPs"), "primary clusterIP can not be unset")
    if old and after and old[0] != after[0]:
        e.invalid(f"{at}[0]", after, "may not change once set")
    if len(old) > len(after) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        why = "must be set to 'SingleStack' when releasing the secondary clusterIP"
        e.invalid("spec.ipFamilyPolicy", spec.get("ipFamilyPolicy"), why)


def _families_kept(spec: Any, before: Any, e: Errors) -> None:
    after, old = spec.get("ipFamilies") or [], before.get("ipFamilies") or []
    at = "spec.ipFamilies[0]"
    if len(old) == len(after):
        for index, family in enumerate(old):
            if family != after[index]:
                e.invalid(at, after, "may not change once set")
        return
    if len(old) > len(after) and not spec.get("clusterIPs"):
        e.invalid(at, spec.get("ipFamilies"), "primary ipFamily can not be unset")
    if old and after and old[0] != after[0]:
        e.invalid(at, spec.get("clusterIPs"), "may not change once set")
    if len(old) > len(after) == 1 and spec.get("ipFamilyPolicy") != "SingleStack":
        why = "must be set to 'SingleStack' when releasing the secondary ipFamily"
        e.invalid("spec.ipFamilyPolicy", spec.get("ipFamilyPolicy"), why)
