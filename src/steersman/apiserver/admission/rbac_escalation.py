"""The escalation checks of RBAC's own objects, at the place where the reference has them: after every mutation,
before validation.  There they wrap the storage of the four kinds; here they end the mutating half of the chain.
"""

from steersman.apiserver.access import escalation
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import Plugin


class RbacEscalation(Plugin):
    name = "RBACEscalation"
    resources = frozenset(f"{plural}.{escalation.GROUP}" for plural in escalation.RESOURCES)

    async def mutate(self, a: Attributes) -> None:
        if self.context.roles is not None:
            escalation.check(
                self.context.authorizer, self.context.roles, a.user, a.resource.plural, a.namespace, a.new, a.old
            )
