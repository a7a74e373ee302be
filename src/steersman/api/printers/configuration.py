"""What pods and namespaces are configured with: config maps, secrets, accounts, quotas, priorities."""

from typing import Any

from steersman.api.printers import cells, columns
from steersman.api.tree import Tree

NAMESPACE = (columns.NAME, columns.Column("Status", "The status of the namespace"), columns.AGE)
CONFIG_MAP = (columns.NAME, columns.of("Data", "core.v1.ConfigMap.data"), columns.AGE)
SECRET = (
    columns.NAME,
    columns.of("Type", "core.v1.Secret.type"),
    columns.of("Data", "core.v1.Secret.data"),
    columns.AGE,
)
RESOURCE_QUOTA = (
    columns.NAME,
    columns.Column("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
    columns.Column(
        "Limit",
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the"
        " node.",
    ),
    columns.AGE,
)
PRIORITY_CLASS = (
    columns.NAME,
    columns.of("Value", "scheduling.v1.PriorityClass.value", "integer"),
    columns.of("Global-Default", "scheduling.v1.PriorityClass.globalDefault", "boolean"),
    columns.AGE,
    columns.of("PreemptionPolicy", "scheduling.v1.PriorityClass.preemptionPolicy"),
)


def _namespace(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), cells.status(tree).get("phase") or "", cells.age(tree, now)]


def _config_map(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), len(tree.get("data") or ()) + len(tree.get("binaryData") or ()), cells.age(tree, now)]


def _secret(tree: Tree, now: float) -> list[Any]:
    return [cells.name(tree), tree.get("type") or "", len(tree.get("data") or ()), cells.age(tree, now)]


def plain(tree: Tree, now: float) -> list[Any]:
    """A name and an age."""
    return [cells.name(tree), cells.age(tree, now)]


def _resource_quota(tree: Tree, now: float) -> list[Any]:
    status = cells.status(tree)
    used = status.get("used") or {}
    requests: list[str] = []
    limits: list[str] = []
    for resource, hard in sorted((status.get("hard") or {}).items()):
        text = f"{resource}: {used.get(resource, '0')}/{hard}"
        (limits if resource.startswith("limits.") else requests).append(text)
    return [cells.name(tree), ", ".join(requests), ", ".join(limits), cells.age(tree, now)]


def _priority_class(tree: Tree, now: float) -> list[Any]:
    value, default = cells.number(tree, "value"), bool(tree.get("globalDefault"))
    return [cells.name(tree), value, default, cells.age(tree, now), tree.get("preemptionPolicy") or ""]


PRINTERS = {
    ("", "Namespace"): columns.Printer(NAMESPACE, _namespace),
    ("", "ConfigMap"): columns.Printer(CONFIG_MAP, _config_map),
    ("", "Secret"): columns.Printer(SECRET, _secret),
    ("", "ServiceAccount"): columns.Printer((columns.NAME, columns.AGE), plain),
    ("", "ResourceQuota"): columns.Printer(RESOURCE_QUOTA, _resource_quota),
    ("scheduling.k8s.io", "PriorityClass"): columns.Printer(PRIORITY_CLASS, _priority_class),
}
