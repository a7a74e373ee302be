"""What the rules need of Services and EndpointSlices: a few fields as values.  Pure."""

import dataclasses
import functools
import hashlib
import ipaddress
from collections.abc import Iterable, Sequence

from steersman.api.tree import Tree, at


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    ip: str
    port: int
    local: bool
    """On this node."""
    ready: bool
    serving: bool
    terminating: bool
    node_hints: tuple[str, ...] = ()
    """The nodes and zones that should prefer it; see `usable`."""
    zone_hints: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.ip}:{self.port}"


@dataclasses.dataclass(frozen=True)
class ServicePort:
    """One port of one Service, with the endpoints behind it."""

    namespace: str
    name: str
    port_name: str
    protocol: str
    """tcp, udp or sctp."""
    port: int
    node_port: int
    cluster_ips: Sequence[str]
    external_ips: Sequence[str]
    balancer_ips: Sequence[str]
    affinity_seconds: int
    """0: any endpoint for each connection."""
    internal_local: bool
    external_local: bool
    endpoints: Sequence[Endpoint]
    source_ranges: Sequence[str] = ()
    """Who may use the balancer's addresses; empty: everybody."""

    @functools.cached_property
    def id(self) -> str:
        """Part of a chain's name: short, unique, and readable."""
        full = f"{self.namespace}/{self.name}/{self.protocol}/{self.port_name}"
        digest = hashlib.sha256(full.encode()).hexdigest()[:8].upper()
        return f"{digest}-{full}"[:120].rstrip("/")


