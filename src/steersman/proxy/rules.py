"""The table `steersman` of one node, from the ports of all Services.  Pure.

A packet's way (addresses are looked up in maps, so the cost does not grow with the number of Services):

    prerouting, output   firewall: who may use a balancer's address (before anything is rewritten)
                         services: service-ips    (address . protocol . port)
                                   node-ports     (protocol . port), to the node's own addresses
                                   host-ports     the same, for containers' own ports
      -> external-X      for traffic from outside: masquerade, or with externalTrafficPolicy Local only to local
                         endpoints, except for pods and the node itself, who are inside anyway
      -> service-X       choose an endpoint at random, or the one that the client had before
         local-X         the same among the node's own endpoints
      -> endpoint-X-Y    mark a packet that comes back to its sender; remember the client; rewrite
    forward, input       what was not rewritten: reject or drop what has no endpoint (drop, where only local
      and output after   endpoints may serve and there are others), reject a port that a Service's address has
                         not, drop an address of the service range that no Service has (it may come yet)
    postrouting          masquerade what is marked

The mark is kube-proxy's, 0x4000, and so are the verdicts.  Rules are written for nft 1.0.6 (Debian 12).
"""

import dataclasses
import ipaddress
from collections.abc import Mapping, Sequence

from steersman.nft.objects import Chain, Hook, Map, Set, Table
from steersman.proxy.model import Endpoint, ServicePort, usable

TABLE = "steersman"
MARK = "0x4000"
DSTNAT, SRCNAT, FILTER = -100, 100, 0
BEFORE, AFTER = DSTNAT - 10, DSTNAT + 10
_BY_ADDRESS = "ipv4_addr . inet_proto . inet_service : verdict"
_BY_PORT = "inet_proto . inet_service : verdict"
_MAPS = {
    "service-ips": _BY_ADDRESS,
    "node-ports": _BY_PORT,
    "no-endpoints": _BY_ADDRESS,
    "no-endpoint-ports": _BY_PORT,
    "firewall-ips": _BY_ADDRESS,
}


@dataclasses.dataclass(frozen=True, slots=True)
class HostPort:
    """A container's port on the node's own address."""

    protocol: str
    port: int
    host_ip: str
    pod_ip: str
    pod_port: int


@dataclasses.dataclass(frozen=True, slots=True)
class NodeFacts:
    name: str
    addresses: Sequence[str]
    """On which NodePorts answer."""
    pod_cidr: str
    """Of the whole cluster: other senders are off-cluster and get masqueraded."""
    service_cidr: str
    zone: str = ""


@dataclasses.dataclass(slots=True)
class _Part:
    """What one port of one Service brings to the table."""

    facts: NodeFacts
    chains: dict[str, Chain] = dataclasses.field(default_factory=dict)
    sets: dict[str, Set] = dataclasses.field(default_factory=dict)
    elements: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    """Map, key, verdict.  A key names an address in any of the maps, and belongs to one port."""


class Maker:
    """Makes a node's table again and again, and works only on what changed.

    A part is used again for the same `ServicePort` object, so whoever keeps those (`model.Ports`) pays for the
    changed ones only.  Invariant: `_parts` are those of the last table, made with `_facts`.
    """

    def __init__(self) -> None:
        self._facts: NodeFacts | None = None
        self._parts: dict[str, tuple[ServicePort, _Part]] = {}

    def table(self, ports: Sequence[ServicePort], facts: NodeFacts, host_ports: Sequence[HostPort] = ()) -> Table:
        """The whole table."""
        known = self._parts if facts == self._facts else {}
        self._facts, self._parts = facts, {}
        for port in ports:
            held = known.get(port.id)
            part = held[1] if held is not None and held[0] is port else _service(port, facts)
            self._parts[port.id] = (port, part)
        return _join(list(self._parts.values()), facts, host_ports)


def table(ports: Sequence[ServicePort], facts: NodeFacts, host_ports: Sequence[HostPort] = ()) -> Table:
    """The whole table, from nothing."""
    return Maker().table(ports, facts, host_ports)


