"""The ReplicaSet controller: adopts, plans, creates or deletes, and writes the status."""

import asyncio
from collections.abc import Sequence

from steersman.api import labels
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import errors, informers
from steersman.client.reconcile import expectations, loop, owners
from steersman.client.reconcile.manager import Context
from steersman.controllers import podcontrol
from steersman.controllers.replicaset import plan as planning


class Controller:
    name = "replicaset"
    resource = "replicasets.apps"
    kind = "ReplicaSet"

    @staticmethod
    def selector(tree: Tree) -> labels.Selector:
        return labels.from_object(tree["spec"].get("selector"))

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._sets = context.informers.informer(self.resource)
        self._pods = context.informers.informer("pods")
        self._pods.add_index("controller", podcontrol.controller_uids)
        self._sets.add_index("controller", podcontrol.controller_uids)
        self._expected = expectations.Expectations(context.clock)
        self._control = podcontrol.PodControl(context)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=5)

    async def run(self) -> None:
        self._sets.on_change(self._set_changed)
        self._pods.on_change(self._pod_changed)
        await self._sets.wait_synced()
        await self._pods.wait_synced()
        self._loop.run(self._context.tasks)

    def _set_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is None and old is not None:
            self._expected.forget(informers.key_of(old))
        tree = new or old
        if tree is not None:
            self._loop.enqueue(informers.key_of(tree))

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        for key in podcontrol.owner_keys(old, new, self.kind):
            self._loop.enqueue(key)
        pod = new or old
        assert pod is not None
        key = podcontrol.owner_key(pod, self.kind)
        if key:
            if old is None:
                self._expected.created(key)
            if new is None or podlib.is_deleting(new):
                self._expected.deleted(key, pod["metadata"]["uid"])
        elif new is not None and not podlib.is_deleting(new):
            for each in self._sets.list(new["metadata"]["namespace"]):  # an orphan: whoever selects it may adopt it
                if self.selector(each).matches(labels.of(new)):
                    self._loop.enqueue(informers.key_of(each))

    async def _reconcile(self, key: str) -> float | None:
        replica_set = self._sets.get(key)
        if replica_set is None:
            self._expected.forget(key)
            return None
        now = self._context.clock.now()
        namespace = replica_set["metadata"]["namespace"]
        selector = self.selector(replica_set)
        satisfied = self._expected.satisfied(key)
        candidates = podcontrol.candidates(self._pods, replica_set, selector)
        claims = owners.claims(replica_set, candidates, selector.matches)
        owned = await self._control.claimed(replica_set, self.resource, claims)
        active = [pod for pod in owned if podlib.is_active(pod)]
        failure = None
        if satisfied and not podlib.is_deleting(replica_set):
            decided = planning.plan(replica_set, active, self._family(replica_set, namespace), now)
            failure = await self._apply(key, replica_set, decided)
        await self._write_status(replica_set, planning.status(replica_set, owned, now, _told(failure)))
        if failure is not None:
            raise failure[1]
        return planning.next_check(replica_set, owned, now)

    def _family(self, replica_set: Tree, namespace: str) -> Sequence[Tree]:
        """The pods of all sets with the same owner."""
        owner = owners.controller_of(replica_set)
        if owner is None:
            sets: Sequence[Tree] = [replica_set]
        else:
            sets = self._sets.by_index("controller", owner["uid"])
        return [
            pod
            for each in sets
            for pod in self._pods.by_index("controller", each["metadata"]["uid"])
            if podlib.is_active(pod)
        ]

    async def _apply(
        self, key: str, replica_set: Tree, plan: planning.Plan
    ) -> tuple[str, errors.ApiError | ConnectionError] | None:
        """Create or delete; returns the reason and the first thing that went wrong."""
        if plan.create:
            self._expected.expect_creations(key, plan.create)
            left = plan.create
            for size in planning.batches(plan.create):
                made = [self._control.create(replica_set, replica_set["spec"]["template"]) for _ in range(size)]
                results = await asyncio.gather(*made)
                left -= size
                failed = [each for each in results if each is not None]
                self._expected.created(key, len(failed))
                if failed:
                    self._expected.created(key, left)
                    first = next((each for each in failed if not podcontrol.is_namespace_going(each)), None)
                    return ("FailedCreate", first) if first is not None else None
        elif plan.delete:
            self._expected.expect_deletions(key, {pod["metadata"]["uid"] for pod in plan.delete})
            results = await asyncio.gather(*(self._control.delete(replica_set, pod) for pod in plan.delete))
            failed = []
            for pod, result in zip(plan.delete, results, strict=True):
                if result is not None:
                    self._expected.deleted(key, pod["metadata"]["uid"])
                    failed.append(result)
            if failed:
                return "FailedDelete", failed[0]
        return None

    async def _write_status(self, replica_set: Tree, status: Tree) -> None:
        if podcontrol.same_status(replica_set.get("status"), status):
            return
        try:
            await self._client.update_status(self.resource, {**replica_set, "status": status})
        except errors.NotFound:
            return


class ReplicationControllers(Controller):
    """The same for ReplicationControllers, whose selector is a plain map."""

    name = "replication"
    resource = "replicationcontrollers"
    kind = "ReplicationController"

    @staticmethod
    def selector(tree: Tree) -> labels.Selector:
        wanted = tree["spec"].get("selector")
        return labels.from_map(wanted) if wanted else labels.NOTHING


def _told(failure: tuple[str, BaseException] | None) -> tuple[str, str] | None:
    return None if failure is None else (failure[0], str(failure[1]))
