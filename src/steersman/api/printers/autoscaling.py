"""Horizontal pod autoscalers: for each metric, what is and what should be.

An object of autoscaling/v1 says its CPU target in one field and the other metrics in annotations, in a flatter
form; it prints the same row.
"""

import json
from collections.abc import Sequence
from typing import Any

from steersman.api.printers import cells, columns, durations
from steersman.api.tree import Tree

COLUMNS = (
    columns.NAME,
    columns.of("Reference", "autoscaling.v2.HorizontalPodAutoscalerSpec.scaleTargetRef"),
    columns.of("Targets", "autoscaling.v2.HorizontalPodAutoscalerSpec.metrics"),
    columns.of("MinPods", "autoscaling.v2.HorizontalPodAutoscalerSpec.minReplicas"),
    columns.of("MaxPods", "autoscaling.v2.HorizontalPodAutoscalerSpec.maxReplicas"),
    columns.of("Replicas", "autoscaling.v2.HorizontalPodAutoscalerStatus.currentReplicas"),
    columns.AGE,
)
_SHOWN = 2
_SOURCES = {
    "External": "external",
    "Pods": "pods",
    "Object": "object",
    "Resource": "resource",
    "ContainerResource": "containerResource",
}


def _row(tree: Tree, now: float) -> list[Any]:
    spec, status = cells.spec(tree), cells.status(tree)
    wanted, current = _metrics(tree, spec, status)
    target, least = spec.get("scaleTargetRef") or {}, spec.get("minReplicas")
    shown = [_metric(each, current[i] if i < len(current) else {}) for i, each in enumerate(wanted)]
    return [
        cells.name(tree),
        f"{target.get('kind') or ''}/{target.get('name') or ''}",
        cells.at_most(shown, _SHOWN, ", ") or cells.NONE,
        cells.UNSET if least is None else str(least),
        cells.number(spec, "maxReplicas"),
        cells.number(status, "currentReplicas"),
        cells.age(tree, now),
    ]


def _metric(wanted: Tree, current: Tree) -> str:
    source = _SOURCES.get(wanted.get("type") or "")
    if source is None:
        return "<unknown type>"
    want = wanted.get(source) or {}
    target, have = want.get("target") or {}, current.get(source)
    value = (have or {}).get("current") or {}
    if source == "pods":
        return f"{_quantity(have, value, 'averageValue')}/{target.get('averageValue', '<nil>')}"
    if source in ("external", "object"):
        if target.get("averageValue") is not None:
            return f"{value.get('averageValue', durations.UNKNOWN)}/{target['averageValue']} (avg)"
        return f"{_quantity(have, value, 'value')}/{target.get('value', '<nil>')}"
    if target.get("averageValue") is not None:
        return f"{want.get('name')}: {_quantity(have, value, 'averageValue')}/{target['averageValue']}"
    used, share = value.get("averageUtilization"), target.get("averageUtilization")
    left = durations.UNKNOWN if used is None else f"{used}%"
    return f"{want.get('name')}: {left}/{'<auto>' if share is None else f'{share}%'}"


def _quantity(have: Tree | None, value: Tree, field: str) -> str:
    """A measured quantity: unknown before there is a measurement at all."""
    return durations.UNKNOWN if have is None else str(value.get(field, "<nil>"))


_WANTED = "autoscaling.alpha.kubernetes.io/metrics"
_CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics"


def _metrics(tree: Tree, spec: Tree, status: Tree) -> tuple[Sequence[Tree], Sequence[Tree]]:
    """What is wanted and what was measured, in v2's words."""
    if tree.get("apiVersion") != "autoscaling/v1":
        return spec.get("metrics") or (), status.get("currentMetrics") or ()
    wanted = [_unflattened(each, "target") for each in _listed(cells.annotation(tree, _WANTED))]
    share = spec.get("targetCPUUtilizationPercentage")
    if share is not None:
        wanted.insert(0, {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": share}}})
    return wanted, [_unflattened(each, "current") for each in _listed(cells.annotation(tree, _CURRENT))]


def _listed(text: Any) -> list[Tree]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _unflattened(metric: Tree, side: str) -> Tree:
    """`targetAverageValue: x` as `target: {averageValue: x}`; what is not flat is left alone."""
    source = _SOURCES.get(metric.get("type") or "", "")
    flat = metric.get(source)
    if not isinstance(flat, dict) or isinstance(flat.get(side), dict):
        return metric
    found = {
        key[len(side)].lower() + key[len(side) + 1 :]: value
        for key, value in flat.items()
        if key.startswith(side) and len(key) > len(side) and not isinstance(value, dict)
    }
    return {**metric, source: {**flat, side: found}}


PRINTERS = {("autoscaling", "HorizontalPodAutoscaler"): columns.Printer(COLUMNS, _row)}
