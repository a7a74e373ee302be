"""What a Job's status may become: it counts up, ends once, and says the same in every field.

Most rules look only at what a write changes, so that a Job that was written before a rule was made can still be
written to.  Counts may not be negative, whoever wrote them.
"""

from typing import Any

from steersman.api import times
from steersman.api.semantics import pods
from steersman.api.tree import Tree
from steersman.api.validation import jobpolicies
from steersman.api.validation.errors import Errors

_CONDITIONS = "status.conditions"


class _Job:
    """The parts of a Job that the rules speak of."""

    def __init__(self, tree: Tree) -> None:
        self.spec: Tree = tree.get("spec") or {}
        self.status: Tree = tree.get("status") or {}
        self.complete, self.failed, self.failing, self.succeeding = (
            pods.condition_status(tree, each) == "True"
            for each in ("Complete", "Failed", "FailureTarget", "SuccessCriteriaMet")
        )
        self.finished = self.complete or self.failed

    def count(self, name: str) -> int:
        return int(self.status.get(name) or 0)


def update(new: Tree, old: Tree, e: Errors) -> None:
    job, before = _Job(new), _Job(old)

    def changed(*names: str) -> bool:
        return any(job.status.get(name) != before.status.get(name) for name in names)

    for name in ("active", "succeeded", "failed", "ready", "terminating"):
        e.not_negative(f"status.{name}", job.status.get(name))
    _uncounted(job, e)
    _conditions(job, before, changed("failedIndexes"), e)
    _times(job, before, changed, e)
    if job.finished != before.finished or changed("active", "uncountedTerminatedPods", "terminating"):
        _finished(job, before, changed, e)
    _indexes(job, changed, e)
    ready = job.status.get("ready")
    if changed("ready", "active") and ready is not None and ready > job.count("active"):
        e.invalid("status.ready", ready, "cannot set more ready pods than active")
    _history(job, before, e)


def _uncounted(job: _Job, e: Errors) -> None:
    seen: set[str] = set()
    for name in ("succeeded", "failed"):
        for index, uid in enumerate((job.status.get("uncountedTerminatedPods") or {}).get(name) or ()):
            at = f"status.uncountedTerminatedPods.{name}[{index}]"
            if not uid:
                e.invalid(at, uid, "must not be empty")
            elif uid in seen:
                e.duplicate(at, uid)
            seen.add(uid)


