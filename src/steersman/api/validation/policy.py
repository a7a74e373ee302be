"""PodDisruptionBudgets, PriorityClasses, RuntimeClasses, Leases and Events."""

from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import counts, internal, resources, selectors
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec import scheduling, shapes

_EVICTION = ("AlwaysAllow", "IfHealthyBudget")
_PREEMPTION = ("PreemptLowerPriority", "Never")
_BUDGET = (
    ("MinAvailable", "minAvailable", None), ("Selector", "selector", None), ("MaxUnavailable", "maxUnavailable", None),
    ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy", None),
)  # fmt: skip
_HIGHEST_USER = 1_000_000_000
_SYSTEM = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def disruption_budget(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and most is not None:
        e.raw("spec", internal.shown(spec, _BUDGET), "minAvailable and maxUnavailable cannot be both set")
    for name, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is not None:
            counts.positive(value, f"spec.{name}", e)
            counts.at_most_all(value, f"spec.{name}", e)
    selectors.selector(spec.get("selector"), "spec.selector", e)
    if spec.get("unhealthyPodEvictionPolicy") is not None:
        e.one_of("spec.unhealthyPodEvictionPolicy", spec["unhealthyPodEvictionPolicy"], _EVICTION)


def disruption_budget_update(new: Tree, old: Tree, e: Errors) -> None:
    disruption_budget(new, e)


def priority_class(tree: Tree, e: Errors) -> None:
    name, value = (tree.get("metadata") or {}).get("name") or "", tree.get("value") or 0
    if name.startswith("system-"):
        wanted = _SYSTEM.get(name)
        if wanted is None or value != wanted or tree.get("globalDefault"):
            if wanted is None:
                why = f"error retrieving key {name}: not a known system priority class"
            elif value != wanted:
                why = f"value of {name} PriorityClass must be {wanted}"
            else:
                why = f"globalDefault of {name} PriorityClass must be false"
            e.forbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only. "
                        f"error: {why}")  # fmt: skip
    elif value > _HIGHEST_USER:
        e.forbidden("value", f"maximum allowed value of a user defined priority is {_HIGHEST_USER}")
    policy = tree.get("preemptionPolicy")
    if policy is not None:
        e.required_one_of("preemptionPolicy", policy, _PREEMPTION)


def priority_class_update(new: Tree, old: Tree, e: Errors) -> None:
    if (new.get("value") or 0) != (old.get("value") or 0):
        e.forbidden("value", "may not be changed in an update.")
    e.immutable("preemptionPolicy", new.get("preemptionPolicy"), old.get("preemptionPolicy"))


def runtime_class(tree: Tree, e: Errors) -> None:
    handler = tree.get("handler") or ""
    if not handler:
        e.required("handler")
    else:
        e.named("handler", handler, names.dns1123_label)
    overhead = tree.get("overhead")
    if overhead is not None:
        resources.requirements({"limits": overhead.get("podFixed")}, frozenset(), "overhead", e)
    placed = tree.get("scheduling")
    if placed is not None:
        selectors.labels(placed.get("nodeSelector"), "scheduling.nodeSelector", e)
        _tolerations(placed.get("tolerations") or (), e)


def _tolerations(items: Any, e: Errors) -> None:
    at = "scheduling.tolerations"
    scheduling.tolerations(items, at, e)
    for index, toleration in enumerate(items):
        if any(toleration == other for other in items[:index]):
            e.duplicate(f"{at}[{index}]", internal.render(toleration, shapes.TOLERATION))


def runtime_class_update(new: Tree, old: Tree, e: Errors) -> None:
    e.immutable("handler", new.get("handler") or "", old.get("handler") or "")


