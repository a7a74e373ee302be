"""Deployments."""

from steersman.api.tree import Tree
from steersman.api.validation import counts, internal, workloads
from steersman.api.validation.errors import Errors

TYPES = ("Recreate", "RollingUpdate")
_STRATEGY = (
    ("Type", "type", ""),
    ("RollingUpdate", "rollingUpdate", (("MaxUnavailable", "maxUnavailable", 0), ("MaxSurge", "maxSurge", 0))),
)


def create(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    e.not_negative("spec.replicas", spec.get("replicas"))
    found = workloads.selector(spec, e, of="deployment")
    workloads.template(spec.get("template") or {}, found, e, of="ReplicaSet")
    _strategy(spec.get("strategy") or {}, e)
    ready = spec.get("minReadySeconds") or 0
    e.not_negative("spec.minReadySeconds", ready)
    e.not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None:
        e.not_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= ready:
            e.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def update(new: Tree, old: Tree, e: Errors) -> None:
    create(new, e)
    workloads.selector_immutable(new, old, e)


def _strategy(strategy: Tree, e: Errors) -> None:
    at, kind, rolling = "spec.strategy", strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            e.forbidden(f"{at}.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif kind != "RollingUpdate":
        e.unsupported(at, internal.render(strategy, _STRATEGY), TYPES)
    elif rolling is None:
        e.required(f"{at}.rollingUpdate", "this should be defaulted and never be nil")
    else:
        _rolling(rolling, f"{at}.rollingUpdate", e)


def _rolling(rolling: Tree, at: str, e: Errors) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    counts.positive(unavailable, f"{at}.maxUnavailable", e)
    counts.positive(surge, f"{at}.maxSurge", e)
    if not counts.number(unavailable) and not counts.number(surge):
        e.invalid(f"{at}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    counts.at_most_all(unavailable, f"{at}.maxUnavailable", e)