def _conditions(job: _Job, before: _Job, failed_indexes_changed: bool, e: Errors) -> None:
    completion, failure = job.complete != before.complete, job.failed != before.failed
    if (completion or failure) and job.complete and job.failed:
        e.omitted(_CONDITIONS, "cannot set Complete=True and Failed=true conditions")
    if (completion or job.failing != before.failing) and job.complete and job.failing:
        e.omitted(_CONDITIONS, "cannot set Complete=True and FailureTarget=true conditions")
    if (failure or failed_indexes_changed) and job.failed and not job.failing:
        e.omitted(_CONDITIONS, "cannot set Failed=True condition without the FailureTarget=true condition")
    if (completion or job.succeeding != before.succeeding) and job.complete and not job.succeeding:
        e.omitted(_CONDITIONS, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition")
    if job.succeeding and job.failed:
        e.omitted(_CONDITIONS, "cannot set SuccessCriteriaMet=True and Failed=true conditions")
    if job.succeeding and job.failing:
        e.omitted(_CONDITIONS, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions")
    if job.spec.get("successPolicy") is not None and job.complete and not job.succeeding:
        why = "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"
        e.omitted(_CONDITIONS, why)


def _times(job: _Job, before: _Job, changed: Any, e: Errors) -> None:
    start, end = job.status.get("startTime"), job.status.get("completionTime")
    if job.complete != before.complete or changed("completionTime"):
        if end and not job.complete:
            why = "cannot set completionTime when there is no Complete=True condition"
            e.invalid("status.completionTime", end, why)
        if job.complete and not end:
            e.required("status.completionTime", "completionTime is required for Complete jobs")
    if changed("startTime", "completionTime") and start and end and times.parse(end) < times.parse(start):
        e.invalid("status.completionTime", end, "completionTime cannot be set before startTime")
    if (job.finished != before.finished or changed("startTime")) and job.finished and not start:
        e.required("status.startTime", "startTime is required for finished job")


def _finished(job: _Job, before: _Job, changed: Any, e: Errors) -> None:
    if not job.finished:
        return
    ended = not before.finished
    uncounted = job.status.get("uncountedTerminatedPods") or {}
    if (ended or changed("active")) and job.count("active") > 0:
        e.invalid("status.active", job.count("active"), "active>0 is invalid for finished job")
    if (ended or changed("uncountedTerminatedPods")) and (uncounted.get("succeeded") or uncounted.get("failed")):
        shown = {"Succeeded": uncounted.get("succeeded"), "Failed": uncounted.get("failed")}
        why = "uncountedTerminatedPods needs to be empty for finished job"
        e.invalid("status.uncountedTerminatedPods", shown, why)
    if (ended or changed("terminating")) and job.count("terminating") > 0:
        e.invalid("status.terminating", job.count("terminating"), "terminating>0 is invalid for finished job")


def _indexes(job: _Job, changed: Any, e: Errors) -> None:
    completions, per_index = job.spec.get("completions"), job.spec.get("backoffLimitPerIndex")
    done, failed = job.status.get("completedIndexes") or "", job.status.get("failedIndexes")
    sound = True
    for name, text, applies in (
        ("completedIndexes", done, True), ("failedIndexes", failed, per_index is not None and failed is not None),
    ):  # fmt: skip
        if changed(name) and completions is not None and applies:
            try:
                jobpolicies.ranges(text or "", completions)
            except ValueError as error:
                sound = False
                e.invalid(f"status.{name}", text, f"error parsing {name}: {error}")
    if changed("completedIndexes") and done and job.spec.get("completionMode") != "Indexed":
        why = "cannot set non-empty completedIndexes when non-indexed completion mode"
        e.invalid("status.completedIndexes", done, why)
    if changed("failedIndexes") and failed is not None and per_index is None:
        e.invalid("status.failedIndexes", failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
    if sound and changed("completedIndexes", "failedIndexes") and completions is not None and failed is not None:
        _apart(done, failed, completions, e)


def _apart(done: str, failed: str, completions: int, e: Errors) -> None:
    theirs = jobpolicies.ranges(failed, completions)
    for first, last in jobpolicies.ranges(done, completions):
        for low, high in theirs:
            if max(first, low) <= min(last, high):
                why = f"failedIndexes and completedIndexes overlap at index: {max(first, low)}"
                e.invalid("status.failedIndexes", failed, why)
                return


def _history(job: _Job, before: _Job, e: Errors) -> None:
    for name, is_set, was_set in (
        ("Failed", job.failed, before.failed), ("Complete", job.complete, before.complete),
        ("FailureTarget", job.failing, before.failing),
    ):  # fmt: skip
        if was_set and not is_set:
            e.omitted(_CONDITIONS, f"cannot disable the terminal {name}=True condition")
    if job.count("failed") < before.count("failed"):
        e.invalid("status.failed", job.count("failed"), "cannot decrease the failed counter")
    # An indexed Job whose completions and parallelism are one figure may be scaled down.
    elastic = job.spec.get("completionMode") == "Indexed" and (
        job.spec.get("completions") == job.spec.get("parallelism")
    )
    if not elastic and job.count("succeeded") < before.count("succeeded"):
        e.invalid("status.succeeded", job.count("succeeded"), "cannot decrease the succeeded counter")
    end, ended = job.status.get("completionTime"), before.status.get("completionTime")
    if end and ended and end != ended:
        e.invalid("status.completionTime", end, "completionTime cannot be mutated")
    started = before.status.get("startTime")
    if started and job.status.get("startTime") != started and not job.spec.get("suspend"):
        e.required("status.startTime", "startTime cannot be removed for unsuspended job")
    if before.succeeding and not job.succeeding:
        e.omitted(_CONDITIONS, "cannot disable the SuccessCriteriaMet=True condition")
    if before.complete and not before.succeeding and job.succeeding:
        why = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"
        e.omitted(_CONDITIONS, why)
