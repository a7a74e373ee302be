"""Priority and fairness."""

import math
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import internal
from steersman.api.validation.errors import Errors

_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_SUBJECTS = ("Group", "ServiceAccount", "User")
_DISTINGUISHERS = ("ByNamespace", "ByUser")
_HIGHEST, _ENTROPY = 10000, 60


def flow_schema(tree: Tree, e: Errors) -> None:
    spec = tree.get("spec") or {}
    precedence = spec.get("matchingPrecedence") or 0
    if precedence <= 0:
        e.invalid("spec.matchingPrecedence", precedence, "must be a positive value")
    if precedence > _HIGHEST:
        e.invalid("spec.matchingPrecedence", precedence, f"must not be greater than {_HIGHEST}")
    name = (tree.get("metadata") or {}).get("name")
    if precedence == 1 and name and name != "exempt":
        e.invalid("spec.matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in _DISTINGUISHERS:
        shown = internal.render(method, (("Type", "type", ""),))
        e.unsupported("spec.distinguisherMethod.type", shown, _DISTINGUISHERS)
    level = (spec.get("priorityLevelConfiguration") or {}).get("name") or ""
    if level:
        e.named("spec.priorityLevelConfiguration.name", level, names.dns1123_subdomain)
    else:
        e.required("spec.priorityLevelConfiguration.name", "must reference a priority level")
    for index, rule in enumerate(spec.get("rules") or ()):
        _rule(rule, f"spec.rules[{index}]", e)


def flow_schema_update(new: Tree, old: Tree, e: Errors) -> None:
    flow_schema(new, e)


def _rule(rule: Any, at: str, e: Errors) -> None:
    subjects = rule.get("subjects") or ()
    if not subjects:
        e.required(f"{at}.subjects", "subjects must contain at least one value")
    for index, subject in enumerate(subjects):
        _subject(subject, f"{at}.subjects[{index}]", e)
    if not rule.get("resourceRules") and not rule.get("nonResourceRules"):
        e.required(at, "at least one of resourceRules and nonResourceRules has to be non-empty")
    for index, each in enumerate(rule.get("resourceRules") or ()):
        _resource_rule(each, f"{at}.resourceRules[{index}]", e)
    for index, each in enumerate(rule.get("nonResourceRules") or ()):
        _url_rule(each, f"{at}.nonResourceRules[{index}]", e)


def _subject(subject: Any, at: str, e: Errors) -> None:
    kind = subject.get("kind") or ""
    for name in ("serviceAccount", "user", "group"):
        if name[0].upper() + name[1:] == kind:
            if subject.get(name) is None:
                e.required(f"{at}.{name}", f"{name} is required when subject kind is '{kind}'")
            elif name == "serviceAccount":
                _account(subject[name], f"{at}.{name}", e)
            elif not subject[name].get("name"):
                e.required(f"{at}.{name}.name")
        elif subject.get(name) is not None and kind in _SUBJECTS:
            e.forbidden(f"{at}.{name}", f"{name} is forbidden when subject kind is not '{name[0].upper() + name[1:]}'")
    if kind not in _SUBJECTS:
        e.unsupported(f"{at}.kind", kind, _SUBJECTS)


def _account(tree: Any, at: str, e: Errors) -> None:
    name, namespace = tree.get("name") or "", tree.get("namespace") or ""
    if not name:
        e.required(f"{at}.name")
    elif name != "*":
        e.named(f"{at}.name", name, names.dns1123_subdomain)
    if namespace:
        e.named(f"{at}.namespace", namespace, names.dns1123_label)
    else:
        e.required(f"{at}.namespace", "must specify namespace for service account")


def _verbs(rule: Any, at: str, e: Errors) -> None:
    verbs = rule.get("verbs") or []
    if not verbs:
        e.required(f"{at}.verbs", "verbs must contain at least one value")
    elif "*" in verbs:
        if len(verbs) > 1:
            e.invalid(f"{at}.verbs", verbs, "if '*' is present, must not specify other verbs")
    elif any(verb not in _VERBS for verb in verbs):
        e.unsupported(f"{at}.verbs", verbs, _VERBS)


def _resource_rule(rule: Any, at: str, e: Errors) -> None:
    _verbs(rule, at, e)
    for field, missing, others in (
        ("apiGroups", "resource rules must supply at least one api group", "api groups"),
        ("resources", "resource rules must supply at least one resource", "resources"),
    ):
        values = rule.get(field) or []
        if not values:
            e.required(f"{at}.{field}", missing)
        elif "*" in values and len(values) > 1:
            e.invalid(f"{at}.{field}", values, f"if '*' is present, must not specify other {others}")
    namespaces = rule.get("namespaces") or []
    if not namespaces and not rule.get("clusterScope"):
        e.required(f"{at}.namespaces", "resource rules that are not cluster scoped must supply at least one namespace")
    elif "*" in namespaces:
        if len(namespaces) > 1:
            e.invalid(f"{at}.namespaces", namespaces, "if '*' is present, must not specify other namespaces")
    else:
        for index, name in enumerate(namespaces):
            for text in names.dns1123_label(name):
                why = f"each member of this list must be '*' or a DNS-1123 label; {text}"
                e.invalid(f"{at}.namespaces[{index}]", name, why)


def _url_rule(rule: Any, at: str, e: Errors) -> None:
    _verbs(rule, at, e)
    urls = rule.get("nonResourceURLs") or []
    if not urls:
        e.required(f"{at}.nonResourceURLs", "nonResourceURLs must contain at least one value")
    elif "*" in urls:
        if len(urls) > 1:
            e.invalid(f"{at}.nonResourceURLs", urls, "if '*' is present, must not specify other non-resource URLs")
    else:
        for index, url in enumerate(urls):
            text = _url(url)
            if text:
                e.invalid(f"{at}.nonResourceURLs[{index}]", url, text)


def _url(path: str) -> str:
    if not path:
        return "must not be empty"
    if path == "/":
        return ""
    if not path.startswith("/"):
        return "must start with slash"
    if " " in path:
        return "must not contain white-space"
    if "//" in path:
        return "must not contain double slash"
    if "*" in path and not (path.count("*") == 1 and path.endswith("/*")):
        return "wildcard can only do suffix matching"
    return ""


def priority_level(tree: Tree, e: Errors) -> None:
    spec: Any = tree.get("spec") or {}
    kind, limited, exempt = spec.get("type") or "", spec.get("limited"), spec.get("exempt")
    name = (tree.get("metadata") or {}).get("name")
    if (name == "exempt") != (kind == "Exempt") and name == "exempt":
        e.invalid("spec.type", kind, "type must be 'Exempt' if and only if name is 'exempt'")
    if kind == "Exempt":
        if limited is not None:
            e.forbidden("spec.limited", "must be nil if the type is not Limited")
        if exempt is not None:
            e.not_negative("spec.exempt.nominalConcurrencyShares", exempt.get("nominalConcurrencyShares"))
            _share(exempt.get("lendablePercent"), "spec.exempt.lendablePercent", e)
    elif kind == "Limited":
        if exempt is not None:
            e.forbidden("spec.exempt", "must be nil if the type is Limited")
        if limited is None:
            e.required("spec.limited", "must not be empty when type is Limited")
        else:
            _limited(limited, "spec.limited", e)
    else:
        e.unsupported("spec.type", kind, ("Exempt", "Limited"))


def priority_level_update(new: Tree, old: Tree, e: Errors) -> None:
    priority_level(new, e)


def _share(value: int | None, at: str, e: Errors) -> None:
    if value is not None:
        e.within(at, value, 0, 100)


def _limited(tree: Any, at: str, e: Errors) -> None:
    shares = tree.get("nominalConcurrencyShares")
    if shares is not None and shares < 0:
        e.invalid(f"{at}.nominalConcurrencyShares", shares, "must be a non-negative integer")
    response = tree.get("limitResponse") or {}
    kind, queuing, place = response.get("type") or "", response.get("queuing"), f"{at}.limitResponse"
    if kind == "Reject":
        if queuing is not None:
            e.forbidden(f"{place}.queuing", "must be nil if limited.limitResponse.type is not Limited")
    elif kind == "Queue":
        if queuing is None:
            e.required(f"{place}.queuing", "must not be empty if limited.limitResponse.type is Limited")
        else:
            _queuing(queuing, f"{place}.queuing", e)
    else:
        e.unsupported(f"{place}.type", kind, ("Queue", "Reject"))
    _share(tree.get("lendablePercent"), f"{at}.lendablePercent", e)
    if (tree.get("borrowingLimitPercent") or 0) < 0:
        why = "if specified, must be a non-negative integer"
        e.invalid(f"{at}.borrowingLimitPercent", tree["borrowingLimitPercent"], why)


def _queuing(tree: Any, at: str, e: Errors) -> None:
    queues, hand, length = tree.get("queues") or 0, tree.get("handSize") or 0, tree.get("queueLengthLimit") or 0
    if length <= 0:
        e.invalid(f"{at}.queueLengthLimit", length, "must be positive")
    if queues <= 0:
        e.invalid(f"{at}.queues", queues, "must be positive")
    if hand <= 0:
        e.invalid(f"{at}.handSize", hand, "must be positive")
    elif hand > queues:
        e.invalid(f"{at}.handSize", hand, f"should not be greater than queues ({queues})")
    elif _bits(queues, hand) > _ENTROPY:
        why = f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {_ENTROPY}"
        e.invalid(f"{at}.handSize", hand, why)


def _bits(deck: int, hand: int) -> int:
    """Bits that dealing a hand takes."""
    return sum(math.ceil(math.log2(deck - index)) for index in range(hand)) if hand <= deck else 0
