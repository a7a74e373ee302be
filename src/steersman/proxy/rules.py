"""The table `steersman` of one node, from the ports of all Services.  Pure.

A packet's way (addresses are looked up in maps, so the cost does not grow with the number of Services):

    prerouting, output   services: service-ips    (address . protocol . port)
                                   node-ports     (protocol . port), to the node's own addresses
                                   host-ports     (protocol . port), the same
      -> service-X       choose an endpoint at random, or the one that the client had before
      -> endpoint-X-Y    remember the client; mark a packet that comes back to its sender; rewrite
      -> external-X      for traffic from outside: masquerade unless externalTrafficPolicy is Local
    forward, input, output   no-endpoint maps: reject (or drop, where only local endpoints may serve)
    postrouting          masquerade what is marked

The mark is kube-proxy's, 0x4000.  Rules are written for nft 1.0.6 (Debian 12).
"""

import dataclasses
from collections.abc import Mapping, Sequence

from steersman.nft.objects import Chain, Hook, Map, Set, Table
from steersman.proxy.model import Endpoint, ServicePort, usable

TABLE = "steersman"
MARK = "0x4000"
DSTNAT, SRCNAT, FILTER = -100, 100, -110
"""Priorities; the check for missing endpoints comes before the rewriting."""


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


class _Builder:
    """Collects the parts of the table."""

    def __init__(self, facts: NodeFacts) -> None:
        self.facts = facts
        self.chains: dict[str, Chain] = {}
        self.sets: dict[str, Set] = {}
        self.service_ips: dict[str, str] = {}
        self.node_ports: dict[str, str] = {}
        self.no_endpoints: dict[str, str] = {}
        self.no_endpoint_ports: dict[str, str] = {}

    def address(self, ip: str, port: ServicePort, verdict: str, target: dict[str, str]) -> None:
        # Two Services may claim the same external address and port: the first in order has it.
        target.setdefault(f"{ip} . {port.protocol} . {port.port}", verdict)


def table(ports: Sequence[ServicePort], facts: NodeFacts, host_ports: Sequence[HostPort] = ()) -> Table:
    """The whole table."""
    builder = _Builder(facts)
    for port in ports:
        _service(builder, port)
    chains = {**builder.chains, **_frame(facts), "host-ports": Chain([_host_port(p) for p in host_ports])}
    nodes = Set("ipv4_addr", frozenset(facts.addresses))
    return Table(
        TABLE,
        chains=chains,
        sets={"node-addresses": nodes, **builder.sets},
        maps={
            "service-ips": Map("ipv4_addr . inet_proto . inet_service : verdict", builder.service_ips),
            "node-ports": Map("inet_proto . inet_service : verdict", builder.node_ports),
            "no-endpoints": Map("ipv4_addr . inet_proto . inet_service : verdict", builder.no_endpoints),
            "no-endpoint-ports": Map("inet_proto . inet_service : verdict", builder.no_endpoint_ports),
        },
    )


def _frame(facts: NodeFacts) -> Mapping[str, Chain]:
    """What is there whatever the Services are."""
    look = [
        "ip daddr . meta l4proto . th dport vmap @service-ips",
        "ip daddr @node-addresses meta l4proto . th dport vmap @node-ports",
        "ip daddr @node-addresses jump host-ports",
    ]
    refuse = [
        "ct state new ip daddr . meta l4proto . th dport vmap @no-endpoints",
        "ct state new ip daddr @node-addresses meta l4proto . th dport vmap @no-endpoint-ports",
    ]
    # An address of the service range that no Service has, or a port that its Service has not.
    unknown = f"ct state new ip daddr {facts.service_cidr} goto reject-new"
    return {
        "services": Chain(look),
        "reject-new": Chain(["reject"]),
        "drop-new": Chain(["drop"]),
        "masquerade-later": Chain([f"meta mark set meta mark or {MARK}"]),
        "masquerading": Chain(
            [f"meta mark and {MARK} == 0 return", f"meta mark set meta mark xor {MARK}", "masquerade fully-random"]
        ),
        "refuse": Chain(refuse),
        "nat-prerouting": Chain(["jump services"], Hook("nat", "prerouting", DSTNAT)),
        "nat-output": Chain(["jump services"], Hook("nat", "output", DSTNAT)),
        "nat-postrouting": Chain(["jump masquerading"], Hook("nat", "postrouting", SRCNAT)),
        "filter-input": Chain(["jump refuse"], Hook("filter", "input", FILTER)),
        "filter-forward": Chain(["jump refuse", unknown], Hook("filter", "forward", FILTER)),
        "filter-output": Chain(["jump refuse"], Hook("filter", "output", FILTER)),
        "filter-output-after": Chain([unknown], Hook("filter", "output", DSTNAT + 10)),
    }


