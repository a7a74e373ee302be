"""HorizontalPodAutoscalers, in both versions.

The reference checks the internal form, so that what is wrong with a v1 object is told in v2's fields.
"""

from collections.abc import Callable
from typing import Any

from steersman.api import names, quantity
from steersman.api.tree import Tree
from steersman.api.validation import resources, selectors
from steersman.api.validation.errors import NOT_POSITIVE, Errors

SOURCES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_FIELDS = {name: name[0].lower() + name[1:] for name in SOURCES}
_TARGETS = ("Utilization", "Value", "AverageValue")
_MOST_SECONDS, _MOST_PERIOD = 3600, 1800
_POPULATE = "must populate information for the given metric source"


def create(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    least, most, metrics = spec.get("minReplicas"), spec.get("maxReplicas") or 0, spec.get("metrics") or ()
    if "targetCPUUtilizationPercentage" in spec:
        target = {"type": "Utilization", "averageUtilization": spec["targetCPUUtilizationPercentage"]}
        metrics = ({"type": "Resource", "resource": {"name": "cpu", "target": target}},)
    if least is not None and least < 1:
        e.invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if not most:
        e.required("spec.maxReplicas", "must be set and greater than 0")
    elif most < 1:
        e.invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
    if least is not None and most < least:
        e.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    _reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef", e)
    _metrics(metrics, least, e)
    for name in ("scaleUp", "scaleDown"):
        rules = (spec.get("behavior") or {}).get(name)
        if rules is not None:
            _rules(rules, f"spec.behavior.{name}", e)


def update(new: Tree, old: Tree, e: Errors) -> None:
    create(new, e)


def _reference(tree: Any, at: str, e: Errors) -> None:
    for name in ("kind", "name"):
        if not tree.get(name):
            e.required(f"{at}.{name}")
        else:
            e.named(f"{at}.{name}", tree[name], names.path_segment)
    version = tree.get("apiVersion") or ""
    if version.count("/") > 1:
        e.invalid(f"{at}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    elif not version.partition("/")[1] and (tree.get("kind") or "") != "ReplicationController":
        e.invalid(f"{at}.apiVersion", version, "apiVersion must specify API group")


def _metrics(metrics: Any, least: int | None, e: Errors) -> None:
    kinds = set()
    for index, metric in enumerate(metrics):
        _metric(metric, f"spec.metrics[{index}]", e)
        kinds.add(metric.get("type"))
    if least == 0 and not kinds & {"Object", "External"}:
        why = "must specify at least one Object or External metric to support scaling to zero replicas"
        e.forbidden("spec.metrics", why)


def _metric(metric: Any, at: str, e: Errors) -> None:
    kind = metric.get("type") or ""
    if not kind:
        e.required(f"{at}.type", "must specify a metric source type")
    if kind not in SOURCES:
        e.unsupported(f"{at}.type", kind, SOURCES)
    present = [name for name in ("object", "external", "pods", "resource", "containerResource") if name in metric]
    if present:
        _CHECKS[present[0]](metric[present[0]], f"{at}.{present[0]}", e)
    expected = _FIELDS.get(kind, "")
    if kind not in SOURCES:
        e.unsupported(f"{at}.type", kind, SOURCES)
    elif expected not in present:
        e.required(f"{at}.{expected}", _POPULATE)
    if len(present) != 1:
        for name in present:
            if name != expected:
                e.forbidden(f"{at}.{name}", "must populate the given metric source only")


def _object(tree: Any, at: str, e: Errors) -> None:
    _reference(tree.get("describedObject") or {}, f"{at}.describedObject", e)
    _identifier(tree.get("metric") or {}, f"{at}.metric", e)
    target = tree.get("target") or {}
    _target(target, f"{at}.target", e)
    if target.get("value") is None and target.get("averageValue") is None:
        e.required(f"{at}.target.averageValue", "must set either a target value or averageValue")


def _external(tree: Any, at: str, e: Errors) -> None:
    _identifier(tree.get("metric") or {}, f"{at}.metric", e)
    target = tree.get("target") or {}
    _target(target, f"{at}.target", e)
    if target.get("value") is None and target.get("averageValue") is None:
        why = "must set either a target value for metric or a per-pod target"
        e.required(f"{at}.target.averageValue", why)
    if target.get("value") is not None and target.get("averageValue") is not None:
        why = "may not set both a target value for metric and a per-pod target"
        e.forbidden(f"{at}.target.value", why)


def _pods(tree: Any, at: str, e: Errors) -> None:
    _identifier(tree.get("metric") or {}, f"{at}.metric", e)
    target = tree.get("target") or {}
    _target(target, f"{at}.target", e)
    value = target.get("averageValue")
    if value is None or quantity.nano(value) <= 0:
        e.required(f"{at}.target.averageValue", "must specify a positive target averageValue")


def _resource(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("name"):
        e.required(f"{at}.name", "must specify a resource name")
    _used(tree.get("target") or {}, f"{at}.target", e)


def _container(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("name"):
        e.required(f"{at}.name", "must specify a resource name")
    else:
        resources.container_resource_name(tree["name"], f"{at}.name", e)
    if not tree.get("container"):
        e.required(f"{at}.container", "must specify a container")
    else:
        e.named(f"{at}.container", tree["container"], names.dns1123_label)
    _used(tree.get("target") or {}, f"{at}.target", e)


def _used(target: Any, at: str, e: Errors) -> None:
    _target(target, at, e)
    share, value = target.get("averageUtilization"), target.get("averageValue")
    if share is None and value is None:
        e.required(f"{at}.averageUtilization", "must set either a target raw value or a target utilization")
    if share is not None and value is not None:
        e.forbidden(f"{at}.averageValue", "may not set both a target raw value and a target utilization")


def _target(target: Any, at: str, e: Errors) -> None:
    kind = target.get("type") or ""
    if not kind:
        e.required(f"{at}.type", "must specify a metric target type")
    if kind not in _TARGETS:
        e.invalid(f"{at}.type", kind, "must be either Utilization, Value, or AverageValue")
    for name in ("value", "averageValue"):
        if target.get(name) is not None and quantity.nano(target[name]) <= 0:
            e.invalid(f"{at}.{name}", target[name], "must be positive")
    share = target.get("averageUtilization")
    if share is not None and share < 1:
        e.invalid(f"{at}.averageUtilization", share, "must be greater than 0")


def _identifier(tree: Any, at: str, e: Errors) -> None:
    if not tree.get("name"):
        e.required(f"{at}.name", "must specify a metric name")
    else:
        e.named(f"{at}.name", tree["name"], names.path_segment)
    selectors.selector(tree.get("selector"), f"{at}.selector", e)


_CHECKS: dict[str, Callable[[Any, str, Errors], None]] = {
    "object": _object, "external": _external, "pods": _pods, "resource": _resource, "containerResource": _container,
}  # fmt: skip


def _rules(rules: Any, at: str, e: Errors) -> None:
    window, select = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy")
    if window is not None and window < 0:
        e.invalid(f"{at}.stabilizationWindowSeconds", window, "must be greater than or equal to zero")
    if window is not None and window > _MOST_SECONDS:
        e.invalid(f"{at}.stabilizationWindowSeconds", window, f"must be less than or equal to {_MOST_SECONDS}")
    if select is not None:
        e.one_of(f"{at}.selectPolicy", select, ("Disabled", "Max", "Min"))
    policies = rules.get("policies") or ()
    if not policies:
        e.required(f"{at}.policies", "must specify at least one Policy")
    for index, policy in enumerate(policies):
        where, value, period = f"{at}.policies[{index}]", policy.get("value") or 0, policy.get("periodSeconds") or 0
        e.one_of(f"{where}.type", policy.get("type") or "", ("Percent", "Pods"))
        if value <= 0:
            e.invalid(f"{where}.value", value, NOT_POSITIVE)
        if period <= 0:
            e.invalid(f"{where}.periodSeconds", period, NOT_POSITIVE)
        if period > _MOST_PERIOD:
            e.invalid(f"{where}.periodSeconds", period, f"must be less than or equal to {_MOST_PERIOD}")
    if rules.get("tolerance") is not None:
        e.not_negative_quantity(f"{at}.tolerance", rules["tolerance"])
