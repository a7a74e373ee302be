"""OwnerReferencesPermissionEnforcement: off by default, as in the reference.

Who changes owner references must be allowed to delete the object; who says `blockOwnerDeletion` must be allowed
to set finalizers of the owner.
"""

from steersman.api.tree import Tree, at
from steersman.apiserver.access import attributes as asked
from steersman.apiserver.admission.attributes import Attributes
from steersman.apiserver.admission.plugin import Plugin


class OwnerReferencesPermissionEnforcement(Plugin):
    name = "OwnerReferencesPermissionEnforcement"

    async def validate(self, a: Attributes) -> None:
        if not self.context.config.enforce_owner_references:
            return
        new = a.at("metadata", "ownerReferences", default=[])
        old = at(a.old or {}, "metadata", "ownerReferences", default=[])
        if new == old:
            return
        if a.old is not None:
            question = asked.Attributes(
                a.user, "delete", group=a.resource.group, version=a.resource.version, resource=a.resource.plural,
                namespace=a.namespace, name=a.name,
            )  # fmt: skip
            decision = self.context.authorizer.authorize(question)
            if not decision.allowed:
                raise a.forbidden(f"cannot set an ownerRef on a resource you can't delete: {decision.reason}, <nil>")
        before = {each.get("uid") for each in old if each.get("blockOwnerDeletion")}
        for owner in new:
            if owner.get("blockOwnerDeletion") and owner.get("uid") not in before:
                self._may_block(a, owner)

    def _may_block(self, a: Attributes, owner: Tree) -> None:
        found = self.context.resources().by_kind(owner.get("apiVersion", ""), owner.get("kind", ""))
        if found is None:
            kind = f"{owner.get('kind', '')}"
            raise a.forbidden(
                "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion "
                f"{owner.get('apiVersion', '')} Kind {kind}"
            )
        question = asked.Attributes(
            a.user, "update", group=found.group, version=found.version, resource=found.plural,
            subresource="finalizers", namespace=a.namespace if found.namespaced else "", name=owner.get("name", ""),
        )  # fmt: skip
        decision = self.context.authorizer.authorize(question)
        if not decision.allowed:
            raise a.forbidden(
                "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers "
                f"on: {decision.reason}, <nil>"
            )
