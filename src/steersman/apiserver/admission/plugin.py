"""What a plug-in is.

A plug-in names the resources, sub-resources and operations that it cares about, so that the chain can keep a
short list for each kind of write; most writes meet five of the two dozen.  Both methods refuse by raising
`StatusError`.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import ClassVar

from steersman.api import resources as tables
from steersman.api.tree import Tree
from steersman.apiserver import dialer as dialers
from steersman.apiserver.access import authorization, rbac, reading
from steersman.apiserver.admission.attributes import Attributes, Operation
from steersman.kit import aside as asides
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies

ANY: frozenset[str] | None = None
WRITES = frozenset({Operation.CREATE, Operation.UPDATE})
CREATES = frozenset({Operation.CREATE})


@dataclasses.dataclass(frozen=True, slots=True)
class Config:
    default_toleration_seconds: int = 300
    service_ca: str = "openshift-service-ca.crt"
    """A second config map that every pod's `kube-api-access` volume projects.  The recorded kube-apiserver adds it;
    empty for a cluster in which nobody publishes it, where pods would wait for it in vain."""
    enforce_owner_references: bool = False
    """OwnerReferencesPermissionEnforcement, which the reference leaves off."""


StatusWriter = Callable[[str, Tree], Awaitable[Tree]]
"""Writes an object's status as `kube-apiserver`: takes a storage prefix and the whole tree with the version it
was read at, returns what is stored now.  Raises StatusError 409 when it has changed meanwhile."""


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What plug-ins are made from."""

    reader: reading.Reader
    clock: clocks.Clock
    entropy: entropies.Entropy
    authorizer: authorization.Authorizer
    roles: rbac.Rbac | None = None
    """For the escalation checks; without it they are left out."""
    write_status: StatusWriter | None = None
    """For the quota; without it usage is checked against the status as others left it."""
    config: Config = Config()
    dialer: dialers.Dialer = dialers.NoDialer()
    """The way to webhooks."""
    resources: Callable[[], tables.Table] = lambda: tables.BUILTIN
    """What is served now."""
    aside: asides.Aside | None = None
    """For what would hold the loop; without it it does."""


class Plugin:
    """Does nothing.  A plug-in overrides `mutate`, `validate` or both."""

    name: ClassVar[str] = ""
    resources: ClassVar[frozenset[str] | None] = ANY
    """By `pods`, `ingresses.networking.k8s.io`; None for all."""
    subresources: ClassVar[frozenset[str] | None] = frozenset({""})
    """None for all."""
    operations: ClassVar[frozenset[Operation]] = WRITES

    def __init__(self, context: Context) -> None:
        self.context = context
        self.reader = context.reader

    async def mutate(self, a: Attributes) -> None:
        """May replace `a.object`."""

    async def validate(self, a: Attributes) -> None:
        """Sees the object as it will be stored."""

    def wants(self, resource: str, subresource: str, operation: Operation) -> bool:
        return (
            operation in self.operations
            and (self.resources is None or resource in self.resources)
            and (self.subresources is None or subresource in self.subresources)
        )
