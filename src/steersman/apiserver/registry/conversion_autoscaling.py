"""HorizontalPodAutoscaler: autoscaling/v2 is stored, autoscaling/v1 knows one metric, the CPU.

What v1 cannot say travels in annotations, as JSON in v1's own words, so that a client of v1 that reads and
writes an object loses nothing.
"""

import json
from typing import Any

from steersman.api.tree import Tree, at

METRICS = "autoscaling.alpha.kubernetes.io/metrics"
CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"


def _is_cpu_utilization(metric: Tree) -> bool:
    resource = metric.get("resource") or {}
    return (
        metric.get("type") == "Resource"
        and resource.get("name") == "cpu"
        and at(resource, "target", "averageUtilization") is not None
    )


def to_v1(tree: Tree) -> dict[str, Any]:
    spec = dict(tree.get("spec") or {})
    status = dict(tree.get("status") or {})
    annotations = dict(at(tree, "metadata", "annotations", default={}))
    others = []
    for metric in spec.pop("metrics", None) or ():
        if _is_cpu_utilization(metric) and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = metric["resource"]["target"]["averageUtilization"]
        else:
            others.append(_metric_to_v1(metric))
    if others:
        annotations[METRICS] = _text(others)
    behavior = spec.pop("behavior", None)
    if behavior:
        annotations[BEHAVIOR] = _text(behavior)
    current = status.pop("currentMetrics", None)
    for metric in current or ():
        used = at(metric, "resource", "current", "averageUtilization")
        if metric.get("type") == "Resource" and at(metric, "resource", "name") == "cpu" and used is not None:
            status["currentCPUUtilizationPercentage"] = used
    if current:
        annotations[CURRENT] = _text(current)
    conditions = status.pop("conditions", None)
    if conditions:
        annotations[CONDITIONS] = _text(conditions)
    status.setdefault("currentReplicas", 0)
    return _rebuilt(tree, annotations, spec, status)


def to_v2(tree: Tree) -> dict[str, Any]:
    spec = dict(tree.get("spec") or {})
    status = dict(tree.get("status") or {})
    annotations = dict(at(tree, "metadata", "annotations", default={}))
    metrics = []
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    metrics += [_metric_to_v2(metric) for metric in _parsed(annotations.pop(METRICS, ""), [])]
    if metrics:
        spec["metrics"] = metrics
    behavior = _parsed(annotations.pop(BEHAVIOR, ""), None)
    if behavior:
        spec["behavior"] = behavior
    status.pop("currentCPUUtilizationPercentage", None)
    if status.get("currentReplicas") == 0:
        del status["currentReplicas"]
    status["currentMetrics"] = _parsed(annotations.pop(CURRENT, ""), None)
    conditions = _parsed(annotations.pop(CONDITIONS, ""), None)
    if conditions:
        status["conditions"] = conditions
    return _rebuilt(tree, annotations, spec, status)


def _metric_to_v1(metric: Tree) -> dict[str, Any]:
    """A resource metric in v1's flat words; other types keep theirs."""
    if metric.get("type") != "Resource":
        return dict(metric)
    target = at(metric, "resource", "target", default={})
    flat: dict[str, Any] = {"name": at(metric, "resource", "name")}
    if "averageUtilization" in target:
        flat["targetAverageUtilization"] = target["averageUtilization"]
    if "averageValue" in target:
        flat["targetAverageValue"] = target["averageValue"]
    return {"type": "Resource", "resource": flat}


def _metric_to_v2(metric: Tree) -> dict[str, Any]:
    flat = metric.get("resource")
    if metric.get("type") != "Resource" or not isinstance(flat, dict) or "target" in flat:
        return dict(metric)
    if "targetAverageUtilization" in flat:
        target = {"type": "Utilization", "averageUtilization": flat["targetAverageUtilization"]}
    else:
        target = {"type": "AverageValue", "averageValue": flat.get("targetAverageValue")}
    return {"type": "Resource", "resource": {"name": flat.get("name"), "target": target}}


def _rebuilt(tree: Tree, annotations: dict[str, Any], spec: Tree, status: Tree) -> dict[str, Any]:
    out = dict(tree)
    metadata = dict(tree.get("metadata") or {})
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    out["metadata"], out["spec"] = metadata, spec
    if "status" in tree:
        out["status"] = status
    return out


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _parsed(text: str, default: Any) -> Any:
    try:
        return json.loads(text) if text else default
    except ValueError:
        return default
