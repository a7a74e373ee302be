"""Which namespaces a cluster has, with which addresses and routes.  Pure.

    host             hub                          node1                        node2
    127.0.0.1:6443   br0 172.30.0.1/24  --veth--  eth0 172.30.0.11/24  ...     eth0 172.30.0.12/24
                     API server, DNS              cni0 10.244.0.1/24           cni0 10.244.1.1/24
                     10.244.0.0/24 via node1      sink0 10.96.0.0/16           sink0 10.96.0.0/16

The hub joins the nodes and is where the API server and DNS listen for pods.  A node's service range points
to a bridge with nothing behind it: the proxy's rules rewrite a packet before it is routed for good, and one
without a rule dies there instead of leaving the machine (and the node's own packets have a route at all).
The host keeps its routes, firewall and resolver: nothing here is made in its namespace.
"""

import dataclasses
import ipaddress
from collections.abc import Sequence
from pathlib import Path

NETWORK = ipaddress.IPv4Network("172.30.0.0/24")
HUB = "172.30.0.1"
BRIDGE = "br0"
SINK = "sink0"
RUN = Path("/run/steersman")


@dataclasses.dataclass(frozen=True, slots=True)
class NodeNetwork:
    name: str
    namespace: Path
    address: str
    pod_cidr: str

    @property
    def pod_gateway(self) -> str:
        """The node's address on its pod bridge."""
        return str(ipaddress.IPv4Network(self.pod_cidr)[1])


@dataclasses.dataclass(frozen=True, slots=True)
class NetworkPlan:
    cluster: str
    hub: Path
    nodes: Sequence[NodeNetwork]
    service_cidr: str
    egress: bool


def plan(cluster: str, node_names: Sequence[str], pod_cidr: str, service_cidr: str, *, egress: bool) -> NetworkPlan:
    """Node i (from 1) gets 172.30.0.(10+i) and the i-th /24 of the pod range."""
    folder = RUN / cluster / "netns"
    blocks = list(ipaddress.IPv4Network(pod_cidr).subnets(new_prefix=24))
    if len(node_names) > min(len(blocks), 240):
        raise ValueError(f"{len(node_names)} nodes do not fit into {pod_cidr} with a /24 each")
    nodes = [
        NodeNetwork(name, folder / name, str(NETWORK[10 + index]), str(blocks[index - 1]))
        for index, name in enumerate(node_names, 1)
    ]
    return NetworkPlan(cluster, folder / "hub", nodes, service_cidr, egress)


def hub_commands(plan: NetworkPlan) -> list[str]:
    """Lines for `ip -batch` inside the hub."""
    lines = [
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        f"address add {HUB}/{NETWORK.prefixlen} dev {BRIDGE}",
        f"link set {BRIDGE} up",
    ]
    for index, node in enumerate(plan.nodes, 1):
        lines.append(f"link add node{index} type veth peer name eth0 netns {node.namespace}")
        lines.append(f"link set node{index} master {BRIDGE} up")
    return lines


def hub_routes(plan: NetworkPlan) -> list[str]:
    """Lines for the hub once the nodes have their addresses."""
    return [f"route add {node.pod_cidr} via {node.address}" for node in plan.nodes]


def node_commands(plan: NetworkPlan, node: NodeNetwork) -> list[str]:
    """Lines for `ip -batch` inside a node's namespace."""
    lines = [
        "link set lo up",
        f"address add {node.address}/{NETWORK.prefixlen} dev eth0",
        "link set eth0 up",
        f"link add {SINK} type bridge",
        f"link set {SINK} up",
        f"route add {plan.service_cidr} dev {SINK} src {node.address}",
    ]
    lines += [f"route add {o.pod_cidr} via {o.address}" for o in plan.nodes if o is not node]
    if plan.egress:
        lines.append(f"route add default via {HUB}")
    return lines


SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/ipv4/icmp_ratelimit": "0",
    "net/ipv6/conf/all/disable_ipv6": "0",
}
"""What each namespace needs; one that the kernel does not have is left alone.  Without the ICMP limit every
refused connection is refused at once, not only the first few a second.
"""
