"""Which writes a rule means.  Pure: admission policies have the same rules."""

import dataclasses

from steersman.api import resources
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.webhooks.configurations import Rule

GROUP = "admissionregistration.k8s.io"
EXEMPT = frozenset(
    f"{name}.{GROUP}"
    for name in (
        "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
    )
)  # fmt: skip
"""What no hook and no policy is asked about: who configures admission must be able to mend it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """What a rule looks at.  `namespace` is that of the request, of a Namespace its own name."""

    operation: str
    group: str
    version: str
    resource: str
    subresource: str
    namespace: str

    @property
    def is_namespace(self) -> bool:
        return self.resource == "namespaces" and not self.group


def asked(a: Attributes, resource: resources.Resource) -> Asked:
    """A write as one of a resource: its own, or an equivalent one."""
    return Asked(str(a.operation), resource.group, resource.version, resource.plural, a.subresource, namespace_of(a))


def namespace_of(a: Attributes) -> str:
    return a.namespace or (a.name if a.resource.name == "namespaces" else "")


def matches(rule: Rule, asked: Asked) -> bool:
    return (
        _in_scope(rule.scope, asked)
        and _any_of(rule.operations, asked.operation)
        and _any_of(rule.groups, asked.group)
        and _any_of(rule.versions, asked.version)
        and any(
            resource in ("*", asked.resource) and subresource in ("*", asked.subresource)
            for resource, subresource in rule.resources
        )
    )


def _in_scope(scope: str, asked: Asked) -> bool:
    if scope == "Namespaced":
        return not asked.is_namespace and bool(asked.namespace)
    if scope == "Cluster":
        return asked.is_namespace or not asked.namespace
    return scope == "*"


def _any_of(allowed: frozenset[str], value: str) -> bool:
    return "*" in allowed or value in allowed
