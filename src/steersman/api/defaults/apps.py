"""Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers."""

from steersman.api.defaults import claims, fill, pods
from steersman.api.tree import MutableTree

HISTORY = 10
DEADLINE = 600


def deployment(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    pods.template(fill.child(spec, "template"))
    fill.unless(spec, replicas=1, revisionHistoryLimit=HISTORY, progressDeadlineSeconds=DEADLINE)
    strategy = fill.child(spec, "strategy")
    fill.unless(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        fill.unless(fill.child(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")


def replica_set(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    fill.unless(spec, replicas=1)
    pods.template(fill.child(spec, "template"))


def stateful_set(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    pods.template(fill.child(spec, "template"))
    fill.unless(spec, podManagementPolicy="OrderedReady", replicas=1, revisionHistoryLimit=HISTORY)
    strategy = fill.child(spec, "updateStrategy")
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        if "rollingUpdate" not in strategy:
            strategy["rollingUpdate"] = {"partition": 0}
    if strategy["type"] == "RollingUpdate" and strategy.get("rollingUpdate") is not None:
        fill.unless(strategy["rollingUpdate"], partition=0)
    retention = fill.child(spec, "persistentVolumeClaimRetentionPolicy")
    fill.unless(retention, whenDeleted="Retain", whenScaled="Retain")
    for claim in fill.items(spec, "volumeClaimTemplates"):
        claims.template(claim)


def daemon_set(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    pods.template(fill.child(spec, "template"))
    fill.unless(spec, revisionHistoryLimit=HISTORY)
    strategy = fill.child(spec, "updateStrategy")
    fill.unless(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        fill.unless(fill.child(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)


def replication_controller(tree: MutableTree) -> None:
    """The only one that takes its selector and its labels from the template."""
    spec = fill.child(tree, "spec")
    template = spec.get("template")
    if template is not None:
        pods.template(template)
        labels = (template.get("metadata") or {}).get("labels")
        if labels:
            if not spec.get("selector"):
                spec["selector"] = dict(labels)
            metadata = fill.child(tree, "metadata")
            if not metadata.get("labels"):
                metadata["labels"] = dict(labels)
    fill.unless(spec, replicas=1)