def _join(parts: Sequence[tuple[ServicePort, _Part]], facts: NodeFacts, host_ports: Sequence[HostPort]) -> Table:
    # Two ports may claim the same address: the first has it, in all maps.  All cluster addresses come before
    # the others, so that nobody's external address takes another Service's traffic.
    owners: dict[str, str] = {}
    for port, _ in parts:
        for ip in port.cluster_ips:
            owners.setdefault(_address(ip, port), port.id)
    chains: dict[str, Chain] = {**_frame(facts), "host-ports": Chain(_host_ports(host_ports))}
    sets: dict[str, Set] = {
        "node-addresses": Set("ipv4_addr", frozenset(facts.addresses)),
        "cluster-ips": Set("ipv4_addr", frozenset(ip for port, _ in parts for ip in port.cluster_ips)),
    }
    maps: dict[str, dict[str, str]] = {name: {} for name in _MAPS}
    for port, part in parts:
        chains.update(part.chains)
        sets.update(part.sets)
        for name, key, verdict in part.elements:
            if owners.setdefault(key, port.id) == port.id:
                maps[name][key] = verdict
    return Table(TABLE, chains=chains, sets=sets, maps={name: Map(_MAPS[name], found) for name, found in maps.items()})


def _frame(facts: NodeFacts) -> Mapping[str, Chain]:
    """What is there whatever the Services are."""
    by_address = "ip daddr . meta l4proto . th dport vmap"
    by_port = "ip daddr @node-addresses meta l4proto . th dport vmap"
    return {
        "services": Chain(
            [f"{by_address} @service-ips", f"{by_port} @node-ports", "ip daddr @node-addresses jump host-ports"]
        ),
        "firewall": Chain([f"ct state new {by_address} @firewall-ips"]),
        "refuse": Chain(
            [
                f"ct state new {by_address} @no-endpoints",
                f"ct state new {by_port} @no-endpoint-ports",
                "ct state new ip daddr @cluster-ips goto reject-new",
                f"ct state new ip daddr {facts.service_cidr} drop",
            ]
        ),
        "reject-new": Chain(["reject"]),
        "masquerade-later": Chain([f"meta mark set meta mark or {MARK}"]),
        "masquerading": Chain(
            [f"meta mark and {MARK} == 0 return", f"meta mark set meta mark xor {MARK}", "masquerade fully-random"]
        ),
        "nat-prerouting": Chain(["jump services"], Hook("nat", "prerouting", DSTNAT)),
        "nat-output": Chain(["jump services"], Hook("nat", "output", DSTNAT)),
        "nat-postrouting": Chain(["jump masquerading"], Hook("nat", "postrouting", SRCNAT)),
        "filter-prerouting": Chain(["jump firewall"], Hook("filter", "prerouting", BEFORE)),
        "filter-output": Chain(["jump firewall"], Hook("filter", "output", BEFORE)),
        "filter-input": Chain(["jump refuse"], Hook("filter", "input", FILTER)),
        "filter-forward": Chain(["jump refuse"], Hook("filter", "forward", FILTER)),
        # After the rewriting: what the node sends to a port of its own may be for an endpoint elsewhere.
        "filter-output-after": Chain(["jump refuse"], Hook("filter", "output", AFTER)),
    }


def _address(ip: str, port: ServicePort) -> str:
    return f"{ip} . {port.protocol} . {port.port}"


def _service(port: ServicePort, facts: NodeFacts) -> _Part:
    part = _Part(facts)
    everywhere = usable(port.endpoints, only_local=False, node=facts.name, zone=facts.zone)
    here = usable(port.endpoints, only_local=True) if port.internal_local or port.external_local else []
    for endpoint in sorted({*everywhere, *here}):
        _endpoint(part, port, endpoint)
    cluster, local = f"service-{port.id}", f"local-{port.id}"
    # Pods find the way back by themselves; who asks from elsewhere must be answered through this node.
    strangers = [f"ip daddr {ip} ip saddr != {facts.pod_cidr} jump masquerade-later" for ip in port.cluster_ips]
    if everywhere:
        part.chains[cluster] = Chain([*strangers, *_choose(port, everywhere)])
    if here:
        part.chains[local] = Chain([*strangers, *_choose(port, here)])
    refused = "drop" if everywhere else "goto reject-new"

    inside = (local if here else "") if port.internal_local else (cluster if everywhere else "")
    for ip in port.cluster_ips:
        place, verdict = ("service-ips", f"goto {inside}") if inside else ("no-endpoints", refused)
        part.elements.append((place, _address(ip, port), verdict))
    _outside(part, port, cluster if everywhere else "", local if here else "", refused)
    _firewall(part, port)
    return part


