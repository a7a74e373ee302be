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


class _Builder:
    """Collects the parts of the table."""

    def __init__(self, facts: NodeFacts) -> None:
        self.facts = facts
        self.chains: dict[str, Chain] = {}
        self.sets: dict[str, Set] = {}
        self.maps: dict[str, dict[str, str]] = {
            "service-ips": {},
            "node-ports": {},
            "no-endpoints": {},
            "no-endpoint-ports": {},
            "firewall-ips": {},
        }
        self._owners: dict[str, str] = {}

    def owns(self, port: ServicePort, key: str) -> bool:
        """Two Services may claim the same address and port: the first to ask has it, in all maps."""
        return self._owners.setdefault(key, port.id) == port.id


def table(ports: Sequence[ServicePort], facts: NodeFacts, host_ports: Sequence[HostPort] = ()) -> Table:
    """The whole table."""
    builder = _Builder(facts)
    # First all cluster addresses, so that nobody's external address takes another Service's traffic.
    for port in ports:
        for ip in port.cluster_ips:
            builder.owns(port, _address(ip, port))
    for port in ports:
        _service(builder, port)
    return Table(
        TABLE,
        chains={**_frame(facts), "host-ports": Chain(_host_ports(host_ports)), **builder.chains},
        sets={
            "node-addresses": Set("ipv4_addr", frozenset(facts.addresses)),
            "cluster-ips": Set("ipv4_addr", frozenset(ip for port in ports for ip in port.cluster_ips)),
            **builder.sets,
        },
        maps={name: Map(_BY_PORT if name.endswith("ports") else _BY_ADDRESS, m) for name, m in builder.maps.items()},
    )


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


def _service(builder: _Builder, port: ServicePort) -> None:
    facts = builder.facts
    everywhere = usable(port.endpoints, only_local=False, node=facts.name, zone=facts.zone)
    here = usable(port.endpoints, only_local=True) if port.internal_local or port.external_local else []
    for endpoint in sorted({*everywhere, *here}):
        _endpoint(builder, port, endpoint)
    cluster, local = f"service-{port.id}", f"local-{port.id}"
    if everywhere:
        # Pods find the way back by themselves; who asks from elsewhere must be answered through this node.
        builder.chains[cluster] = Chain([*_masquerade_strangers(builder, port), *_choose(port, everywhere)])
    if here:
        builder.chains[local] = Chain([*_masquerade_strangers(builder, port), *_choose(port, here)])
    refused = "drop" if everywhere else "goto reject-new"

    inside = (local if here else "") if port.internal_local else (cluster if everywhere else "")
    for ip in port.cluster_ips:
        if builder.owns(port, _address(ip, port)):
            builder.maps["service-ips" if inside else "no-endpoints"][_address(ip, port)] = (
                f"goto {inside}" if inside else refused
            )
    _outside(builder, port, cluster if everywhere else "", local if here else "", refused)
    _firewall(builder, port)


def _outside(builder: _Builder, port: ServicePort, cluster: str, local: str, refused: str) -> None:
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
                f"ip saddr {builder.facts.pod_cidr} goto {cluster}",
                "fib saddr type local jump masquerade-later",
                f"fib saddr type local goto {cluster}",
            ]
        builder.chains[name] = Chain([*rules, *([f"goto {target}"] if target else [])])
    for found, missing, key in keys:
        if builder.owns(port, key):
            if cluster:
                builder.maps[found][key] = f"goto {name}"
            if not target:
                builder.maps[missing][key] = refused


def _firewall(builder: _Builder, port: ServicePort) -> None:
    if not port.source_ranges or not port.balancer_ips:
        return
    allowed = list(port.source_ranges)
    networks = [ipaddress.IPv4Network(text) for text in allowed]
    if any(ipaddress.IPv4Address(own) in network for own in builder.facts.addresses for network in networks):
        # The node's own packets to a balancer's address may carry that address as their sender.
        own = [ipaddress.IPv4Address(ip) for ip in port.balancer_ips]
        allowed += [str(ip) for ip in own if not any(ip in network for network in networks)]
    name = f"firewall-{port.id}"
    builder.chains[name] = Chain([f"ip saddr != {{ {' , '.join(allowed)} }} drop"])
    for ip in port.balancer_ips:
        if builder.owns(port, _address(ip, port)):
            builder.maps["firewall-ips"][_address(ip, port)] = f"goto {name}"


def _masquerade_strangers(builder: _Builder, port: ServicePort) -> list[str]:
    pods = builder.facts.pod_cidr
    return [f"ip daddr {ip} ip saddr != {pods} jump masquerade-later" for ip in port.cluster_ips]


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


def _host_ports(ports: Sequence[HostPort]) -> list[str]:
    rules = []
    for port in ports:
        address = f"ip daddr {port.host_ip} " if port.host_ip not in ("", "0.0.0.0") else ""
        match = f"{address}{port.protocol} dport {port.port}"
        rules.append(f"{match} ip saddr {port.pod_ip} jump masquerade-later")
        rules.append(f"{match} dnat to {port.pod_ip}:{port.pod_port}")
    return rules
