"""HorizontalPodAutoscalers of both versions: what v1 does not have is absent and stays so."""

from typing import Any

from steersman.api.defaults import fill
from steersman.api.tree import MutableTree

_UP: dict[str, Any] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": (("Pods", 4, 15), ("Percent", 100, 15)),
}
_DOWN: dict[str, Any] = {"selectPolicy": "Max", "policies": (("Percent", 100, 15),)}


def horizontal_pod_autoscaler(tree: MutableTree) -> None:
    spec = fill.child(tree, "spec")
    fill.unless(spec, minReplicas=1)
    if tree.get("apiVersion") == "autoscaling/v1":
        return
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        _rules(fill.child(behavior, "scaleUp"), _UP)
        _rules(fill.child(behavior, "scaleDown"), _DOWN)


def _rules(rules: MutableTree, defaults: dict[str, Any]) -> None:
    for name, value in defaults.items():
        if rules.get(name) is None:
            rules[name] = [_policy(*each) for each in value] if name == "policies" else value


def _policy(kind: str, value: int, seconds: int) -> dict[str, Any]:
    return {"type": kind, "value": value, "periodSeconds": seconds}
