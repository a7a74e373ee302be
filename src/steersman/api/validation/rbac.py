"""Roles and their bindings."""

from typing import Any

from steersman.api import labels, names
from steersman.api.tree import Tree
from steersman.api.validation import internal, selectors
from steersman.api.validation.errors import Errors

GROUP = "rbac.authorization.k8s.io"
_ROLE_REF = (("APIGroup", "apiGroup", ""), ("Kind", "kind", ""), ("Name", "name", ""))
_SUBJECTS = ("ServiceAccount", "User", "Group")


def role(tree: Tree, e: Errors) -> None:
    _rules(tree, e, namespaced=True)


def role_update(new: Tree, old: Tree, e: Errors) -> None:
    role(new, e)


def cluster_role(tree: Tree, e: Errors) -> None:
    _rules(tree, e, namespaced=False)
    aggregation = tree.get("aggregationRule")
    if aggregation is None:
        return
    at, found = "aggregationRule.clusterRoleSelectors", aggregation.get("clusterRoleSelectors") or ()
    if not found:
        e.required(at, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for index, selector in enumerate(found):
        selectors.selector(selector, f"{at}[{index}]", e)
        try:
            labels.from_object(selector)
        except labels.SelectorError:
            e.invalid(f"{at}[{index}]", None, "invalid label selector.")


def cluster_role_update(new: Tree, old: Tree, e: Errors) -> None:
    cluster_role(new, e)


def _rules(tree: Tree, e: Errors, *, namespaced: bool) -> None:
    for index, rule in enumerate(tree.get("rules") or ()):
        at, urls = f"rules[{index}]", rule.get("nonResourceURLs")
        if not rule.get("verbs"):
            e.required(f"{at}.verbs", "verbs must contain at least one value")
        if urls:
            if namespaced:
                e.invalid(f"{at}.nonResourceURLs", urls, "namespaced rules cannot apply to non-resource URLs")
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                why = "rules cannot apply to both regular resources and non-resource URLs"
                e.invalid(f"{at}.nonResourceURLs", urls, why)
            continue
        if not rule.get("apiGroups"):
            e.required(f"{at}.apiGroups", "resource rules must supply at least one api group")
        if not rule.get("resources"):
            e.required(f"{at}.resources", "resource rules must supply at least one resource")


def role_binding(tree: Tree, e: Errors) -> None:
    _binding(tree, e, ("Role", "ClusterRole"), namespaced=True)


def role_binding_update(new: Tree, old: Tree, e: Errors) -> None:
    role_binding(new, e)
    _same_role(new, old, e)


def cluster_role_binding(tree: Tree, e: Errors) -> None:
    _binding(tree, e, ("ClusterRole",), namespaced=False)


def cluster_role_binding_update(new: Tree, old: Tree, e: Errors) -> None:
    cluster_role_binding(new, e)
    _same_role(new, old, e)


def _same_role(new: Tree, old: Tree, e: Errors) -> None:
    after = internal.render(new.get("roleRef") or {}, _ROLE_REF)
    if after != internal.render(old.get("roleRef") or {}, _ROLE_REF):
        e.raw("roleRef", internal.text(after), "cannot change roleRef")


def _binding(tree: Tree, e: Errors, kinds: tuple[str, ...], *, namespaced: bool) -> None:
    ref = tree.get("roleRef") or {}
    e.one_of("roleRef.apiGroup", ref.get("apiGroup") or "", (GROUP,))
    e.one_of("roleRef.kind", ref.get("kind") or "", kinds)
    if not ref.get("name"):
        e.required("roleRef.name")
    else:
        e.named("roleRef.name", ref["name"], names.path_segment)
    for index, subject in enumerate(tree.get("subjects") or ()):
        _subject(subject, f"subjects[{index}]", e, namespaced=namespaced)


def _subject(subject: Any, at: str, e: Errors, *, namespaced: bool) -> None:
    kind, name, group = subject.get("kind") or "", subject.get("name") or "", subject.get("apiGroup") or ""
    if not name:
        e.required(f"{at}.name")
    if kind == "ServiceAccount":
        if name:
            e.named(f"{at}.name", name, names.dns1123_subdomain)
        if group:
            e.unsupported(f"{at}.apiGroup", group, ("",))
        if not namespaced and not subject.get("namespace"):
            e.required(f"{at}.namespace")
    elif kind in ("User", "Group"):
        e.one_of(f"{at}.apiGroup", group, (GROUP,))
    else:
        e.unsupported(f"{at}.kind", kind, _SUBJECTS)
