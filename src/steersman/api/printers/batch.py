"""Jobs and cron jobs."""

from typing import Any

from steersman.api.printers import cells, columns, durations
from steersman.api.semantics import pods
from steersman.api.tree import Tree

JOB = (
    columns.NAME,
    columns.Column("Status", "Status of the job."),
    columns.of("Completions", "batch.v1.JobStatus.succeeded"),
    columns.Column("Duration", "Time required to complete the job."),
    columns.AGE,
    columns.CONTAINERS,
    columns.IMAGES,
    columns.of("Selector", "batch.v1.JobSpec.selector", priority=1),
)
CRON_JOB = (
    columns.NAME,
    columns.of("Schedule", "batch.v1.CronJobSpec.schedule"),
    columns.of("Timezone", "batch.v1.CronJobSpec.timeZone"),
    columns.of("Suspend", "batch.v1.CronJobSpec.suspend", "boolean"),
    columns.of("Active", "batch.v1.CronJobStatus.active", "integer"),
    columns.of("Last Schedule", "batch.v1.CronJobStatus.lastScheduleTime"),
    columns.AGE,
    columns.CONTAINERS,
    columns.IMAGES,
    columns.of("Selector", "batch.v1.JobSpec.selector", priority=1),
)


def _job(tree: Tree, now: float) -> list[Any]:
    spec = cells.spec(tree)
    return [
        cells.name(tree),
        _status(tree),
        _completions(tree),
        _duration(cells.status(tree), now),
        cells.age(tree, now),
        *cells.containers(spec.get("template")),
        cells.selector(spec.get("selector")),
    ]


def _status(tree: Tree) -> str:
    """The first that holds, the final ones before those of a job on its way."""
    if pods.condition_status(tree, "Complete") == "True":
        return "Complete"
    if pods.condition_status(tree, "Failed") == "True":
        return "Failed"
    if cells.is_deleting(tree):
        return "Terminating"
    for type in ("Suspended", "FailureTarget"):
        if pods.condition_status(tree, type) == "True":
            return type
    return "Running"


def _completions(tree: Tree) -> str:
    spec, done = cells.spec(tree), cells.number(cells.status(tree), "succeeded")
    wanted, parallel = spec.get("completions"), cells.number(spec, "parallelism")
    if wanted is not None:
        return f"{done}/{wanted}"
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _duration(status: Tree, now: float) -> str:
    start, end = durations.moment(status.get("startTime")), durations.moment(status.get("completionTime"))
    return "" if start is None else durations.human((now if end is None else end) - start)


def _cron_job(tree: Tree, now: float) -> list[Any]:
    spec, status = cells.spec(tree), cells.status(tree)
    last, suspend, zone = status.get("lastScheduleTime"), spec.get("suspend"), spec.get("timeZone")
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    return [
        cells.name(tree),
        spec.get("schedule") or "",
        cells.NONE if zone is None else zone,
        cells.UNSET if suspend is None else str(bool(suspend)),
        len(status.get("active") or ()),
        durations.since(last, now) if last else cells.NONE,
        cells.age(tree, now),
        *cells.containers(job.get("template")),
        cells.selector(job.get("selector")),
    ]


PRINTERS = {
    ("batch", "Job"): columns.Printer(JOB, _job),
    ("batch", "CronJob"): columns.Printer(CRON_JOB, _cron_job),
}
