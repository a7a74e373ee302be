"""Writes into each aggregating ClusterRole (`admin`, `edit`, `view`) the rules of those that it selects.

By server-side apply of `rules` alone, as the reference does, so that nothing else of the role is touched.
"""

from steersman.api.semantics import aggregation
from steersman.api.tree import Tree
from steersman.client import errors
from steersman.client.client import PatchKind
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context

ROLES = "clusterroles.rbac.authorization.k8s.io"
MANAGER = "clusterrole-aggregation-controller"


class Controller:
    name = "clusterrole-aggregation"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._roles = context.informers.informer(ROLES)
        self._roles.add_index("aggregates", lambda role: ("yes",) if role.get("aggregationRule") else ())
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, longest=60.0)

    async def run(self) -> None:
        await self._roles.wait_synced()
        self._roles.on_change(self._role_changed)
        self._loop.run(self._context.tasks)

    def _role_changed(self, old: Tree | None, new: Tree | None) -> None:
        """Any role may be part of any aggregate; there are few of those."""
        for each in self._roles.by_index("aggregates", "yes"):
            self._loop.enqueue(each["metadata"]["name"])

    async def _reconcile(self, key: str) -> float | None:
        role = self._roles.get(key)
        if role is None or not role.get("aggregationRule"):
            return None
        rules = aggregation.rules(role, self._roles.list())
        if rules == (role.get("rules") or []):
            return None
        patch = {
            "kind": "ClusterRole",
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "metadata": {"name": key},
            "rules": rules,
        }
        try:
            await self._client.patch(ROLES, key, patch, kind=PatchKind.APPLY, field_manager=MANAGER, force=True)
        except errors.NotFound:
            return None
        return None
