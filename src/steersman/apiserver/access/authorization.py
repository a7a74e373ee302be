"""May they?  Authorisers are asked in turn; the first that has an opinion decides.

`Decision.NONE` is no opinion, and no opinion of anybody is a refusal.  Reasons of those who had none are kept:
they are what the client reads after the refusal.
"""

import dataclasses
import enum
from collections.abc import Sequence
from typing import Protocol

from steersman.api import status
from steersman.api.tree import Tree
from steersman.apiserver.access import attributes as asked
from steersman.kit import http

SUPERUSERS = "system:masters"
AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
NODES = "system:nodes"


class Verdict(enum.Enum):
    ALLOW = "allow"
    DENY = "deny"
    NONE = "no opinion"


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reason: str = ""
    error: str = ""
    """What kept an authoriser from seeing everything; shown by reviews as `evaluationError`."""

    @property
    def allowed(self) -> bool:
        return self.verdict is Verdict.ALLOW


ALLOW = Decision(Verdict.ALLOW)
NONE = Decision(Verdict.NONE)


class Authorizer(Protocol):
    def authorize(self, attributes: asked.Attributes) -> Decision: ...


class RuleResolver(Protocol):
    """An authoriser that can also say everything a user may do."""

    def rules_for(self, user: http.User, namespace: str) -> tuple[list[Tree], list[str]]:
        """PolicyRules as the API has them, and what could not be resolved."""
        ...


class Superusers:
    """Members of `system:masters` may do everything, before any rule is read."""

    def authorize(self, attributes: asked.Attributes) -> Decision:
        return ALLOW if SUPERUSERS in attributes.user.groups else NONE


class Union:
    """The authorisers in order."""

    def __init__(self, authorizers: Sequence[Authorizer]) -> None:
        self._authorizers = tuple(authorizers)

    def authorize(self, attributes: asked.Attributes) -> Decision:
        reasons, errors = [], []
        for authorizer in self._authorizers:
            decision = authorizer.authorize(attributes)
            if decision.verdict is not Verdict.NONE:
                return decision
            if decision.reason:
                reasons.append(decision.reason)
            if decision.error:
                errors.append(decision.error)
        if not reasons and not errors:
            return NONE
        return Decision(Verdict.NONE, "\n".join(reasons), ", ".join(errors))


def refusal(attributes: asked.Attributes, decision: Decision) -> status.StatusError:
    """The 403 that a refused request gets."""
    text = asked.denial(attributes)
    if decision.reason:
        text = f"{text}: {decision.reason}"
    if attributes.is_resource:
        made = status.forbidden(attributes.resource, attributes.group, attributes.name, text)
    else:
        made = status.forbidden("", "", "", text)
    return status.StatusError(made.tree, (("X-Content-Type-Options", "nosniff"),))
