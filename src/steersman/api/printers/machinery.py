"""The API server's own: flow control, API services, storage versions and their migration."""

from typing import Any

from steersman.api.printers import cells, columns
from steersman.api.semantics import pods
from steersman.api.tree import Tree, at

FLOW_SCHEMA = (
    columns.NAME,
    columns.of("PriorityLevel", "flowcontrol.v1.PriorityLevelConfigurationReference.name"),
    columns.of("MatchingPrecedence", "flowcontrol.v1.FlowSchemaSpec.matchingPrecedence"),
    columns.of("DistinguisherMethod", "flowcontrol.v1.FlowSchemaSpec.distinguisherMethod"),
    columns.AGE,
    columns.Column("MissingPL", "references a broken or non-existent PriorityLevelConfiguration"),
)
PRIORITY_LEVEL = (
    columns.NAME,
    columns.of("Type", "flowcontrol.v1.PriorityLevelConfigurationSpec.type"),
    columns.of("NominalConcurrencyShares", "flowcontrol.v1.LimitedPriorityLevelConfiguration.nominalConcurrencyShares"),
    columns.of("Queues", "flowcontrol.v1.QueuingConfiguration.queues"),
    columns.of("HandSize", "flowcontrol.v1.QueuingConfiguration.handSize"),
    columns.of("QueueLengthLimit", "flowcontrol.v1.QueuingConfiguration.queueLengthLimit"),
    columns.AGE,
)
API_SERVICE = (
    columns.NAME,
    columns.Column("Service", "The reference to the service that hosts this API endpoint."),
    columns.Column("Available", "Whether this service is available."),
    columns.AGE,
)
STORAGE_VERSION = (
    columns.NAME,
    columns.of("CommonEncodingVersion", "apiserverinternal.v1alpha1.StorageVersionStatus.commonEncodingVersion"),
    columns.of("StorageVersions", "apiserverinternal.v1alpha1.StorageVersionStatus.storageVersions"),
    columns.AGE,
)
MIGRATION = (
    columns.of("Name", "meta.v1.ObjectMeta.name"),
    columns.Column("Resource", "Fully qualified resource to migrate"),
)


def _flow_schema(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    method = spec.get("distinguisherMethod")
    return [
        cells.name(tree),
        at(spec, "priorityLevelConfiguration", "name", default=""),
        cells.number(spec, "matchingPrecedence"),
        cells.NONE if method is None else method.get("type") or "",
        cells.age(tree, now),
        "?" if pods.condition(tree, "Dangling") is None else pods.condition_status(tree, "Dangling"),
    ]


def _precedence(tree: Tree) -> tuple[int, str]:
    return cells.number(cells.spec(tree), "matchingPrecedence"), cells.name(tree)


def _priority_level(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    limited = spec.get("limited")
    shares: Any = cells.NONE
    queuing: list[Any] = [cells.NONE] * 3
    if limited is not None:
        shares = cells.number(limited, "nominalConcurrencyShares")
        found = at(limited, "limitResponse", "queuing")
        if found is not None:
            queuing = [cells.number(found, field) for field in ("queues", "handSize", "queueLengthLimit")]
    return [cells.name(tree), spec.get("type") or "", shares, *queuing, cells.age(tree, now)]


def _api_service(tree: Tree, now: float) -> list[Any]:
    service, available = cells.spec(tree).get("service"), pods.condition(tree, "Available")
    where = "Local" if service is None else f"{service.get('namespace') or ''}/{service.get('name') or ''}"
    text = "Unknown"
    if available is not None:
        text = str(available.get("status"))
        if text != "True":
            text = f"{text} ({available.get('reason') or ''})"
    return [cells.name(tree), where, text, cells.age(tree, now)]


def _storage_version(tree: Tree, now: float) -> list[Any]:
    status = cells.status(tree)
    common = status.get("commonEncodingVersion")
    found = [f"{s.get('apiServerID')}={s.get('encodingVersion')}" for s in status.get("storageVersions") or ()]
    return [
        cells.name(tree),
        cells.UNSET if common is None else common,
        cells.at_most(found, 3) or cells.UNSET,
        cells.age(tree, now),
    ]


def _migration(tree: Tree, now: float) -> list[Any]:
    resource = cells.spec(tree).get("resource") or {}
    return [cells.name(tree), f"{resource.get('resource') or ''}.{resource.get('group') or ''}"]


_FLOW = "flowcontrol.apiserver.k8s.io"
PRINTERS = {
    (_FLOW, "FlowSchema"): columns.Printer(FLOW_SCHEMA, _flow_schema, order=_precedence),
    (_FLOW, "PriorityLevelConfiguration"): columns.Printer(PRIORITY_LEVEL, _priority_level),
    ("apiregistration.k8s.io", "APIService"): columns.Printer(API_SERVICE, _api_service),
    ("internal.apiserver.k8s.io", "StorageVersion"): columns.Printer(STORAGE_VERSION, _storage_version),
    ("storagemigration.k8s.io", "StorageVersionMigration"): columns.Printer(MIGRATION, _migration),
}
