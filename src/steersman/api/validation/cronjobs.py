"""CronJobs.

Whether a time zone exists is asked of Python's `zoneinfo`, which reads the system's files once a name.
"""

import zoneinfo

from steersman.api.tree import Tree
from steersman.api.validation import cron, jobs
from steersman.api.validation.errors import Errors
from steersman.kit import limits

POLICIES = ("Allow", "Forbid", "Replace")
_NAME_LENGTH = 52


def create(tree: Tree, e: Errors) -> None:
    _spec(tree.get("spec") or {}, e)
    name = (tree.get("metadata") or {}).get("name") or ""
    if len(name) > _NAME_LENGTH:
        e.invalid("metadata.name", name, f"must be no more than {_NAME_LENGTH} characters")


def update(new: Tree, old: Tree, e: Errors) -> None:
    _spec(new.get("spec") or {}, e)


def _spec(spec: Tree, e: Errors) -> None:
    schedule = spec.get("schedule") or ""
    if not schedule:
        e.required("spec.schedule")
    else:
        _schedule(schedule, e)
    e.not_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    if spec.get("timeZone") is not None:
        _zone(spec["timeZone"], e)
    e.required_one_of("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), POLICIES)
    made = (spec.get("jobTemplate") or {}).get("spec") or {}
    jobs.job_spec(made, "spec.jobTemplate.spec", e)
    if made.get("selector") is not None:
        e.invalid("spec.jobTemplate.spec.selector", made["selector"], "`selector` will be auto-generated")
    if made.get("manualSelector"):
        e.unsupported("spec.jobTemplate.spec.manualSelector", True, ("nil", "false"))
    e.not_negative("spec.successfulJobsHistoryLimit", spec.get("successfulJobsHistoryLimit"))
    e.not_negative("spec.failedJobsHistoryLimit", spec.get("failedJobsHistoryLimit"))


def _schedule(schedule: str, e: Errors) -> None:
    try:
        cron.check(schedule)
    except cron.Refused as refused:
        e.invalid("spec.schedule", schedule, str(refused))
    if "TZ" in schedule:
        why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        e.invalid("spec.schedule", schedule, why)


def _zone(zone: str, e: Errors) -> None:
    if not zone:
        e.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string")
    elif zone.lower() == "local":
        why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        e.invalid("spec.timeZone", zone, why)
    elif ".." in zone or zone[0] in "/\\":
        e.invalid("spec.timeZone", zone, "time: invalid location name")
    elif not _exists(zone):
        e.invalid("spec.timeZone", zone, f"unknown time zone {zone}")


@limits.remembered(1024)
def _exists(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
