"""Affinity to nodes and to other pods; node selectors, which PersistentVolumes have too."""

from collections.abc import Sequence
from typing import Any

from steersman.api import names
from steersman.api.tree import Tree
from steersman.api.validation import selectors
from steersman.api.validation.errors import Errors

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_WEIGHT = "must be in the range 1-100"


def affinity(tree: Tree, at: str, e: Errors) -> None:
    nodes = tree.get("nodeAffinity")
    if nodes is not None:
        if nodes.get(_REQUIRED) is not None:
            node_selector(nodes[_REQUIRED], f"{at}.nodeAffinity.{_REQUIRED}", e)
        for index, term in enumerate(nodes.get(_PREFERRED) or ()):
            where = f"{at}.nodeAffinity.{_PREFERRED}[{index}]"
            _weight(term, where, e)
            _node_term(term.get("preference") or {}, f"{where}.preference", e, values=False)
    for name in ("podAffinity", "podAntiAffinity"):
        pods = tree.get(name)
        if pods is not None:
            for index, term in enumerate(pods.get(_REQUIRED) or ()):
                _pod_term(term, f"{at}.{name}.{_REQUIRED}[{index}]", e)
            for index, term in enumerate(pods.get(_PREFERRED) or ()):
                where = f"{at}.{name}.{_PREFERRED}[{index}]"
                _weight(term, where, e)
                _pod_term(term.get("podAffinityTerm") or {}, f"{where}.podAffinityTerm", e)


def _weight(term: Any, at: str, e: Errors) -> None:
    weight = term.get("weight") or 0
    if not 1 <= weight <= 100:
        e.invalid(f"{at}.weight", weight, _WEIGHT)


def node_selector(tree: Tree, at: str, e: Errors) -> None:
    terms: Sequence[Any] = tree.get("nodeSelectorTerms") or ()
    if not terms:
        e.required(f"{at}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        _node_term(term, f"{at}.nodeSelectorTerms[{index}]", e)


def _node_term(term: Tree, at: str, e: Errors, *, values: bool = True) -> None:
    for index, requirement in enumerate(term.get("matchExpressions") or ()):
        _node_requirement(requirement, f"{at}.matchExpressions[{index}]", e, values=values)
    for index, requirement in enumerate(term.get("matchFields") or ()):
        _field_requirement(requirement, f"{at}.matchFields[{index}]", e)


def _node_requirement(tree: Tree, at: str, e: Errors, *, values: bool) -> None:
    operator, given = tree.get("operator") or "", tree.get("values") or ()
    if operator in ("In", "NotIn"):
        if not given:
            e.required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if given:
            e.forbidden(f"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    elif operator in ("Gt", "Lt"):
        if len(given) != 1:
            e.required(f"{at}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
    else:
        e.invalid(f"{at}.operator", operator, "not a valid selector operator")
    e.named(f"{at}.key", tree.get("key") or "", names.qualified_name)
    if values:
        for index, value in enumerate(given):
            e.named(f"{at}.values[{index}]", value, names.label_value)


def _field_requirement(tree: Tree, at: str, e: Errors) -> None:
    operator, given, key = tree.get("operator") or "", tree.get("values") or (), tree.get("key") or ""
    if operator in ("In", "NotIn"):
        if len(given) != 1:
            why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
            e.required(f"{at}.values", why)
    else:
        e.invalid(f"{at}.operator", operator, "not a valid selector operator")
    if key != "metadata.name":
        e.invalid(f"{at}.key", key, "not a valid field selector key")
    else:
        for index, value in enumerate(given):
            e.named(f"{at}.values[{index}]", value, names.dns1123_subdomain)


def _pod_term(term: Tree, at: str, e: Errors) -> None:
    selector, topology = term.get("labelSelector"), term.get("topologyKey") or ""
    selectors.selector(selector, f"{at}.labelSelector", e)
    selectors.selector(term.get("namespaceSelector"), f"{at}.namespaceSelector", e)
    for name in term.get("namespaces") or ():
        e.named(f"{at}.namespace", name, names.dns1123_label)
    if term.get("matchLabelKeys") or term.get("mismatchLabelKeys"):
        _label_keys(term, selector, at, e)
    if not topology:
        e.required(f"{at}.topologyKey", "can not be empty")
    e.named(f"{at}.topologyKey", topology, names.qualified_name)


def _label_keys(term: Tree, selector: Tree | None, at: str, e: Errors) -> None:
    match: Sequence[str] = term.get("matchLabelKeys") or ()
    mismatch: Sequence[str] = term.get("mismatchLabelKeys") or ()
    for name, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
        if keys and selector is None:
            e.forbidden(f"{at}.{name}", "must not be specified when labelSelector is not set")
        elif keys:
            for index, key in enumerate(keys):
                e.named(f"{at}.{name}[{index}]", key, names.qualified_name)
    if selector is not None:
        used = set(selector.get("matchLabels") or {})
        for expression in selector.get("matchExpressions") or ():
            key = expression.get("key") or ""
            if key in match and key in used:
                e.invalid(f"{at}[{match.index(key)}]", key, "exists in both matchLabelKeys and labelSelector")
            used.add(key)
    for index, key in enumerate(match):
        if key in mismatch:
            e.invalid(f"{at}.matchLabelKeys[{index}]", key, "exists in both matchLabelKeys and mismatchLabelKeys")
