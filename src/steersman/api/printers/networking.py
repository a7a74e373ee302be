"""Ingresses and their classes, network policies, service ranges and the addresses taken from them."""

from collections.abc import Sequence
from typing import Any

from steersman.api.printers import cells, columns, services
from steersman.api.tree import Tree

INGRESS = (
    columns.NAME,
    columns.Column("Class", "The name of the IngressClass resource that should be used for additional configuration"),
    columns.Column("Hosts", "Hosts that incoming requests are matched against before the ingress rule"),
    columns.Column("Address", "Address is a list containing ingress points for the load-balancer"),
    columns.Column("Ports", "Ports of TLS configurations that open"),
    columns.AGE,
)
INGRESS_CLASS = (
    columns.NAME,
    columns.Column("Controller", "Controller that is responsible for handling this class"),
    columns.Column("Parameters", "A reference to a resource with additional parameters"),
    columns.AGE,
)
NETWORK_POLICY = (columns.NAME, columns.of("Pod-Selector", "networking.v1.NetworkPolicySpec.podSelector"), columns.AGE)
SERVICE_CIDR = (columns.NAME, columns.of("CIDRs", "networking.v1.ServiceCIDRSpec.cidrs"), columns.AGE)
IP_ADDRESS = (columns.NAME, columns.of("ParentRef", "networking.v1.IPAddressSpec.parentRef"))
"""The reference writes an age into the row, too, but no column for it."""
_SHOWN = 3


def _ingress(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    name = spec.get("ingressClassName")
    return [
        cells.name(tree),
        cells.NONE if name is None else name,
        _hosts(spec.get("rules") or ()),
        ",".join(services.ingress_addresses(cells.status(tree))),
        "80, 443" if spec.get("tls") else "80",
        cells.age(tree, now),
    ]


def _hosts(rules: Sequence[Tree]) -> str:
    """Rules without a host are not shown, but count once three hosts are."""
    found: list[str] = []
    more = False
    for rule in rules:
        more = more or len(found) == _SHOWN
        if not more and rule.get("host"):
            found.append(rule["host"])
    text = ",".join(found) or "*"
    return f"{text} + {len(rules) - _SHOWN} more..." if more else text


def _ingress_class(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    parameters, text = spec.get("parameters"), cells.NONE
    if parameters is not None:
        group = parameters.get("apiGroup")
        kind = parameters.get("kind") if group is None else f"{parameters.get('kind')}.{group}"
        text = f"{kind}/{parameters.get('name')}"
    return [cells.name(tree), spec.get("controller") or "", text, cells.age(tree, now)]


def _network_policy(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), cells.selector(cells.spec(tree).get("podSelector")), cells.age(tree, now)]


def _service_cidr(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), ",".join(cells.spec(tree).get("cidrs") or ()), cells.age(tree, now)]


def _ip_address(tree: Tree, now: float) -> list[Any]:
    parent, text = cells.spec(tree).get("parentRef"), cells.NONE
    if parent is not None:
        resource, group = parent.get("resource") or "", parent.get("group")
        what = f"{resource}.{group}" if group else resource
        space = f"/{parent['namespace']}" if parent.get("namespace") else ""
        text = f"{what.lower()}{space}/{parent.get('name') or ''}"
    return [cells.name(tree), text, cells.age(tree, now)]


PRINTERS = {
    ("networking.k8s.io", "Ingress"): columns.Printer(INGRESS, _ingress),
    ("networking.k8s.io", "IngressClass"): columns.Printer(INGRESS_CLASS, _ingress_class),
    ("networking.k8s.io", "NetworkPolicy"): columns.Printer(NETWORK_POLICY, _network_policy),
    ("networking.k8s.io", "ServiceCIDR"): columns.Printer(SERVICE_CIDR, _service_cidr),
    ("networking.k8s.io", "IPAddress"): columns.Printer(IP_ADDRESS, _ip_address),
}
