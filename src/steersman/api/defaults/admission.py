"""Admission webhooks and admission policies: fail closed, match everything equivalent."""

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree

HTTPS = 443


def validating_webhooks(tree: MutableTree) -> None:
    for webhook in fill.items(tree, "webhooks"):
        _webhook(webhook)


def mutating_webhooks(tree: MutableTree) -> None:
    for webhook in fill.items(tree, "webhooks"):
        _webhook(webhook)
        fill.unless(webhook, reinvocationPolicy="Never")


def _webhook(tree: MutableTree) -> None:
    fill.unless(tree, failurePolicy="Fail", timeoutSeconds=10)
    matching(tree, "rules")
    service(tree.get("clientConfig"))


def matching(tree: MutableTree, *lists: str) -> None:
    """Which requests are meant: of webhooks, of policies' constraints and of bindings."""
    fill.unless(tree, matchPolicy="Equivalent")
    fill.child(tree, "namespaceSelector")
    fill.child(tree, "objectSelector")
    for name in lists:
        for rule in fill.items(tree, name):
            fill.unless(rule, scope="*")


def service(client: MutableTree | None) -> None:
    """The service behind a client configuration listens for HTTPS."""
    if client and client.get("service") is not None:
        fill.unless(client["service"], port=HTTPS)


def policy(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    fill.unless(spec, failurePolicy="Fail")
    constraints = spec.get("matchConstraints")
    if constraints is not None:
        matching(constraints, "resourceRules", "excludeResourceRules")


def binding(tree: MutableTree) -> None:
    matched = (tree.get("spec") or {}).get("matchResources")
    if matched is not None:
        matching(matched, "resourceRules", "excludeResourceRules")