def _outside(part: _Part, port: ServicePort, cluster: str, local: str, refused: str) -> None:
    """Node port, external and balancer addresses.  `cluster` and `local` are chains, or nothing."""
    keys = [("service-ips", "no-endpoints", _address(ip, port)) for ip in (*port.external_ips, *port.balancer_ips)]
    if port.node_port:
        keys.append(("node-ports", "no-endpoint-ports", f"{port.protocol} . {port.node_port}"))
    name = f"external-{port.id}"
    target = local if port.external_local else cluster
    if keys and cluster:
        rules = ["jump masquerade-later"]
        if port.external_local:
            rules = [
                f"ip saddr {part.facts.pod_cidr} goto {cluster}",
                "fib saddr type local jump masquerade-later",
                f"fib saddr type local goto {cluster}",
            ]
        part.chains[name] = Chain([*rules, *([f"goto {target}"] if target else [])])
    for found, missing, key in keys:
        if cluster:
            part.elements.append((found, key, f"goto {name}"))
        if not target:
            part.elements.append((missing, key, refused))


def _firewall(part: _Part, port: ServicePort) -> None:
    if not port.source_ranges or not port.balancer_ips:
        return
    allowed = list(port.source_ranges)
    networks = [ipaddress.IPv4Network(text) for text in allowed]
    if any(ipaddress.IPv4Address(own) in network for own in part.facts.addresses for network in networks):
        # The node's own packets to a balancer's address may carry that address as their sender.
        own = [ipaddress.IPv4Address(ip) for ip in port.balancer_ips]
        allowed += [str(ip) for ip in own if not any(ip in network for network in networks)]
    name = f"firewall-{port.id}"
    part.chains[name] = Chain([f"ip saddr != {{ {' , '.join(allowed)} }} drop"])
    part.elements += [("firewall-ips", _address(ip, port), f"goto {name}") for ip in port.balancer_ips]


def _endpoint_chain(port: ServicePort, endpoint: Endpoint) -> str:
    return f"endpoint-{port.id}-{endpoint.ip}/{endpoint.port}"


def _affinity_set(port: ServicePort, endpoint: Endpoint) -> str:
    return f"affinity-{port.id}-{endpoint.ip}/{endpoint.port}"


def _endpoint(part: _Part, port: ServicePort, endpoint: Endpoint) -> None:
    rules = [f"ip saddr {endpoint.ip} jump masquerade-later"]
    if port.affinity_seconds:
        name = _affinity_set(port, endpoint)
        part.sets[name] = Set("ipv4_addr", flags=("dynamic", "timeout"), timeout=port.affinity_seconds)
        rules.append(f"update @{name} {{ ip saddr }}")
    rules.append(f"meta l4proto {port.protocol} dnat to {endpoint.ip}:{endpoint.port}")
    part.chains[_endpoint_chain(port, endpoint)] = Chain(rules)


def _choose(port: ServicePort, endpoints: Sequence[Endpoint]) -> list[str]:
    rules = []
    if port.affinity_seconds:
        rules = [f"ip saddr @{_affinity_set(port, e)} goto {_endpoint_chain(port, e)}" for e in endpoints]
    chains = [_endpoint_chain(port, endpoint) for endpoint in endpoints]
    if len(chains) == 1:
        return [*rules, f"goto {chains[0]}"]
    pairs = " , ".join(f"{index} : goto {chain}" for index, chain in enumerate(chains))
    return [*rules, f"numgen random mod {len(chains)} vmap {{ {pairs} }}"]


def _host_ports(ports: Sequence[HostPort]) -> list[str]:
    rules = []
    for port in ports:
        address = f"ip daddr {port.host_ip} " if port.host_ip not in ("", "0.0.0.0") else ""
        match = f"{address}{port.protocol} dport {port.port}"
        rules.append(f"{match} ip saddr {port.pod_ip} jump masquerade-later")
        rules.append(f"{match} dnat to {port.pod_ip}:{port.pod_port}")
    return rules
