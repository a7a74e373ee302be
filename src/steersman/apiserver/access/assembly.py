"""Access put together: what an API server needs to know who asks and whether they may."""

import dataclasses
from collections.abc import Mapping

from steersman.api.tree import Tree
from steersman.apiserver.access import authentication, authorization, node, rbac, reading, reviews, tokens
from steersman.kit import clock as clocks
from steersman.kit import http


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    authenticator: authentication.Authenticator
    authorizer: authorization.Authorizer
    """Superusers, then nodes, then RBAC."""
    roles: rbac.Rbac
    issuer: tokens.Issuer
    clock: clocks.Clock

    def review(self, user: http.User, resource: str, namespace: str, tree: Tree) -> Tree:
        """The answer to a posted review; `resource` is one of `reviews.HANDLERS`.  Raises StatusError."""
        asking = reviews.Asking(user, self.authorizer, self.roles, self.authenticator, self.clock, namespace)
        return reviews.HANDLERS[resource](asking, tree)


def assemble(
    reader: reading.Reader,
    clock: clocks.Clock,
    issuer: tokens.Issuer,
    *,
    static: Mapping[str, http.User] | None = None,
    bootstrap: bool = True,
    anonymous: bool = True,
) -> Access:
    roles = rbac.Rbac(reader)
    return Access(
        authenticator=authentication.Authenticator(
            reader, clock, issuer=issuer, static=static, bootstrap=bootstrap, anonymous=anonymous
        ),
        authorizer=authorization.Union([authorization.Superusers(), node.Node(reader), roles]),
        roles=roles,
        issuer=issuer,
        clock=clock,
    )