def lease(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        e.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")
    if transitions is not None and transitions < 0:
        e.invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0")
    strategy, holder = spec.get("strategy"), spec.get("preferredHolder")
    if strategy is not None and "/" in strategy:
        e.named("spec.strategy", strategy, names.qualified_name)
    elif strategy is not None:
        e.one_of("spec.strategy", strategy, ("OldestEmulationVersion",))
    if holder and not strategy:
        e.forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined")


def lease_update(new: Tree, old: Tree, e: Errors) -> None:
    lease(new, e)


_TEXT_LENGTH = 128
_NOTE_LENGTH = 1024
_TYPES = ("Normal", "Warning")
_REFERENCE = (
    ("Kind", "kind", ""), ("Namespace", "namespace", ""), ("Name", "name", ""), ("UID", "uid", ""),
    ("APIVersion", "apiVersion", ""), ("ResourceVersion", "resourceVersion", ""), ("FieldPath", "fieldPath", ""),
)  # fmt: skip


def core_event(tree: Tree, e: Errors) -> None:
    """An Event of the core group."""
    _any_event(tree, tree.get("involvedObject") or {}, "reportingComponent", tree.get("message"), e)


def event(tree: Tree, e: Errors) -> None:
    """An Event of events.k8s.io, told in the fields of the internal type."""
    _any_event(tree, tree.get("regarding") or {}, "reportingController", tree.get("note"), e)
    if not tree.get("eventTime"):
        e.required("eventTime")
    if (tree.get("type") or "") not in _TYPES:
        e.invalid("type", "", f"has invalid value: {tree.get('type') or ''}")
    for name, at in (
        ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"), ("deprecatedSource", "source"),
    ):  # fmt: skip
        if tree.get(name):
            e.invalid(at, "", "needs to be unset")


def _any_event(tree: Tree, about: Tree, controller: str, note: str | None, e: Errors) -> None:
    """Little is asked of an event without an event time: it comes from before there were such."""
    namespace, own = about.get("namespace") or "", (tree.get("metadata") or {}).get("namespace") or ""
    mismatch = "does not match event.namespace"
    if not tree.get("eventTime"):
        if (namespace or own not in ("", "default")) and namespace != own:
            e.invalid("involvedObject.namespace", namespace, mismatch)
        return
    if not namespace and own not in ("default", "kube-system"):
        e.invalid("involvedObject.namespace", namespace, mismatch)
    reporter = tree.get(controller) or ""
    if not reporter:
        e.required(controller)
    e.named(controller, reporter, names.qualified_name)
    for at in ("reportingInstance", "action", "reason"):
        value = tree.get(at) or ""
        if not value:
            e.required(at)
        if len(value) > _TEXT_LENGTH:
            e.invalid(at, "", f"can have at most {_TEXT_LENGTH} characters")
    if len(note or "") > _NOTE_LENGTH:
        e.invalid("message", "", f"can have at most {_NOTE_LENGTH} characters")


def core_event_update(new: Tree, old: Tree, e: Errors) -> None:
    core_event(new, e)


def event_update(new: Tree, old: Tree, e: Errors) -> None:
    """Of an event only its series changes."""
    _any_event(new, new.get("regarding") or {}, "reportingController", new.get("note"), e)
    pairs = (
        ("regarding", "involvedObject"), ("reason", "reason"), ("note", "message"), ("deprecatedSource", "source"),
        ("deprecatedFirstTimestamp", "firstTimestamp"), ("deprecatedLastTimestamp", "lastTimestamp"),
        ("deprecatedCount", "count"), ("type", "type"), ("eventTime", "eventTime"), ("action", "action"),
        ("related", "related"), ("reportingController", "reportingController"),
        ("reportingInstance", "reportingInstance"),
    )  # fmt: skip
    for name, at in pairs:
        if new.get(name) == old.get(name):
            continue
        if name in ("regarding", "related"):
            given = new.get(name)
            shown: Any = internal.render({} if given is None and name == "regarding" else given, _REFERENCE)
        elif name == "eventTime":
            shown = new.get(name)
        else:
            shown = new.get(name) or ""
        e.invalid(at, shown, "field is immutable")