def _service(builder: _Builder, port: ServicePort) -> None:
    everywhere = usable(port.endpoints, only_local=False)
    inside = usable(port.endpoints, only_local=True) if port.internal_local else everywhere
    outside = usable(port.endpoints, only_local=True) if port.external_local else everywhere
    for endpoint in sorted({*everywhere, *inside, *outside}):
        _endpoint(builder, port, endpoint)

    if inside:
        name = f"service-{port.id}"
        pods = builder.facts.pod_cidr
        # Pods find the way back by themselves; who asks from elsewhere must be answered through this node.
        cluster = [f"ip daddr {ip} ip saddr != {pods} jump masquerade-later" for ip in port.cluster_ips]
        builder.chains[name] = Chain([*cluster, *_choose(port, inside)])
        for ip in port.cluster_ips:
            builder.address(ip, port, f"goto {name}", builder.service_ips)
    else:
        verdict = "goto drop-new" if port.internal_local and everywhere else "goto reject-new"
        for ip in port.cluster_ips:
            builder.address(ip, port, verdict, builder.no_endpoints)

    reached = [*port.external_ips, *port.balancer_ips]
    if not reached and not port.node_port:
        return
    if outside:
        name = f"external-{port.id}"
        rules = [] if port.external_local else ["jump masquerade-later"]
        if port.external_local and everywhere:
            # A pod that takes the outer way is still inside: any endpoint may serve it.
            rules += [f"ip saddr {builder.facts.pod_cidr} goto service-{port.id}"] if inside else []
        builder.chains[name] = Chain([*rules, *_choose(port, outside)])
        for ip in reached:
            builder.address(ip, port, f"goto {name}", builder.service_ips)
        if port.node_port:
            builder.node_ports.setdefault(f"{port.protocol} . {port.node_port}", f"goto {name}")
        return
    verdict = "goto drop-new" if port.external_local and everywhere else "goto reject-new"
    for ip in reached:
        builder.address(ip, port, verdict, builder.no_endpoints)
    if port.node_port:
        builder.no_endpoint_ports.setdefault(f"{port.protocol} . {port.node_port}", verdict)


def _endpoint_chain(port: ServicePort, endpoint: Endpoint) -> str:
    return f"endpoint-{port.id}-{endpoint.ip}/{endpoint.port}"


def _affinity_set(port: ServicePort, endpoint: Endpoint) -> str:
    return f"affinity-{port.id}-{endpoint.ip}/{endpoint.port}"


def _endpoint(builder: _Builder, port: ServicePort, endpoint: Endpoint) -> None:
    rules = [f"ip saddr {endpoint.ip} jump masquerade-later"]
    if port.affinity_seconds:
        name = _affinity_set(port, endpoint)
        builder.sets[name] = Set("ipv4_addr", flags=("dynamic", "timeout"), timeout=port.affinity_seconds)
        rules.append(f"update @{name} {{ ip saddr }}")
    rules.append(f"meta l4proto {port.protocol} dnat to {endpoint.ip}:{endpoint.port}")
    builder.chains[_endpoint_chain(port, endpoint)] = Chain(rules)


def _choose(port: ServicePort, endpoints: Sequence[Endpoint]) -> list[str]:
    rules = []
    if port.affinity_seconds:
        rules = [f"ip saddr @{_affinity_set(port, e)} goto {_endpoint_chain(port, e)}" for e in endpoints]
    chains = [_endpoint_chain(port, endpoint) for endpoint in endpoints]
    if len(chains) == 1:
        return [*rules, f"goto {chains[0]}"]
    pairs = " , ".join(f"{index} : goto {chain}" for index, chain in enumerate(chains))
    return [*rules, f"numgen random mod {len(chains)} vmap {{ {pairs} }}"]


def _host_port(port: HostPort) -> str:
    address = f"ip daddr {port.host_ip} " if port.host_ip not in ("", "0.0.0.0") else ""
    return f"{address}{port.protocol} dport {port.port} dnat to {port.pod_ip}:{port.pod_port}"
