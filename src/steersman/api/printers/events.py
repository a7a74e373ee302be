"""Events, of the core group and of events.k8s.io: the same stored object under two sets of names."""

from typing import Any

from steersman.api.printers import cells, columns, durations
from steersman.api.tree import Tree

COLUMNS = (
    columns.of("Last Seen", "core.v1.Event.lastTimestamp"),
    columns.of("Type", "core.v1.Event.type"),
    columns.of("Reason", "core.v1.Event.reason"),
    columns.of("Object", "core.v1.Event.involvedObject"),
    columns.of("Subobject", "core.v1.ObjectReference.fieldPath", priority=1),
    columns.of("Source", "core.v1.Event.source", priority=1),
    columns.of("Message", "core.v1.Event.message"),
    columns.of("First Seen", "core.v1.Event.firstTimestamp", priority=1),
    columns.of("Count", "core.v1.Event.count", priority=1),
    columns.of("Name", "meta.v1.ObjectMeta.name", priority=1, format="name"),
)


def _row(tree: Tree, now: float) -> list[Any]:
    def either(core: str, other: str) -> Any:
        value = tree.get(core)
        return tree.get(other) if value is None else value

    about, source = either("involvedObject", "regarding") or {}, either("source", "deprecatedSource") or {}
    first = durations.since(either("firstTimestamp", "deprecatedFirstTimestamp") or tree.get("eventTime"), now)
    last_stamp = either("lastTimestamp", "deprecatedLastTimestamp")
    last = durations.since(last_stamp, now) if last_stamp else first
    count = either("count", "deprecatedCount") or 1
    series = tree.get("series")
    if series is not None:
        last = durations.since(series.get("lastObservedTime"), now)
        count = series.get("count") or 0
    component = source.get("component") or either("reportingComponent", "reportingController") or ""
    instance = source.get("host") or tree.get("reportingInstance")
    kind, name = (about.get("kind") or "").lower(), about.get("name")
    return [
        last,
        tree.get("type") or "",
        tree.get("reason") or "",
        f"{kind}/{name}" if name else kind,
        about.get("fieldPath") or "",
        f"{component}, {instance}" if instance else component,
        (either("message", "note") or "").strip(),
        first,
        count,
        cells.name(tree),
    ]


_PRINTER = columns.Printer(COLUMNS, _row)
PRINTERS = {("", "Event"): _PRINTER, ("events.k8s.io", "Event"): _PRINTER}
