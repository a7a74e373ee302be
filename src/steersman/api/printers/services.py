"""Services and what stands behind them: endpoints and endpoint slices."""

from collections.abc import Sequence
from typing import Any

from steersman.api.printers import cells, columns
from steersman.api.tree import Tree

SERVICE = (
    columns.NAME,
    columns.of("Type", "core.v1.ServiceSpec.type"),
    columns.of("Cluster-IP", "core.v1.ServiceSpec.clusterIP"),
    columns.of("External-IP", "core.v1.ServiceSpec.externalIPs"),
    columns.of("Port(s)", "core.v1.ServiceSpec.ports"),
    columns.AGE,
    columns.of("Selector", "core.v1.ServiceSpec.selector", priority=1),
)
ENDPOINTS = (columns.NAME, columns.of("Endpoints", "core.v1.Endpoints.subsets"), columns.AGE)
ENDPOINT_SLICE = (
    columns.NAME,
    columns.of("AddressType", "discovery.v1.EndpointSlice.addressType"),
    columns.of("Ports", "discovery.v1.EndpointSlice.ports"),
    columns.of("Endpoints", "discovery.v1.EndpointSlice.endpoints"),
    columns.AGE,
)
_SHOWN = 3


def _service(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    return [
        cells.name(tree),
        spec.get("type") or "",
        (spec.get("clusterIPs") or [spec.get("clusterIP")])[0] or cells.NONE,
        _external(spec, cells.status(tree)),
        ",".join(map(_port, spec.get("ports") or ())) or cells.NONE,
        cells.age(tree, now),
        cells.pairs(spec.get("selector")),
    ]


def ingress_addresses(status: Tree) -> list[str]:
    """Where a load balancer answers, sorted, each once."""
    found = (status.get("loadBalancer") or {}).get("ingress") or ()
    return sorted({address for each in found if (address := each.get("ip") or each.get("hostname"))})


def _external(spec: Tree, status: Tree) -> str:
    type, addresses = spec.get("type"), list(spec.get("externalIPs") or ())
    if type in ("ClusterIP", "NodePort"):
        return ",".join(addresses) or cells.NONE
    if type == "LoadBalancer":
        return ",".join([*ingress_addresses(status), *addresses]) or "<pending>"
    return str(spec.get("externalName") or "") if type == "ExternalName" else "<unknown>"


def _port(port: Tree) -> str:
    number, node = port.get("port"), port.get("nodePort")
    return f"{number}:{node}/{port.get('protocol')}" if node else f"{number}/{port.get('protocol')}"


def _endpoints(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), _subsets(tree.get("subsets") or ()), cells.age(tree, now)]


def _subsets(subsets: Sequence[Tree]) -> str:
    if not subsets:
        return cells.NONE
    found: list[str] = []
    for subset in subsets:
        addresses = [address.get("ip") or "" for address in subset.get("addresses") or ()]
        ports = subset.get("ports") or ()
        if not ports:
            found += addresses
        for port in ports:
            found += [f"[{ip}]:{port.get('port')}" if ":" in ip else f"{ip}:{port.get('port')}" for ip in addresses]
    return cells.at_most(found, _SHOWN)


def _endpoint_slice(tree: Tree, now: float) -> list[Any]:
    ports = [_slice_port(port) for port in tree.get("ports") or ()]
    addresses = [address for each in tree.get("endpoints") or () for address in each.get("addresses") or ()]
    return [
        cells.name(tree),
        tree.get("addressType") or "",
        cells.at_most(ports, _SHOWN) or cells.UNSET,
        cells.at_most(addresses, _SHOWN) or cells.UNSET,
        cells.age(tree, now),
    ]


def _slice_port(port: Tree) -> str:
    """A number, else a name, else any."""
    number, name = port.get("port"), port.get("name")
    if number is not None:
        return str(number)
    return "*" if name is None else str(name)


PRINTERS = {
    ("", "Service"): columns.Printer(SERVICE, _service),
    ("", "Endpoints"): columns.Printer(ENDPOINTS, _endpoints),
    ("discovery.k8s.io", "EndpointSlice"): columns.Printer(ENDPOINT_SLICE, _endpoint_slice),
}
