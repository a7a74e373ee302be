"""Who sets up a policy with parameters, or binds one to some, must be allowed to read them.

Expressions can tell what they read, so without this a policy would be a way to other people's secrets.  The reference
asks when the object is otherwise valid; so it is here, as the first of the validating half of the chain.
"""

from typing import Any

from steersman.api import field, resources, status
from steersman.api.tree import at
from steersman.apiserver.access import attributes
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import Plugin
from steersman.apiserver.admission.policies import configurations
from steersman.kit import http

_POLICIES = frozenset({configurations.VALIDATING, configurations.MUTATING})
_POLICY_OF = {
    configurations.VALIDATING_BINDINGS: configurations.VALIDATING,
    configurations.MUTATING_BINDINGS: configurations.MUTATING,
}
_ANY = ("*", "*", "*")


class ReadableParameters(Plugin):
    name = "ReadableParameters"
    resources = _POLICIES | frozenset(_POLICY_OF)

    async def validate(self, a: Attributes) -> None:
        if a.resource.name in _POLICIES:
            self._check_policy(a)
        else:
            self._check_binding(a)

    def _check_policy(self, a: Attributes) -> None:
        kind = a.at("spec", "paramKind")
        if kind is None or (a.old is not None and at(a.old, "spec", "paramKind") == kind):
            return
        if not self._may_get(a.user, self._resource(kind), "*", "*"):
            raise _refusal(
                a,
                "spec.paramKind",
                f'user {_shown(a.user)} must have "get" permission on all objects of the referenced paramKind '
                f"(kind={kind.get('kind') or ''}, apiVersion={kind.get('apiVersion') or ''})",
            )

    def _check_binding(self, a: Attributes) -> None:
        ref, name = a.at("spec", "paramRef"), a.at("spec", "policyName", default="")
        if ref is None:
            return
        if a.old is not None and at(a.old, "spec", "paramRef") == ref and at(a.old, "spec", "policyName") == name:
            return
        policy = self.reader.get(_POLICY_OF[a.resource.name], "", name)
        kind = at(policy, "spec", "paramKind") if policy is not None else None
        resource = _ANY if kind is None else self._resource(kind)
        if not self._may_get(a.user, resource, ref.get("namespace") or "", ref.get("name") or ""):
            raise _refusal(
                a,
                "spec.paramRef",
                f'user {_shown(a.user)} does not have "get" permission on the object referenced by paramRef',
            )

    def _resource(self, kind: Any) -> tuple[str, str, str]:
        """Group, version and resource of a `paramKind`; any resource where it is not served."""
        api_version = kind.get("apiVersion") or ""
        group, version = resources.split(api_version)
        found = self.context.resources().by_kind(api_version, kind.get("kind") or "")
        return group, version, found.plural if found is not None else "*"

    def _may_get(self, user: http.User, resource: tuple[str, str, str], namespace: str, name: str) -> bool:
        group, version, plural = resource
        asked = attributes.Attributes(user, "get", group, version, plural, "", namespace, name)
        return self.context.authorizer.authorize(asked).allowed


def _shown(user: http.User) -> str:
    """As Go prints it."""
    extra = " ".join(f"{key}:[{' '.join(user.extra[key])}]" for key in sorted(user.extra))
    return f"&{{{user.name} {user.uid} [{' '.join(user.groups)}] map[{extra}]}}"


def _refusal(a: Attributes, where: str, why: str) -> status.StatusError:
    found = [field.forbidden(field.Path(where), why)]
    return status.invalid(a.resource.kind, a.resource.group, a.name, found)
