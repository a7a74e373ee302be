"""Small defaults of Namespaces, Nodes, limits, quotas, Secrets, priorities and runtime classes."""

import base64

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree

_NAME_LABEL = "kubernetes.io/metadata.name"


def namespace(tree: MutableTree) -> None:
    """Every namespace can be selected by its name.  One that still waits for its name gets the label later."""
    metadata = fill.child(tree, "metadata")
    if metadata.get("name"):
        labels = dict(metadata.get("labels") or {})
        labels[_NAME_LABEL] = metadata["name"]
        metadata["labels"] = labels
    fill.unless(fill.child(tree, "status"), phase="Active")


def node(tree: MutableTree) -> None:
    """All of a node's capacity can be allocated unless it says otherwise."""
    status = tree.get("status")
    if status:
        fill.resource_list(status.get("capacity"))
        fill.resource_list(status.get("allocatable"))
        if "allocatable" not in status and status.get("capacity"):
            status["allocatable"] = dict(status["capacity"])
    spec = tree.get("spec")
    if spec:
        one, many = spec.get("podCIDR"), spec.get("podCIDRs")
        if one and (not many or many[0] != one):
            spec["podCIDRs"] = [one]
        elif many and not one:
            spec["podCIDR"] = many[0]


def secret(tree: MutableTree) -> None:
    """The type, and `stringData` as the write-only convenience that it is."""
    fill.unless(tree, type="Opaque")
    texts = tree.pop("stringData", None)
    if texts:
        data = dict(tree.get("data") or {})
        for name, text in texts.items():
            data[name] = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
        tree["data"] = data


def limit_range(tree: MutableTree) -> None:
    """For containers the default limit comes from the maximum, the default request from the limit or the minimum."""
    for item in fill.items(tree.get("spec") or {}, "limits"):
        for name in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
            fill.resource_list(item.get(name))
        if item.get("type") != "Container":
            continue
        limits = {**(item.get("max") or {}), **(item.get("default") or {})}
        requests = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
        if limits:
            item["default"] = limits
        if requests:
            item["defaultRequest"] = requests


def resource_quota(tree: MutableTree) -> None:
    fill.resource_list((tree.get("spec") or {}).get("hard"))
    status = tree.get("status") or {}
    fill.resource_list(status.get("hard"))
    fill.resource_list(status.get("used"))


def priority_class(tree: MutableTree) -> None:
    fill.unless(tree, preemptionPolicy="PreemptLowerPriority")


def runtime_class(tree: MutableTree) -> None:
    fill.resource_list((tree.get("overhead") or {}).get("podFixed"))
