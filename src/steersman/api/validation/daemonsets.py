"""DaemonSets."""

from steersman.api import labels
from steersman.api.tree import Tree
from steersman.api.validation import counts, internal, selectors, workloads
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import template as templates

TYPES = ("RollingUpdate", "OnDelete")
_STRATEGY = (
    ("Type", "type", ""),
    ("RollingUpdate", "rollingUpdate", (("MaxUnavailable", "maxUnavailable", 0), ("MaxSurge", "maxSurge", 0))),
)


def create(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    given, template = spec.get("selector"), spec.get("template") or {}
    selectors.selector(given, "spec.selector", e)
    try:
        workloads.matches(labels.from_object(given), template, e)
    except labels.SelectorError:
        pass  # told above
    if given is not None and selectors.is_empty(given):
        e.invalid("spec.selector", selectors.shown(given), "empty selector is invalid for daemonset")
    templates.template(template, "spec.template", e)
    workloads.forever(template, e, of="DaemonSet")
    e.not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    _strategy(spec.get("updateStrategy") or {}, e)
    e.not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def update(new: Tree, old: Tree, e: Errors) -> None:
    workloads.selector_immutable(new, old, e)
    create(new, e)


def _strategy(strategy: Tree, e: Errors) -> None:
    at, kind, rolling = "spec.updateStrategy", strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind == "OnDelete":
        return
    if kind != "RollingUpdate":
        e.unsupported(at, internal.render(strategy, _STRATEGY), TYPES)
    elif rolling is None:
        e.required(f"{at}.rollingUpdate")
    else:
        _rolling(rolling, f"{at}.rollingUpdate", e)


def _rolling(rolling: Tree, at: str, e: Errors) -> None:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    for check in (counts.positive, counts.at_most_all):
        check(unavailable, f"{at}.maxUnavailable", e)
        check(surge, f"{at}.maxSurge", e)
    if counts.number(unavailable) and counts.number(surge):
        e.invalid(f"{at}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
    if not counts.number(unavailable) and not counts.number(surge):
        e.required(f"{at}.maxUnavailable", "cannot be 0 when maxSurge is 0")
