"""NetworkPolicies, IngressClasses, and the two records of a Service's endpoints."""

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree


def network_policy(tree: MutableTree) -> None:
    """A policy that does not say what it is about is about ingress, and about egress if it has such rules."""
    spec = fill.child(tree, "spec")
    for name in ("ingress", "egress"):
        for rule in fill.items(spec, name):
            for port in fill.items(rule, "ports"):
                fill.unless(port, protocol="TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def ingress_class(tree: MutableTree) -> None:
    parameters = (tree.get("spec") or {}).get("parameters")
    if parameters is not None:
        fill.unless(parameters, scope="Cluster")


def endpoints(tree: MutableTree) -> None:
    for subset in fill.items(tree, "subsets"):
        for port in fill.items(subset, "ports"):
            fill.unless(port, protocol="TCP")


def endpoint_slice(tree: MutableTree) -> None:
    for port in fill.items(tree, "ports"):
        fill.unless(port, name="", protocol="TCP")