class Ports:
    """The ports of all Services, computed again and again; those whose trees are the same objects stay the same
    objects themselves.

    Trees are never changed, so the same object says the same thing.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Tree, Sequence[Tree], Sequence[ServicePort]]] = {}

    def compute(self, services: Iterable[Tree], slices: Iterable[Tree], node: str) -> list[ServicePort]:
        """Of all Services with an address, in a stable order.  Always for the same node."""
        by_service: dict[str, list[Tree]] = {}
        for piece in slices:
            owner = at(piece, "metadata", "labels", "kubernetes.io/service-name", default="")
            if owner and piece.get("addressType", "IPv4") == "IPv4":
                by_service.setdefault(f"{piece['metadata']['namespace']}/{owner}", []).append(piece)
        known, self._known = self._known, {}
        found: list[ServicePort] = []
        for service in services:
            key = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
            pieces = by_service.get(key, [])
            held = known.get(key)
            if held is None or held[0] is not service or not _same(held[1], pieces):
                held = (service, pieces, _of_service(service, pieces, node))
            self._known[key] = held
            found += held[2]
        return sorted(found, key=lambda p: (p.namespace, p.name, p.port_name, p.protocol))


def service_ports(services: Iterable[Tree], slices: Iterable[Tree], node: str) -> list[ServicePort]:
    """The ports of all Services with an address, in a stable order."""
    return Ports().compute(services, slices, node)


def _same(before: Sequence[Tree], after: Sequence[Tree]) -> bool:
    return len(before) == len(after) and all(old is new for old, new in zip(before, after, strict=True))


def _of_service(service: Tree, pieces: Sequence[Tree], node: str) -> Sequence[ServicePort]:
    meta, spec = service["metadata"], service.get("spec") or {}
    ips = [ip for ip in spec.get("clusterIPs") or [spec.get("clusterIP")] if ip and ip != "None" and ":" not in ip]
    if not ips or spec.get("type") == "ExternalName":
        return ()
    if at(meta, "labels", "service.kubernetes.io/service-proxy-name", default=""):
        return ()
    balancer = at(service, "status", "loadBalancer", default={})
    return [_port(meta, spec, port, ips, pieces, node, balancer) for port in spec.get("ports") or ()]


def _port(
    meta: Tree, spec: Tree, port: Tree, ips: Sequence[str], pieces: Sequence[Tree], node: str, lb: Tree
) -> ServicePort:
    protocol = port.get("protocol") or "TCP"
    affinity = 0
    if spec.get("sessionAffinity") == "ClientIP":
        affinity = int(at(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds", default=10800))
    balancers = [entry["ip"] for entry in lb.get("ingress") or () if entry.get("ip") and entry.get("ipMode") != "Proxy"]
    return ServicePort(
        namespace=meta["namespace"],
        name=meta["name"],
        port_name=port.get("name") or "",
        protocol=protocol.lower(),
        port=int(port["port"]),
        node_port=int(port.get("nodePort") or 0),
        cluster_ips=ips,
        external_ips=[ip for ip in spec.get("externalIPs") or () if ":" not in ip],
        balancer_ips=[ip for ip in balancers if ":" not in ip and not ip.startswith("127.")],
        affinity_seconds=affinity,
        internal_local=spec.get("internalTrafficPolicy") == "Local",
        external_local=spec.get("externalTrafficPolicy") == "Local",
        endpoints=_endpoints(pieces, port.get("name") or "", protocol, node),
        source_ranges=_ranges(spec.get("loadBalancerSourceRanges") or ()),
    )


def _ranges(texts: Sequence[str]) -> Sequence[str]:
    """The IPv4 ranges, none inside another (nft refuses overlaps); empty where they leave nobody out."""
    found = []
    for text in texts:
        try:
            network = ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            continue
        if isinstance(network, ipaddress.IPv4Network):
            found.append(network)
    collapsed = [str(network) for network in ipaddress.collapse_addresses(found)]
    return [] if collapsed == ["0.0.0.0/0"] else collapsed


def _endpoints(pieces: Sequence[Tree], name: str, protocol: str, node: str) -> Sequence[Endpoint]:
    """The endpoints of one port; one that stands in two slices counts once, in its better state."""
    found: dict[str, Endpoint] = {}
    for piece in pieces:
        numbers = [
            int(p["port"])
            for p in piece.get("ports") or ()
            if (p.get("name") or "") == name and (p.get("protocol") or "TCP") == protocol and p.get("port")
        ]
        for endpoint in piece.get("endpoints") or ():
            conditions = endpoint.get("conditions") or {}
            ready = conditions.get("ready") is not False
            serving = conditions.get("serving")
            for number in numbers:
                # All addresses of an endpoint are the same pod; the first is the one to use.
                for address in (endpoint.get("addresses") or ())[:1]:
                    one = Endpoint(
                        ip=address,
                        port=number,
                        local=endpoint.get("nodeName") == node,
                        ready=ready,
                        serving=ready if serving is None else bool(serving),
                        terminating=bool(conditions.get("terminating")),
                        node_hints=_hints(endpoint, "forNodes"),
                        zone_hints=_hints(endpoint, "forZones"),
                    )
                    held = found.get(one.key)
                    if held is None or (one.ready and not held.ready):
                        found[one.key] = one
    return sorted(found.values())


def _hints(endpoint: Tree, kind: str) -> tuple[str, ...]:
    return tuple(hint["name"] for hint in at(endpoint, "hints", kind, default=None) or ())


def usable(endpoints: Sequence[Endpoint], *, only_local: bool, node: str = "", zone: str = "") -> list[Endpoint]:
    """Who gets traffic: the ready ones, and where there is none, those that still serve while they end.

    Hints narrow the ready ones to this node's or else this zone's, but only where every ready endpoint has
    a hint and one is for us: half a set of hints means that somebody is still computing them.
    """
    here = [e for e in endpoints if e.local or not only_local]
    ready = [e for e in here if e.ready]
    if not ready:
        return [e for e in here if e.serving and e.terminating]
    if only_local:
        return ready
    for name, hints in ((node, [e.node_hints for e in ready]), (zone, [e.zone_hints for e in ready])):
        if name and all(hints) and any(name in hint for hint in hints):
            return [e for e, hint in zip(ready, hints, strict=True) if name in hint]
    return ready
