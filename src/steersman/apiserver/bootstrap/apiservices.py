"""An APIService for each built-in group version: served by this server, and always available.

The numbers order groups for clients that read discovery: a higher group comes first, in it a higher version.
"""

from collections.abc import Iterator

from steersman.api import resources
from steersman.api.tree import MutableTree

PREFIX = "apiservices.apiregistration.k8s.io"
PRIORITIES = {
    "": 18000, "apps": 17800, "events.k8s.io": 17750, "authentication.k8s.io": 17700,
    "authorization.k8s.io": 17600, "autoscaling": 17500, "batch": 17400, "certificates.k8s.io": 17300,
    "networking.k8s.io": 17200, "policy": 17100, "rbac.authorization.k8s.io": 17000, "storage.k8s.io": 16800,
    "apiextensions.k8s.io": 16700, "admissionregistration.k8s.io": 16700, "scheduling.k8s.io": 16600,
    "coordination.k8s.io": 16500, "node.k8s.io": 16300, "discovery.k8s.io": 16200, "resource.k8s.io": 16200,
    "flowcontrol.apiserver.k8s.io": 16100,
}  # fmt: skip
VERSION_PRIORITIES = {
    ("", "v1"): 1, ("autoscaling", "v2"): 30, ("flowcontrol.apiserver.k8s.io", "v1"): 21,
    ("resource.k8s.io", "v1"): 21,
}  # fmt: skip


def objects(table: resources.Table, now: str) -> Iterator[tuple[str, str, MutableTree]]:
    """Storage prefix, field manager and object of each."""
    condition = {
        "type": "Available", "status": "True", "lastTransitionTime": now, "reason": "Local",
        "message": "Local APIServices are always available",
    }  # fmt: skip
    for group in table.groups():
        if group.name not in PRIORITIES:
            continue
        for version in group.versions:
            spec = {
                "version": version,
                "groupPriorityMinimum": PRIORITIES[group.name],
                "versionPriority": VERSION_PRIORITIES.get((group.name, version), 15),
            }
            if group.name:
                spec = {"group": group.name, **spec}
            tree: MutableTree = {
                "kind": "APIService",
                "apiVersion": "apiregistration.k8s.io/v1",
                "metadata": {
                    "name": f"{version}.{group.name}",
                    "labels": {"kube-aggregator.kubernetes.io/automanaged": "onstart"},
                },
                "spec": spec,
                "status": {"conditions": [condition]},
            }
            yield PREFIX, "kube-apiserver", tree
