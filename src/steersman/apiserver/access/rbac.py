"""RBAC: roles say what, bindings say who.

The four kinds are read once per change of any of them into an index by subject; an answered question is kept
until then.  So a request costs four version numbers and one look-up, and the ten-thousandth object of a role
costs nothing.

Order, for reasons that name a binding: cluster role bindings before role bindings, each by name.  (The
reference takes its cache's order, which is none.)
"""

import dataclasses
from collections.abc import Iterator

from steersman.api.tree import Tree
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.access import authorization, reading, rules, serviceaccounts
from steersman.kit import http

RESOURCES = (reading.CLUSTER_ROLES, reading.CLUSTER_ROLE_BINDINGS, reading.ROLES, reading.ROLE_BINDINGS)
GROUP = "rbac.authorization.k8s.io"
REMEMBERED = 8192
"""How many answers are kept between two changes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Grant:
    """One subject of one binding."""

    order: int
    namespace: str
    """Where the binding stands; empty for a cluster role binding."""
    binding: str
    role_kind: str
    role: str
    subject: str
    """As a reason names it: `Group "devs"`, `ServiceAccount "default/ns"`."""

    @property
    def reason(self) -> str:
        binding = (
            f'RoleBinding "{self.binding}/{self.namespace}"'
            if self.namespace
            else (f'ClusterRoleBinding "{self.binding}"')
        )
        return f'RBAC: allowed by {binding} of {self.role_kind} "{self.role}" to {self.subject}'


class Unresolved(Exception):
    """A binding's role is not there."""


Key = tuple[str, str, str, str, str, str, str, str, tuple[str, ...]]


class Rbac:
    def __init__(self, reader: reading.Reader) -> None:
        self._reader = reader
        self._versions: tuple[int, ...] = ()
        self._grants: dict[tuple[str, str], list[Grant]] = {}
        self._rules: dict[tuple[str, str], list[rules.Rule]] = {}
        self._answers: dict[Key, authorization.Decision] = {}

    def authorize(self, attributes: asked.Attributes) -> authorization.Decision:
        self._refresh()
        user = attributes.user
        key = (
            user.name, attributes.verb, attributes.group, attributes.resource, attributes.subresource,
            attributes.namespace, attributes.name, attributes.path, user.groups,
        )  # fmt: skip
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            answer = self._answers[key] = self._decide(attributes)
        return answer

    def _decide(self, attributes: asked.Attributes) -> authorization.Decision:
        missing: list[str] = []
        for grant in self._granted(attributes.user, attributes.namespace):
            try:
                granted = self._role_rules(grant)
            except Unresolved as error:
                missing.append(str(error))
                continue
            if any(rules.allows(rule, attributes) for rule in granted):
                return authorization.Decision(authorization.Verdict.ALLOW, grant.reason)
        if not missing:
            return authorization.NONE
        return authorization.Decision(authorization.Verdict.NONE, f"RBAC: {rules.bracketed(missing)}")

    def rules_for(self, user: http.User, namespace: str) -> tuple[list[Tree], list[str]]:
        """Every rule that reaches the user in a namespace, each binding's anew, and the roles not found."""
        self._refresh()
        found: list[Tree] = []
        missing: list[str] = []
        for grant in self._granted(user, namespace):
            try:
                found.extend(map(rules.render, self._role_rules(grant)))
            except Unresolved as error:
                missing.append(str(error))
        return found, missing

    def role_rules(self, kind: str, name: str, namespace: str) -> list[rules.Rule] | None:
        """The rules of a role that a binding in `namespace` refers to; None when it is not there."""
        self._refresh()
        try:
            return self._rules_of(kind, name, namespace)
        except Unresolved:
            return None

    def _refresh(self) -> None:
        versions = tuple(map(self._reader.version, RESOURCES))
        if versions == self._versions:
            return
        self._grants.clear()
        self._rules.clear()
        self._answers.clear()
        order = 0
        for resource in (reading.CLUSTER_ROLE_BINDINGS, reading.ROLE_BINDINGS):
            for binding in self._reader.list(resource):
                for subject, grant in _grants(binding, order):
                    self._grants.setdefault(subject, []).append(grant)
                    order += 1
        self._versions = versions

    def _granted(self, user: http.User, namespace: str) -> list[Grant]:
        """The bindings that reach the user in a namespace, in order, each once."""
        subjects = [("User", user.name), *(("Group", group) for group in user.groups)]
        account = serviceaccounts.split(user.name)
        if account is not None:
            subjects.append(("ServiceAccount", "/".join(account)))
        reaching = [
            grant
            for subject in subjects
            for grant in self._grants.get(subject, ())
            if not grant.namespace or grant.namespace == namespace
        ]
        reaching.sort(key=lambda grant: grant.order)
        return list({(grant.namespace, grant.binding): grant for grant in reversed(reaching)}.values())[::-1]

    def _role_rules(self, grant: Grant) -> list[rules.Rule]:
        return self._rules_of(grant.role_kind, grant.role, grant.namespace)

    def _rules_of(self, kind: str, name: str, namespace: str) -> list[rules.Rule]:
        where = namespace if kind == "Role" else ""
        known = self._rules.get((where, name))
        if known is None:
            role = self._reader.get(reading.ROLES if kind == "Role" else reading.CLUSTER_ROLES, where, name)
            if role is None:
                raise Unresolved(f'{kind.lower()}.{GROUP} "{name}" not found')
            known = self._rules[where, name] = [rules.parse(rule) for rule in role.get("rules") or ()]
        return known


def _grants(binding: Tree, order: int) -> Iterator[tuple[tuple[str, str], Grant]]:
    meta = binding["metadata"]
    namespace = meta.get("namespace", "")
    role = binding.get("roleRef") or {}
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind", ""), subject.get("name", "")
        label = key = name
        if kind == "ServiceAccount":
            at = subject.get("namespace") or namespace
            if not at:
                continue
            label, key = f"{name}/{at}", f"{at}/{name}"
        yield (
            (kind, key),
            Grant(order, namespace, meta["name"], role.get("kind", ""), role.get("name", ""), f'{kind} "{label}"'),
        )
        order += 1
