"""RBAC's rules as values: does one allow a request, does one set of them cover another.

A `Rule` is a PolicyRule made ready for asking.  Escalation checks break rules into atoms (one verb, one group,
one resource, at most one name, or one verb and one path), ask of each atom whether some rule held covers it,
and put those missing together again for the message.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from steersman.api import status
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.access import attributes as asked

ALL = "*"


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


def parse(tree: Tree) -> Rule:
    """A PolicyRule of rbac.authorization.k8s.io/v1."""
    return Rule(
        verbs=tuple(tree.get("verbs") or ()),
        groups=tuple(tree.get("apiGroups") or ()),
        resources=tuple(tree.get("resources") or ()),
        names=tuple(tree.get("resourceNames") or ()),
        urls=tuple(tree.get("nonResourceURLs") or ()),
    )


def render(rule: Rule) -> MutableTree:
    """The rule as the API has it; empty lists are left out."""
    tree: MutableTree = {"verbs": list(rule.verbs)}
    if rule.groups:
        tree["apiGroups"] = list(rule.groups)
    if rule.resources:
        tree["resources"] = list(rule.resources)
    if rule.names:
        tree["resourceNames"] = list(rule.names)
    if rule.urls:
        tree["nonResourceURLs"] = list(rule.urls)
    return tree


def allows(rule: Rule, attributes: asked.Attributes) -> bool:
    if attributes.verb not in rule.verbs and ALL not in rule.verbs:
        return False
    if not attributes.is_resource:
        return any(_url_matches(url, attributes.path) for url in rule.urls)
    if attributes.group not in rule.groups and ALL not in rule.groups:
        return False
    if rule.names and attributes.name not in rule.names:
        return False
    return _resource_matches(rule.resources, attributes.combined, attributes.subresource)


def _resource_matches(resources: Sequence[str], combined: str, subresource: str) -> bool:
    if combined in resources or ALL in resources:
        return True
    return bool(subresource) and f"*/{subresource}" in resources


def _url_matches(pattern: str, path: str) -> bool:
    if pattern in (ALL, path):
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))


def covers(held: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """The atoms of `wanted` that no rule of `held` covers; empty is consent."""
    return [atom for rule in wanted for atom in atoms(rule) if not any(_covers(h, atom) for h in held)]


def atoms(rule: Rule) -> Iterator[Rule]:
    for group in rule.groups:
        for resource in rule.resources:
            for verb in rule.verbs:
                if rule.names:
                    for name in rule.names:
                        yield Rule((verb,), (group,), (resource,), (name,))
                else:
                    yield Rule((verb,), (group,), (resource,))
    for url in rule.urls:
        for verb in rule.verbs:
            yield Rule((verb,), urls=(url,))


def _covers(held: Rule, atom: Rule) -> bool:
    if ALL not in held.verbs and not set(atom.verbs) <= set(held.verbs):
        return False
    if atom.urls:
        return all(any(_url_covers(pattern, url) for pattern in held.urls) for url in atom.urls)
    if ALL not in held.groups and not set(atom.groups) <= set(held.groups):
        return False
    if held.names and not (atom.names and set(atom.names) <= set(held.names)):
        return False
    return all(_resource_matches(held.resources, resource, resource.partition("/")[2]) for resource in atom.resources)


def _url_covers(pattern: str, url: str) -> bool:
    if pattern in (ALL, url):
        return True
    return pattern.endswith("*") and url.startswith(pattern.rstrip("*"))


def compact(missing: Iterable[Rule]) -> list[Rule]:
    """Atoms of the same resource as one rule with all their verbs; others as they are, first."""
    others: list[Rule] = []
    together: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for rule in missing:
        if rule.urls:
            others.append(rule)
        else:
            verbs = together.setdefault((rule.groups, rule.resources, rule.names), [])
            verbs.extend(rule.verbs)
    return others + [Rule(tuple(verbs), *key) for key, verbs in together.items()]


def described(rule: Rule) -> str:
    """One line, as the refusal of an escalation shows it."""
    parts = (
        ("APIGroups", rule.groups),
        ("Resources", rule.resources),
        ("NonResourceURLs", rule.urls),
        ("ResourceNames", rule.names),
        ("Verbs", rule.verbs),
    )
    return "{" + ", ".join(f"{name}:{listed(values)}" for name, values in parts if values) + "}"


def listed(values: Iterable[str]) -> str:
    """A list of strings as Go's `%q` prints it: `["get" "list"]`."""
    return "[" + " ".join(map(status.quoted, values)) + "]"


def bracketed(texts: Iterable[str]) -> str:
    """Several messages as the reference joins them: one alone, more in brackets, each once."""
    unique = list(dict.fromkeys(texts))
    return unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"
