"""The Deployment controller: reads, plans a step, and does it; the sets' own status brings the next one."""

from steersman.api import labels
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree, edited
from steersman.client import errors, events, informers
from steersman.client.reconcile import loop, owners
from steersman.client.reconcile.manager import Context
from steersman.controllers import podcontrol
from steersman.controllers.deployment import plan as planning
from steersman.controllers.deployment import revisions
from steersman.controllers.deployment import status as statuses

SETS = "replicasets.apps"
DEPLOYMENTS = "deployments.apps"


class Controller:
    name = "deployment"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._recorder = context.recorder
        self._deployments = context.informers.informer(DEPLOYMENTS)
        self._sets = context.informers.informer(SETS)
        self._pods = context.informers.informer("pods")
        self._sets.add_index("controller", podcontrol.controller_uids)
        self._pods.add_index("controller", podcontrol.controller_uids)
        self._control = podcontrol.PodControl(context)
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=5)

    async def run(self) -> None:
        self._deployments.on_change(self._deployment_changed)
        self._sets.on_change(self._set_changed)
        self._pods.on_change(self._pod_changed)
        for informer in (self._deployments, self._sets, self._pods):
            await informer.wait_synced()
        self._loop.run(self._context.tasks)

    def _deployment_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        if tree is not None:
            self._loop.enqueue(informers.key_of(tree))

    def _set_changed(self, old: Tree | None, new: Tree | None) -> None:
        for key in podcontrol.owner_keys(old, new, "Deployment"):
            self._loop.enqueue(key)
        if new is not None and owners.controller_of(new) is None:
            for each in self._deployments.list(new["metadata"]["namespace"]):
                if labels.from_object(each["spec"].get("selector")).matches(labels.of(new)):
                    self._loop.enqueue(informers.key_of(each))

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        """A pod that is gone lets a Recreate go on."""
        if new is not None or old is None:
            return
        key = podcontrol.owner_key(old, "ReplicaSet")
        owner = self._sets.get(key) if key else None
        deployment = podcontrol.owner_key(owner, "Deployment") if owner is not None else ""
        if deployment:
            self._loop.enqueue(deployment)

    async def _reconcile(self, key: str) -> float | None:
        deployment = self._deployments.get(key)
        if deployment is None:
            return None
        if self._selects_everything(deployment):
            text = "This deployment is selecting all pods. A non-empty selector is required."
            self._recorder.event(deployment, events.WARNING, "SelectingAll", text)
            return None
        selector = labels.from_object(deployment["spec"].get("selector"))
        claims = owners.claims(deployment, podcontrol.candidates(self._sets, deployment, selector), selector.matches)
        sets = await self._control.claimed(deployment, DEPLOYMENTS, claims, SETS)
        pods = {each["metadata"]["uid"]: self._pods.by_index("controller", each["metadata"]["uid"]) for each in sets}
        decided = planning.plan(deployment, sets, pods, self._context.clock.now())
        await self._apply(deployment, decided)
        return decided.check_in

    @staticmethod
    def _selects_everything(deployment: Tree) -> bool:
        selector = deployment["spec"].get("selector") or {}
        return not selector.get("matchLabels") and not selector.get("matchExpressions")

    async def _apply(self, deployment: Tree, plan: planning.Plan) -> None:
        if plan.create is not None and not await self._create(deployment, plan.create):
            return
        for update in plan.updates:
            await self._client.update(SETS, update.tree)
            if update.event:
                self._recorder.event(deployment, events.NORMAL, "ScalingReplicaSet", update.event)
        for each in plan.delete:
            meta = each["metadata"]
            try:
                await self._client.delete(SETS, meta["name"], meta["namespace"], uid=meta["uid"])
            except errors.NotFound:
                continue
        await self._write_status(deployment, plan.status, plan.revision)

    async def _create(self, deployment: Tree, wanted: Tree) -> bool:
        """Make the new set; whether the plan may go on."""
        meta = wanted["metadata"]
        name, size = meta["name"], wanted["spec"]["replicas"]
        try:
            await self._client.create(SETS, wanted)
        except errors.AlreadyExists:
            found = await self._client.get(SETS, name, meta["namespace"])
            same = revisions.same_template(found["spec"]["template"], deployment["spec"]["template"])
            if owners.is_controlled_by(found, deployment) and same:
                return False  # the cache is behind; its news bring us back
            collisions = int((deployment.get("status") or {}).get("collisionCount") or 0)
            status = {**(deployment.get("status") or {}), "collisionCount": collisions + 1}
            await self._client.update_status(DEPLOYMENTS, {**deployment, "status": status})
            return False
        except errors.ApiError as error:
            if not podcontrol.is_namespace_going(error):
                await self._tell_failure(deployment, name, error)
            raise
        if size:
            text = f"Scaled up replica set {name} from 0 to {size}"
            self._recorder.event(deployment, events.NORMAL, "ScalingReplicaSet", text)
        return True

    async def _tell_failure(self, deployment: Tree, name: str, error: errors.ApiError) -> None:
        text = f'Failed to create new replica set "{name}": {error}'
        self._recorder.event(deployment, events.WARNING, "ReplicaSetCreateError", text)
        if statuses.deadline(deployment) is None:
            return
        status = deployment.get("status") or {}
        now = self._context.clock.now()
        condition = statuses.condition("Progressing", "False", "ReplicaSetCreateError", text, now)
        conditions = statuses.with_condition(status.get("conditions") or (), condition)
        await self._write_status(deployment, {**status, "conditions": conditions}, None)

    async def _write_status(self, deployment: Tree, status: Tree, revision: int | None) -> None:
        """Status and revision annotation in one write, if either changes."""
        if revision is None and podcontrol.same_status(deployment.get("status"), status):
            return
        tree: Tree = {**deployment, "status": status}
        if revision is not None:
            tree = edited(tree, str(revision), "metadata", "annotations", revisions.REVISION)
        if podlib.is_deleting(deployment) and revision is None and not deployment.get("status"):
            return
        try:
            await self._client.update_status(DEPLOYMENTS, tree)
        except errors.NotFound:
            return
