"""Namespaces, Nodes, LimitRanges and ResourceQuotas."""

from typing import Any

from steersman.api import field, names, quantity
from steersman.api.tree import Tree
from steersman.api.validation import addresses, internal, resources
from steersman.api.validation.errors import Errors
from steersman.api.validation.podspec.scheduling import EFFECTS

_TAINT = (("Key", "key", ""), ("Value", "value", ""), ("Effect", "effect", ""), ("TimeAdded", "timeAdded", None))
_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_CIDR_KEPT = 'node updates may not change podCIDR except from "" to valid'
_PROVIDER_KEPT = 'node updates may not change providerID except from "" to valid'


def namespace(tree: Tree, e: Errors) -> None:
    for name in (tree.get("spec") or {}).get("finalizers") or ():
        e.named("spec.finalizers", name, names.qualified_name)
        if "/" not in name and name not in _FINALIZERS:
            e.invalid("spec.finalizers", name, "name is neither a standard finalizer name nor is it fully qualified")


def namespace_update(new: Tree, old: Tree, e: Errors) -> None:
    """Nothing beyond its metadata."""


def node(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    taints(spec.get("taints") or (), "metadata.taints", e)
    _amounts(tree.get("status") or {}, e)
    cidrs = spec.get("podCIDRs") or []
    for index, text in enumerate(cidrs):
        addresses.cidr(text, f"spec.podCIDRs[{index}]", e)
    if len(cidrs) > 1:
        parsed = [addresses.parse_network(text) for text in cidrs]
        if None in parsed:
            bad = next(text for text, network in zip(cidrs, parsed, strict=True) if network is None)
            why = f"invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR address: {bad}"
            e.found.append(field.internal(field.Path("spec.podCIDRs"), why))
        versions = {network.version for network in parsed if network is not None}
        if len(versions) != 2 or len(cidrs) > 2:
            e.invalid("spec.podCIDRs", cidrs, "may specify no more than one CIDR for each IP family")


def _amounts(status: Tree, e: Errors) -> None:
    for group in ("capacity", "allocatable"):
        for name, value in (status.get(group) or {}).items():
            resources.amount(name, value, f"status.{group}.{name}", e)


def taints(items: Any, at: str, e: Errors) -> None:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(items):
        where, key, effect = f"{at}[{index}]", taint.get("key") or "", taint.get("effect") or ""
        e.named(f"{where}.key", key, names.qualified_name)
        complaints = names.label_value(taint.get("value") or "")
        if complaints:
            e.invalid(f"{where}.value", taint["value"], ";".join(complaints))
        e.required_one_of(f"{where}.effect", effect, EFFECTS)
        if (key, effect) in seen:
            shown = internal.render(taint, _TAINT)
            e.duplicate(where, shown, "taints must be unique by key and effect pair")
        seen.add((key, effect))


def node_update(new: Tree, old: Tree, e: Errors) -> None:
    node(new, e)
    spec, before = new.get("spec") or {}, old.get("spec") or {}
    _amounts(new.get("status") or {}, e)
    seen: list[Tree] = []
    for index, address in enumerate((new.get("status") or {}).get("addresses") or ()):
        if address in seen:
            shown = internal.render(address, (("Type", "type", ""), ("Address", "address", "")))
            e.duplicate(f"status.addresses[{index}]", shown)
        seen.append(address)
    after, cidrs = spec.get("podCIDRs") or [], before.get("podCIDRs") or []
    if cidrs and len(cidrs) != len(after):
        e.forbidden("spec.podCIDRs", _CIDR_KEPT)
    elif cidrs:
        for text, other in zip(cidrs, after, strict=True):
            if text != other:
                e.forbidden("spec.podCIDRs", _CIDR_KEPT)
    if before.get("providerID") and before["providerID"] != spec.get("providerID"):
        e.forbidden("spec.providerID", _PROVIDER_KEPT)
    taints(spec.get("taints") or (), "metadata.taints", e)
    if (spec.get("externalID") or "") != (before.get("externalID") or ""):
        e.forbidden("spec.externalID", "may not be updated")


_LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")


def limit_range(tree: Tree, e: Errors) -> None:
    seen: set[str] = set()
    for index, limit in enumerate((tree.get("spec") or {}).get("limits") or ()):
        at, kind = f"spec.limits[{index}]", limit.get("type") or ""
        if e.named(f"{at}.type", kind, names.qualified_name) and "/" not in kind and kind not in _LIMIT_TYPES:
            e.invalid(f"{at}.type", kind, "must be a standard limit type or fully qualified")
        if kind in seen:
            e.duplicate(f"{at}.type", kind)
        seen.add(kind)
        _limit(limit, kind, at, e)


def _limit(limit: Any, kind: str, at: str, e: Errors) -> None:
    rule = resources.container_resource_name if kind in ("Pod", "Container") else resources.resource_name
    known: dict[str, None] = {}

    def check(group: str) -> dict[str, str]:
        values: dict[str, str] = limit.get(group) or {}
        for name in values:
            rule(name, f"{at}.{group}[{name}]", e)
            known.setdefault(name)
        return values

    most, least = check("max"), check("min")
    defaults: dict[str, str] = {}
    requests: dict[str, str] = {}
    if kind == "Pod":
        for group in ("default", "defaultRequest"):
            if limit.get(group):
                e.forbidden(f"{at}.{group}", "may not be specified when `type` is 'Pod'")
    else:
        defaults, requests = check("default"), check("defaultRequest")
    if kind == "PersistentVolumeClaim" and "storage" not in least and "storage" not in most:
        e.required(f"{at}.limits", "either minimum or maximum storage value is required, but neither was provided")
    ratios = check("maxLimitRequestRatio")
    for name in known:
        _bounds(
            name, at, e, least=least.get(name), most=most.get(name), default=defaults.get(name),
            request=requests.get(name), ratio=ratios.get(name),
        )  # fmt: skip


def _bounds(
    name: str,
    at: str,
    e: Errors,
    *,
    least: str | None,
    most: str | None,
    default: str | None,
    request: str | None,
    ratio: str | None,
) -> None:
    def above(left: str | None, right: str | None) -> bool:
        return left is not None and right is not None and quantity.compare(left, right) > 0

    if above(least, most):
        e.invalid(f"{at}.min[{name}]", least, f"min value {least} is greater than max value {most}")
    where = f"{at}.defaultRequest[{name}]"
    if above(least, request):
        e.invalid(where, request, f"min value {least} is greater than default request value {request}")
    if above(request, most):
        e.invalid(where, request, f"default request value {request} is greater than max value {most}")
    if above(request, default):
        e.invalid(where, request, f"default request value {request} is greater than default limit value {default}")
    if above(least, default):
        e.invalid(f"{at}.default[{name}]", least, f"min value {least} is greater than default value {default}")
    if above(default, most):
        e.invalid(f"{at}.default[{name}]", most, f"default value {default} is greater than max value {most}")
    if ratio is not None:
        _ratio(name, at, e, ratio=ratio, least=least, most=most)
    if not resources.can_overcommit(name) and default and request and quantity.compare(default, request):
        e.invalid(where, request, f"default value {default} must equal to defaultRequest value {request} in {name}")


def _ratio(name: str, at: str, e: Errors, *, ratio: str, least: str | None, most: str | None) -> None:
    where = f"{at}.maxLimitRequestRatio[{name}]"
    if quantity.compare(ratio, "1") < 0:
        e.invalid(where, ratio, f"ratio {ratio} is less than 1")
    if least is None or most is None:
        return
    low, high = quantity.milli(least), quantity.milli(most)
    limit = high / low if low else (float("inf") if high else float("nan"))
    if quantity.milli(ratio) / 1000 > limit:
        e.invalid(where, ratio, f"ratio {ratio} is greater than max/min = {limit:f}")


def limit_range_update(new: Tree, old: Tree, e: Errors) -> None:
    limit_range(new, e)


_SCOPES = (
    "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)  # fmt: skip
_EXISTS_ONLY = ("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity")
_CONFLICTS = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_EXISTS_TEXT = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)


def resource_quota(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    hard = spec.get("hard") or {}
    _quota_amounts(hard, "spec.hard", e)
    scopes = spec.get("scopes") or []
    for scope in scopes:
        if scope not in _SCOPES:
            e.invalid("spec.scopes", scopes, "unsupported scope")
        for name in sorted(hard):
            if name in resources.QUOTA and not _fits(scope, name):
                e.invalid("spec.scopes", scopes, "unsupported scope applied to resource")
    for pair in _CONFLICTS:
        if set(pair) <= set(scopes):
            e.invalid("spec.scopes", scopes, "conflicting scopes")
    if spec.get("scopeSelector") is not None:
        _scope_selector(spec, hard, e)


def _quota_amounts(values: Any, at: str, e: Errors) -> None:
    for name, value in values.items():
        resources.quota_resource_name(name, f"{at}[{name}]", e)
        resources.amount(name, value, f"{at}[{name}]", e)


def _fits(scope: str, name: str) -> bool:
    if scope in ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity"):
        return name in resources.COMPUTE or name == "pods"
    return scope != "BestEffort" or name == "pods"


def _scope_selector(spec: Any, hard: Any, e: Errors) -> None:
    at, seen = "spec.scopeSelector.matchExpressions", set()
    for rule in spec["scopeSelector"].get("matchExpressions") or ():
        scope, operator, values = rule.get("scopeName") or "", rule.get("operator") or "", rule.get("values") or ()
        if scope not in _SCOPES:
            e.invalid(f"{at}.scopeName", scope, "unsupported scope")
        for name in sorted(hard):
            if name in resources.QUOTA and not _fits(scope, name):
                e.raw(at, _shown_selector(spec["scopeSelector"]), "unsupported scope applied to resource")
        if scope in _EXISTS_ONLY and operator != "Exists":
            e.invalid(f"{at}.operator", operator, _EXISTS_TEXT)
        if operator in ("In", "NotIn"):
            if not values:
                why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                e.required(f"{at}.values", why)
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                e.invalid(f"{at}.values", list(values), why)
        else:
            e.invalid(f"{at}.operator", operator, "not a valid selector operator")
        seen.add(scope)
    for pair in _CONFLICTS:
        if set(pair) <= seen:
            e.invalid(at, spec.get("scopes"), "conflicting scopes")


def _shown_selector(tree: Tree) -> str:
    rule = (("ScopeName", "scopeName", ""), ("Operator", "operator", ""), ("Values", "values", None))
    return internal.shown(tree, (("MatchExpressions", "matchExpressions", [rule]),))


def resource_quota_update(new: Tree, old: Tree, e: Errors) -> None:
    resource_quota(new, e)
    after, before = (new.get("spec") or {}).get("scopes"), (old.get("spec") or {}).get("scopes")
    if set(after or ()) != set(before or ()):
        e.invalid("spec.scopes", after, "field is immutable")
