"""Forgetting connections to endpoints that are gone.

TCP ends by itself; a UDP client that keeps its port would be sent to the old endpoint for as long as it
talks, or to nobody, if it began before there was one (kube-proxy's issue 8795).  So after each change the
kernel's entries are read and those that lead elsewhere than to a serving endpoint are deleted.  Traffic
policies do not count: a flow that began under another policy goes on, as a TCP connection would.
"""

import dataclasses
import ipaddress
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from steersman.kit import command
from steersman.proxy.model import ServicePort
from steersman.proxy.rules import HostPort, NodeFacts

Answerers: TypeAlias = Mapping[tuple[str, int], frozenset[str]]
log = logging.getLogger(__name__)
_FIELD = re.compile(r"\b(src|dst|sport|dport)=(\S+)")


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Flow:
    """Where a client sends to, and who answers it.  Many entries may be one flow."""

    address: str
    port: int
    answered_by: str


def parse(text: str) -> set[Flow]:
    """The flows of what `conntrack -L` prints: on each line the tuple of one direction, then the other's."""
    found = set()
    for line in text.splitlines():
        fields = _FIELD.findall(line)
        if [name for name, _ in fields] == ["src", "dst", "sport", "dport"] * 2:
            found.add(Flow(fields[1][1], int(fields[3][1]), fields[4][1]))
    return found


def answerers(ports: Sequence[ServicePort], facts: NodeFacts, host_ports: Sequence[HostPort] = ()) -> Answerers:
    """Who may answer what is sent by UDP to an address and port of a Service, or to a container's host port."""
    found: dict[tuple[str, int], frozenset[str]] = {}
    for port in ports:
        if port.protocol != "udp":
            continue
        serving = frozenset(endpoint.ip for endpoint in port.endpoints if endpoint.serving)
        for ip in (*port.cluster_ips, *port.external_ips, *port.balancer_ips):
            found.setdefault((ip, port.port), serving)
        if port.node_port:
            for ip in facts.addresses:
                found.setdefault((ip, port.node_port), serving)
    for host_port in host_ports:
        if host_port.protocol == "udp":
            for ip in facts.addresses:
                found.setdefault((ip, host_port.port), frozenset({host_port.pod_ip}))
    return found


def stale(flows: Iterable[Flow], wanted: Answerers, facts: NodeFacts) -> list[Flow]:
    """The flows that nobody answers who may, and those that were rewritten for a Service that is gone."""
    services = ipaddress.IPv4Network(facts.service_cidr)
    found = []
    for flow in flows:
        key = (flow.address, flow.port)
        if wanted.get(key):
            gone = flow.answered_by not in wanted[key]
        else:
            known = key in wanted or ipaddress.IPv4Address(flow.address) in services
            gone = known and flow.answered_by != flow.address
        if gone:
            found.append(flow)
    return sorted(found)


async def forget(namespace: Path, wanted: Answerers, facts: NodeFacts) -> int:
    """Delete what is stale in the namespace; how many flows.  Without `conntrack` it says so and goes on."""
    tool = ["nsenter", f"--net={namespace}", "conntrack"]
    try:
        text = await command.run([*tool, "-L", "-f", "ipv4", "-p", "udp"])
    except command.CommandFailed as error:
        log.warning("UDP connections of %s cannot be read: %s", facts.name, error)
        return 0
    found = stale(parse(text), wanted, facts)
    for flow in found:
        match = ["--orig-dst", flow.address, "--dport", str(flow.port), "--reply-src", flow.answered_by]
        try:
            await command.run([*tool, "-D", "-f", "ipv4", "-p", "udp", *match])
        except command.CommandFailed as error:
            if "0 flow entries" not in error.said:  # it ended by itself meanwhile
                log.warning("a UDP connection of %s cannot be forgotten: %s", facts.name, error)
    return len(found)
