"""What keeps pods: deployments and their kin, their revisions, the Scale that several share."""

from typing import Any

from steersman.api import labels, resources
from steersman.api.printers import cells, columns
from steersman.api.tree import Tree

_READY = columns.Column("Ready", "Number of the pod with ready state")


def _replicated(of: str) -> tuple[columns.Column, ...]:
    """ReplicationController and ReplicaSet look alike."""
    return (
        columns.NAME,
        columns.of("Desired", f"{of}Spec.replicas", "integer"),
        columns.of("Current", f"{of}Status.replicas", "integer"),
        columns.of("Ready", f"{of}Status.readyReplicas", "integer"),
        columns.AGE,
        columns.CONTAINERS,
        columns.IMAGES,
        columns.of("Selector", f"{of}Spec.selector", priority=1),
    )


DEPLOYMENT = (
    columns.NAME,
    _READY,
    columns.of("Up-to-date", "apps.v1.DeploymentStatus.updatedReplicas"),
    columns.of("Available", "apps.v1.DeploymentStatus.availableReplicas"),
    columns.AGE,
    columns.CONTAINERS,
    columns.IMAGES,
    columns.of("Selector", "apps.v1.DeploymentSpec.selector", priority=1),
)
STATEFUL_SET = (columns.NAME, _READY, columns.AGE, columns.CONTAINERS, columns.IMAGES)
DAEMON_SET = (
    columns.NAME,
    columns.of("Desired", "apps.v1.DaemonSetStatus.desiredNumberScheduled", "integer"),
    columns.of("Current", "apps.v1.DaemonSetStatus.currentNumberScheduled", "integer"),
    columns.of("Ready", "apps.v1.DaemonSetStatus.numberReady", "integer"),
    columns.of("Up-to-date", "apps.v1.DaemonSetStatus.updatedNumberScheduled", "integer"),
    columns.of("Available", "apps.v1.DaemonSetStatus.numberAvailable", "integer"),
    columns.of("Node Selector", "core.v1.PodSpec.nodeSelector"),
    columns.AGE,
    columns.CONTAINERS,
    columns.IMAGES,
    columns.of("Selector", "apps.v1.DaemonSetSpec.selector", priority=1),
)
CONTROLLER_REVISION = (
    columns.NAME,
    columns.Column("Controller", "Controller of the object"),
    columns.of("Revision", "apps.v1.ControllerRevision.revision"),
    columns.AGE,
)
SCALE = (
    columns.of("Name", "meta.v1.ObjectMeta.name"),
    columns.of("Desired", "autoscaling.v1.ScaleSpec.replicas", "integer"),
    columns.of("Available", "autoscaling.v1.ScaleStatus.replicas", "integer"),
    columns.AGE,
)


def _counts(tree: Tree, now: float) -> list[Any]:
    status = cells.status(tree)
    return [
        cells.name(tree),
        cells.number(cells.spec(tree), "replicas"),
        cells.number(status, "replicas"),
        cells.number(status, "readyReplicas"),
        cells.age(tree, now),
        *cells.containers(cells.spec(tree).get("template")),
    ]


def _replication_controller(tree: Tree, now: float) -> list[Any]:
    return [*_counts(tree, now), cells.pairs(cells.spec(tree).get("selector"))]


def _replica_set(tree: Tree, now: float) -> list[Any]:
    return [*_counts(tree, now), cells.selector(cells.spec(tree).get("selector"))]


def _ready(tree: Tree) -> str:
    ready, wanted = cells.number(cells.status(tree), "readyReplicas"), cells.number(cells.spec(tree), "replicas")
    return f"{ready}/{wanted}"


def _deployment(tree: Tree, now: float) -> list[Any]:
    spec, status = cells.spec(tree), cells.status(tree)
    try:
        selector = str(labels.from_object(spec.get("selector")))
    except labels.SelectorError:
        selector = "<invalid>"
    return [
        cells.name(tree),
        _ready(tree),
        cells.number(status, "updatedReplicas"),
        cells.number(status, "availableReplicas"),
        cells.age(tree, now),
        *cells.containers(spec.get("template")),
        selector,
    ]


def _stateful_set(tree: Tree, now: float) -> list[Any]:
    template = cells.spec(tree).get("template")
    return [cells.name(tree), _ready(tree), cells.age(tree, now), *cells.containers(template)]


_SCHEDULED = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)


def _daemon_set(tree: Tree, now: float) -> list[Any]:
    spec, status = cells.spec(tree), cells.status(tree)
    template = spec.get("template") or {}
    return [
        cells.name(tree),
        *(cells.number(status, field) for field in _SCHEDULED),
        cells.pairs((template.get("spec") or {}).get("nodeSelector")),
        cells.age(tree, now),
        *cells.containers(template),
        cells.selector(spec.get("selector")),
    ]


def _controller_revision(tree: Tree, now: float) -> list[Any]:
    owner = cells.NONE
    for reference in (tree.get("metadata") or {}).get("ownerReferences") or ():
        if reference.get("controller"):
            group, _ = resources.split(reference.get("apiVersion") or "")
            kind = f"{reference.get('kind')}.{group}" if group else str(reference.get("kind"))
            owner = f"{kind.lower()}/{reference.get('name')}"
            break
    return [cells.name(tree), owner, tree.get("revision") or 0, cells.age(tree, now)]


def _scale(tree: Tree, now: float) -> list[Any]:
    wanted, current = cells.number(cells.spec(tree), "replicas"), cells.number(cells.status(tree), "replicas")
    return [cells.name(tree), wanted, current, cells.age(tree, now)]


PRINTERS = {
    ("", "ReplicationController"): columns.Printer(
        _replicated("core.v1.ReplicationController"), _replication_controller
    ),
    ("apps", "ReplicaSet"): columns.Printer(_replicated("apps.v1.ReplicaSet"), _replica_set),
    ("apps", "Deployment"): columns.Printer(DEPLOYMENT, _deployment),
    ("apps", "StatefulSet"): columns.Printer(STATEFUL_SET, _stateful_set),
    ("apps", "DaemonSet"): columns.Printer(DAEMON_SET, _daemon_set),
    ("apps", "ControllerRevision"): columns.Printer(CONTROLLER_REVISION, _controller_revision),
    ("autoscaling", "Scale"): columns.Printer(SCALE, _scale),
}
