"""Ingresses, IngressClasses, NetworkPolicies, ServiceCIDRs and IPAddresses."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import addresses, domains, internal, selectors
from steersman.api.validation.errors import Errors

_CLASS = "kubernetes.io/ingress.class"
PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_PARTS = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDS = ("/..", "/.")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_POLICY_TYPES = ("Ingress", "Egress")
_ONE_FAMILY = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
_CONTROLLER_LENGTH = 250
_PARENT = (("Group", "group", ""), ("Resource", "resource", ""), ("Namespace", "namespace", ""), ("Name", "name", ""))


def segment(value: str | None, at: str, e: Errors) -> None:
    """A name that must be there and fit into a URL."""
    if not value:
        e.required(at)
    else:
        e.named(at, value, names.path_segment)


def ingress(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    _ingress_spec(spec, e)
    notes, given = (tree.get("metadata") or {}).get("annotations") or {}, spec.get("ingressClassName")
    if _CLASS in notes and given is not None and notes[_CLASS] != given:
        why = "must match `ingressClassName` when both are specified"
        e.invalid(f"metadata.annotations.{_CLASS}", notes[_CLASS], why)


def ingress_update(new: Tree, old: Tree, e: Errors) -> None:
    _ingress_spec(new.get("spec") or {}, e)


def _ingress_spec(spec: Any, e: Errors) -> None:
    rules, backend = spec.get("rules") or (), spec.get("defaultBackend")
    if not rules and backend is None:
        e.invalid("spec", spec.get("rules"), "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        _backend(backend, "spec.defaultBackend", e)
    for index, rule in enumerate(rules):
        _ingress_rule(rule, f"spec.rules[{index}]", e)
    for index, tls in enumerate(spec.get("tls") or ()):
        for place, host in enumerate(tls.get("hosts") or ()):
            rule = names.wildcard_dns1123_subdomain if "*" in host else names.dns1123_subdomain
            e.named(f"spec.tls[{index}].hosts[{place}]", host, rule)
        if tls.get("secretName"):
            e.named(f"spec.tls[{index}].secretName", tls["secretName"], names.dns1123_subdomain)
    if spec.get("ingressClassName") is not None:
        e.named("spec.ingressClassName", spec["ingressClassName"], names.dns1123_subdomain)


def _ingress_rule(rule: Any, at: str, e: Errors) -> None:
    host = rule.get("host") or ""
    if host:
        if addresses.parse(host) is not None:
            e.invalid(f"{at}.host", host, "must be a DNS name, not an IP address")
        e.named(f"{at}.host", host, names.wildcard_dns1123_subdomain if "*" in host else names.dns1123_subdomain)
    http = rule.get("http")
    if http is not None:
        if not http.get("paths"):
            e.required(f"{at}.http.paths")
        for index, path in enumerate(http.get("paths") or ()):
            _path(path, f"{at}.http.paths[{index}]", e)


def _path(tree: Any, at: str, e: Errors) -> None:
    kind, path = tree.get("pathType"), tree.get("path") or ""
    if kind is None:
        e.required(f"{at}.pathType", "pathType must be specified")
        return
    if kind in ("Exact", "Prefix"):
        if not path.startswith("/"):
            e.invalid(f"{at}.path", path, "must be an absolute path")
        for part in _BAD_PARTS:
            if part in path:
                e.invalid(f"{at}.path", path, f"must not contain '{part}'")
        for end in _BAD_ENDS:
            if path.endswith(end):
                e.invalid(f"{at}.path", path, f"cannot end with '{end}'")
    elif kind == "ImplementationSpecific":
        if path and not path.startswith("/"):
            e.invalid(f"{at}.path", path, "must be an absolute path")
    else:
        e.unsupported(f"{at}.pathType", kind, PATH_TYPES)
    _backend(tree.get("backend") or {}, f"{at}.backend", e)


def _backend(tree: Any, at: str, e: Errors) -> None:
    resource, service = tree.get("resource"), tree.get("service")
    if resource is not None and service is not None:
        e.invalid(at, "", "cannot set both resource and service backends")
    elif resource is not None:
        if resource.get("apiGroup") is not None:
            e.named(f"{at}.resource.apiGroup", resource["apiGroup"], names.dns1123_subdomain)
        segment(resource.get("kind"), f"{at}.resource.kind", e)
        segment(resource.get("name"), f"{at}.resource.name", e)
    elif service is None:
        e.invalid(at, "", "resource or service backend is required")
    else:
        _service(service, at, e)


def _service(service: Any, at: str, e: Errors) -> None:
    if not service.get("name"):
        e.required(f"{at}.service.name")
    else:
        e.named(f"{at}.service.name", service["name"], names.dns1123_label)
    port = service.get("port") or {}
    name, number = port.get("name") or "", port.get("number") or 0
    if name and number:
        e.invalid(at, "", "cannot set both port name & port number")
    elif name:
        e.named(f"{at}.service.port.name", name, names.port_name)
    elif number:
        addresses.port(number, f"{at}.service.port.number", e)
    else:
        e.required(at, "port name or number is required")


def ingress_class(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    controller, parameters = spec.get("controller") or "", spec.get("parameters")
    if len(controller) > _CONTROLLER_LENGTH:
        e.too_long("spec.controller", _CONTROLLER_LENGTH)
    domains.prefixed_path(controller, "spec.controller", e)
    if parameters is not None:
        _parameters(parameters, "spec.parameters", e)


def _parameters(tree: Any, at: str, e: Errors) -> None:
    scope, namespace = tree.get("scope"), tree.get("namespace")
    if tree.get("apiGroup") is not None:
        e.named(f"{at}.apiGroup", tree["apiGroup"], names.dns1123_subdomain)
    segment(tree.get("kind"), f"{at}.kind", e)
    segment(tree.get("name"), f"{at}.name", e)
    if scope is None:
        e.required(f"{at}.scope")
    elif scope == "Namespace":
        if namespace is None:
            e.required(f"{at}.namespace", "`parameters.scope` is set to 'Namespace'")
        else:
            e.named(f"{at}.namespace", namespace, names.dns1123_label)
    elif scope == "Cluster":
        if namespace is not None:
            e.forbidden(f"{at}.namespace", "`parameters.scope` is set to 'Cluster'")
    else:
        e.unsupported(f"{at}.scope", scope, ("Cluster", "Namespace"))


def ingress_class_update(new: Tree, old: Tree, e: Errors) -> None:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    e.immutable("spec.controller", after.get("controller") or "", before.get("controller") or "")
    ingress_class(new, e)


def network_policy(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    selectors.selector(spec.get("podSelector"), "spec.podSelector", e)
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or ()):
            at = f"spec.{direction}[{index}]"
            for place, port in enumerate(rule.get("ports") or ()):
                _policy_port(port, f"{at}.ports[{place}]", e)
            for place, peer in enumerate(rule.get(peers) or ()):
                _peer(peer, f"{at}.{peers}[{place}]", e)
    types = spec.get("policyTypes") or []
    if len(types) > len(_POLICY_TYPES):
        e.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, kind in enumerate(types):
        e.one_of(f"spec.policyTypes[{index}]", kind, _POLICY_TYPES)


def network_policy_update(new: Tree, old: Tree, e: Errors) -> None:
    network_policy(new, e)


def _policy_port(tree: Any, at: str, e: Errors) -> None:
    port, end = tree.get("port"), tree.get("endPort")
    if tree.get("protocol") is not None:
        e.one_of(f"{at}.protocol", tree["protocol"], _PROTOCOLS)
    if port is None:
        if end is not None:
            e.invalid(f"{at}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(port, int):
        addresses.port(port, f"{at}.port", e)
        if end is not None:
            if end < port:
                e.invalid(f"{at}.endPort", port, "must be greater than or equal to `port`")
            addresses.port(end, f"{at}.endPort", e)
    else:
        if end is not None:
            e.invalid(f"{at}.endPort", end, "may not be specified when `port` is non-numeric")
        e.named(f"{at}.port", port, names.port_name)


def _peer(peer: Any, at: str, e: Errors) -> None:
    found = 0
    for name in ("podSelector", "namespaceSelector"):
        if peer.get(name) is not None:
            found += 1
            selectors.selector(peer[name], f"{at}.{name}", e)
    block = peer.get("ipBlock")
    if block is not None:
        found += 1
        _block(block, f"{at}.ipBlock", e)
    if not found:
        e.required(at, "must specify a peer")
    elif found > 1 and block is not None:
        e.forbidden(at, "may not specify both ipBlock and another peer")


def _block(block: Any, at: str, e: Errors) -> None:
    text = block.get("cidr") or ""
    if not text:
        e.required(f"{at}.cidr")
        return
    if not addresses.cidr(text, f"{at}.cidr", e):
        return
    whole = addresses.parse_network(text)
    for index, excepted in enumerate(block.get("except") or ()):
        place = f"{at}.except[{index}]"
        if not addresses.cidr(excepted, place, e):
            continue
        part = addresses.parse_network(excepted)
        assert whole is not None
        assert part is not None
        if part.version != whole.version or part == whole or not part.subnet_of(whole):  # type: ignore[arg-type]
            e.invalid(place, excepted, "must be a strict subset of `cidr`")


def service_cidr(tree: Tree, e: Errors) -> None:
    cidrs = (tree.get("spec") or {}).get("cidrs") or []
    if not cidrs:
        e.required("spec.cidrs", "at least one CIDR required")
        return
    shown = {"CIDRs": cidrs}  # the spec as the reference's own type has it
    if len(cidrs) > 2:
        e.invalid("spec.cidrs", shown, "may only hold up to 2 values")
        return
    networks = [addresses.parse_network(text) for text in cidrs]
    if len(cidrs) == 2 and {each.version for each in networks if each is not None} != {4, 6}:
        e.invalid("spec.cidrs", shown, _ONE_FAMILY)
        return
    for index, text in enumerate(cidrs):
        addresses.cidr(text, f"spec.cidrs[{index}]", e)


def service_cidr_update(new: Tree, old: Tree, e: Errors) -> None:
    after: Any = (new.get("spec") or {}).get("cidrs")
    before: Any = (old.get("spec") or {}).get("cidrs")
    if len(before or ()) == 1 and len(after or ()) == 2:
        if len({addresses.is_v6(text) for text in after}) == 1:
            e.invalid("spec.cidrs", after, _ONE_FAMILY)
        e.immutable("spec.cidrs[0]", after[0], before[0])
    elif len(after or ()) != len(before or ()):
        e.immutable("spec.cidrs", after, before)
    else:
        for index, (text, other) in enumerate(zip(after or (), before or (), strict=True)):
            e.immutable(f"spec.cidrs[{index}]", text, other)


def ip_name(value: str) -> list[str]:
    """The name of an IPAddress is the address itself, in canonical form."""
    found = addresses.parse(value)
    if found is None:
        return [addresses.IP_TEXT]
    return [] if str(found) == value else [f'must be in canonical form ("{found}")']


def ip_address(tree: Tree, e: Errors) -> None:
    parent = (tree.get("spec") or {}).get("parentRef")
    if parent is None:
        e.required("spec.parentRef")
        return
    at = "spec.parentRef"
    if parent.get("group"):
        e.named(f"{at}.group", parent["group"], names.dns1123_subdomain)
    segment(parent.get("resource"), f"{at}.resource", e)
    segment(parent.get("name"), f"{at}.name", e)
    if parent.get("namespace"):
        e.named(f"{at}.namespace", parent["namespace"], names.path_segment)


def ip_address_update(new: Tree, old: Tree, e: Errors) -> None:
    after, before = (new.get("spec") or {}).get("parentRef"), (old.get("spec") or {}).get("parentRef")
    ip_address(new, e)
    if after != before:
        e.raw("spec.parentRef", internal.shown(after, _PARENT), "field is immutable")
