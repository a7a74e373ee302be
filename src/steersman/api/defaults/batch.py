"""Jobs and CronJobs.  A CronJob's template gets a pod's defaults only: the Job that is made of it gets a Job's."""

from steersman.api.defaults import fill, pods
from steersman.api.tree import MutableTree

_MOST = (1 << 31) - 1


def job(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    template = fill.child(spec, "template")
    pods.template(template)
    _conditions(spec)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    per_index = spec.get("backoffLimitPerIndex") is not None
    fill.unless(
        spec, parallelism=1, backoffLimit=_MOST if per_index else 6, completionMode="NonIndexed", suspend=False,
        manualSelector=False,
        podReplacementPolicy="Failed" if spec.get("podFailurePolicy") is not None else "TerminatingOrFailed",
    )  # fmt: skip
    labels = (template.get("metadata") or {}).get("labels")
    metadata = fill.child(tree, "metadata")
    if labels and not metadata.get("labels"):
        metadata["labels"] = dict(labels)


def cron_job(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    fill.unless(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    made = fill.child(fill.child(spec, "jobTemplate"), "spec")
    pods.template(fill.child(made, "template"))
    _conditions(made)


def _conditions(spec: MutableTree) -> None:
    """A condition in a failure policy asks for True unless it says otherwise."""
    for rule in fill.items(spec.get("podFailurePolicy") or {}, "rules"):
        for pattern in fill.items(rule, "onPodConditions"):
            if not pattern.get("status"):
                pattern["status"] = "True"
