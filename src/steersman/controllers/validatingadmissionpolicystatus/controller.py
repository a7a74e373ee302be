"""Writes into each ValidatingAdmissionPolicy's status what its expressions likely have wrong.

Once a generation, as the reference does: a custom resource that is defined later does not bring its policies back.
CEL is imported with the first policy.
"""

from typing import Any

from steersman.api import resources
from steersman.api.tree import Tree, at
from steersman.client import errors
from steersman.client.client import PatchKind
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context

POLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io"
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
MANAGER = "validatingadmissionpolicy-status"


class Controller:
    name = MANAGER

    def __init__(self, context: Context) -> None:
        self._context = context
        self._policies = context.informers.informer(POLICIES)
        self._definitions = context.informers.informer(DEFINITIONS)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock)

    async def run(self) -> None:
        await self._policies.wait_synced()
        await self._definitions.wait_synced()
        self._policies.on_change(self._changed)
        self._loop.run(self._context.tasks)

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None:
            self._loop.enqueue(new["metadata"]["name"])

    async def _reconcile(self, key: str) -> float | None:
        policy = self._policies.get(key)
        if policy is None:
            return None
        generation = int(at(policy, "metadata", "generation", default=0))
        if generation <= int(at(policy, "status", "observedGeneration", default=0)):
            return None
        from steersman.api.cel import typechecking

        found = typechecking.warnings(policy, resources.BUILTIN, self._definitions.list())
        checked: dict[str, Any] = {"expressionWarnings": found} if found else {}
        patch = {
            "kind": "ValidatingAdmissionPolicy",
            "apiVersion": "admissionregistration.k8s.io/v1",
            "metadata": {"name": key},
            "status": {"observedGeneration": generation, "typeChecking": checked},
        }
        try:
            await self._context.client.patch(
                POLICIES, key, patch, kind=PatchKind.APPLY, subresource="status", field_manager=MANAGER, force=True
            )
        except errors.NotFound:
            return None
        return None
