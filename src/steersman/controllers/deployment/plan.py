"""One step of a Deployment: which ReplicaSets to make, resize and delete, and the status that follows.

Pure.  A step is planned from what is observed now; its effects are seen (in the sets' status) before the
next one matters, so a rollout is a sequence of small plans, and the same plan twice does nothing twice.

The status describes the sets as they will be when the step is done.
"""

import dataclasses
from collections.abc import Mapping, Sequence

from steersman.api.semantics import pods as podlib
from steersman.api.tree import MutableTree, Tree
from steersman.controllers.deployment import revisions, sizes, status
from steersman.controllers.deployment.sizes import Size


@dataclasses.dataclass(frozen=True, slots=True)
class Update:
    """A ReplicaSet to be written, and the event that tells of it (nothing when only annotations change)."""

    tree: Tree
    event: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    status: Tree
    revision: int | None = None
    """The Deployment's own revision annotation, where it is to change."""
    create: Tree | None = None
    updates: Sequence[Update] = ()
    delete: Sequence[Tree] = ()
    check_in: float | None = None
    """Seconds after which to look again though nothing happens."""

    def __repr__(self) -> str:
        made = self.create["metadata"]["name"] if self.create else None
        sized = {each.tree["metadata"]["name"]: each.tree["spec"]["replicas"] for each in self.updates}
        gone = [each["metadata"]["name"] for each in self.delete]
        return f"Plan(create={made}, sizes={sized}, delete={gone}, revision={self.revision})"


def plan(deployment: Tree, sets: Sequence[Tree], pods: Mapping[str, Sequence[Tree]], now: float) -> Plan:
    """`sets` are those that the deployment controls, `pods` theirs by the set's uid."""
    step = _Step(deployment, sets, now)
    if podlib.is_deleting(deployment):
        return step.finished(rollout=False)
    step.mark_paused()
    if deployment["spec"].get("paused") or step.is_scaling():
        step.resize()
        if deployment["spec"].get("paused"):
            step.clean_up()
        return step.finished(rollout=False)
    if sizes.is_rolling(deployment):
        step.roll()
    else:
        step.recreate(pods)
    if status.is_complete(deployment, deployment.get("status") or {}):
        step.clean_up()
    return step.finished(rollout=True)


class _Step:
    """The working copy of one plan."""

    def __init__(self, deployment: Tree, sets: Sequence[Tree], now: float) -> None:
        self.deployment = deployment
        self.now = now
        self.total = sizes.replicas(deployment)
        self.conditions: list[Tree] = list((deployment.get("status") or {}).get("conditions") or ())
        template = deployment["spec"]["template"]
        self.old = [sizes.of(each) for each in revisions.oldest_first(sets)]
        self.new: Size | None = None
        for each in self.old:
            if revisions.same_template(each.tree["spec"]["template"], template):
                self.new = each
                self.old = [other for other in self.old if other is not each]
                break
        self.create: Tree | None = None
        self.delete: list[Tree] = []
        self.revision: int | None = None
        if self.new is not None:
            self._refresh(self.new)

    def everything(self) -> list[Size]:
        return [*self.old, self.new] if self.new is not None else list(self.old)

    def _next_revision(self) -> int:
        return max((revisions.revision_of(each.tree) for each in self.old), default=0) + 1

    def _refresh(self, new: Size) -> None:
        """Bring the annotations and minReadySeconds of an existing set up to date."""
        existing = new.tree["metadata"].get("annotations") or {}
        wanted = revisions.annotations_for(self.deployment, existing, self._next_revision(), None)
        if wanted != existing:
            new.annotations = wanted
        min_ready = int(self.deployment["spec"].get("minReadySeconds") or 0)
        if int(new.tree["spec"].get("minReadySeconds") or 0) != min_ready:
            new.min_ready = min_ready
        self._set_revision(new.number(revisions.REVISION) or 0)
        deadline, progressing = status.deadline(self.deployment), status.find(self.conditions, "Progressing")
        if deadline is not None and progressing is None:
            self._progress("True", "FoundNewReplicaSet", f'Found new replica set "{new.name}"')

    def _set_revision(self, revision: int) -> None:
        if revision and revisions.revision_of(self.deployment) != revision:
            self.revision = revision

    def _progress(self, verdict: str, reason: str, message: str) -> None:
        made = status.condition("Progressing", verdict, reason, message, self.now)
        self.conditions = status.with_condition(self.conditions, made)

    def mark_paused(self) -> None:
        """Say that the clock of the deadline stands, or runs again."""
        current = status.find(self.conditions, "Progressing")
        if status.deadline(self.deployment) is None or (current and current.get("reason") == status.TIMED_OUT):
            return
        said = current is not None and current.get("reason") == "DeploymentPaused"
        paused = bool(self.deployment["spec"].get("paused"))
        if paused and not said:
            self._progress("Unknown", "DeploymentPaused", "Deployment is paused")
        elif said and not paused:
            self._progress("Unknown", "DeploymentResumed", "Deployment is resumed")

    def is_scaling(self) -> bool:
        """Whether `replicas` has changed since the sets were last sized."""
        found = (each.number(revisions.DESIRED) for each in self.everything() if each.replicas)
        return any(desired is not None and desired != self.total for desired in found)

    def resize(self) -> None:
        """Follow a change of `replicas` without moving the rollout on."""
        active = [each for each in self.everything() if each.replicas]
        if len(active) <= 1:
            only = active[0] if active else self.new or (self.old[-1] if self.old else None)
            if only is not None and (active or only.replicas != self.total):
                self._size(only, self.total)
            return
        new = self.new
        saturated = (
            new is not None
            and new.replicas == self.total == new.available
            and new.number(revisions.DESIRED) == self.total
        )
        if saturated:
            for each in self.old:
                if each.replicas:
                    self._size(each, 0)
        elif sizes.is_rolling(self.deployment):
            observed = int((self.deployment.get("status") or {}).get("replicas") or 0)
            sizes.proportional(self.deployment, active, observed)
            for each in active:
                self._size(each, each.replicas)

    def roll(self) -> None:
        """A step of a rolling update: either the new set grows, or the old ones shrink."""
        if self._ensure_new():
            return None
        new = self.new
        assert new is not None
        if new.replicas > self.total:
            return self._size(new, self.total)
        if new.replicas < self.total:
            grown = sizes.new_set_size(self.deployment, self.everything(), new.replicas)
            if grown != new.replicas:
                return self._size(new, grown)
        active = [each for each in self.old if each.replicas]
        before = [each.replicas for each in active]
        sizes.shrink_old(self.deployment, active, new)
        for each, size in zip(active, before, strict=True):
            if each.replicas != size:
                self._size(each, each.replicas)
        return None

    def recreate(self, pods: Mapping[str, Sequence[Tree]]) -> None:
        """All old pods go before the first new one comes."""
        active = [each for each in self.old if each.replicas]
        if active:
            for each in active:
                self._size(each, 0)
            return
        if self._old_pods_run(pods):
            return
        if not self._ensure_new() and self.new is not None and self.new.replicas != self.total:
            self._size(self.new, self.total)

    def _old_pods_run(self, pods: Mapping[str, Sequence[Tree]]) -> bool:
        if any(each.observed for each in self.old):
            return True
        new = self.new.tree["metadata"]["uid"] if self.new is not None else ""
        return any(not podlib.is_terminal(pod) for uid, owned in pods.items() if uid != new for pod in owned)

    def _ensure_new(self) -> bool:
        """Make the set of the present template; whether it had to be made."""
        if self.new is not None:
            return False
        meta, spec = self.deployment["metadata"], self.deployment["spec"]
        collisions = int((self.deployment.get("status") or {}).get("collisionCount") or 0)
        template = spec["template"]
        suffix = revisions.template_hash(template, collisions)
        labels = {**((template.get("metadata") or {}).get("labels") or {}), revisions.HASH_LABEL: suffix}
        selector = dict(spec["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), revisions.HASH_LABEL: suffix}
        size = sizes.new_set_size(self.deployment, self.old, 0)
        revision = self._next_revision()
        limits = (self.total, self.total + sizes.max_surge(self.deployment))
        made_spec: MutableTree = {
            "replicas": size,
            "selector": selector,
            "template": {**template, "metadata": {**(template.get("metadata") or {}), "labels": labels}},
        }
        if spec.get("minReadySeconds"):
            made_spec["minReadySeconds"] = spec["minReadySeconds"]
        name = f"{meta['name']}-{suffix}"
        self.create = {
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": {
                "name": name,
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": revisions.annotations_for(self.deployment, {}, revision, limits),
                "ownerReferences": [
                    {
                        "apiVersion": "apps/v1",
                        "kind": "Deployment",
                        "name": meta["name"],
                        "uid": meta["uid"],
                        "controller": True,
                        "blockOwnerDeletion": True,
                    }
                ],
            },
            "spec": made_spec,
        }
        self.new = Size(self.create, size)
        self._set_revision(revision)
        if status.deadline(self.deployment) is not None:
            self._progress("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
        return True

    def _size(self, each: Size, replicas: int) -> None:
        """Resize, and note in the annotations for which total."""
        each.replicas = replicas
        existing = each.annotations or each.tree["metadata"].get("annotations") or {}
        wanted = {
            revisions.DESIRED: str(self.total),
            revisions.MAXIMUM: str(self.total + sizes.max_surge(self.deployment)),
        }
        if any(existing.get(key) != value for key, value in wanted.items()):
            each.annotations = {**existing, **wanted}

    def clean_up(self) -> None:
        """Forget the oldest sets beyond the history limit."""
        limit = self.deployment["spec"].get("revisionHistoryLimit")
        if limit is None or limit == status.NO_DEADLINE:
            return
        candidates = [each for each in self.old if not podlib.is_deleting(each.tree)]
        excess = len(candidates) - int(limit)
        candidates.sort(key=lambda each: revisions.revision_of(each.tree))
        for each in candidates[: max(excess, 0)]:
            seen = int((each.tree.get("status") or {}).get("observedGeneration") or 0)
            if not each.observed and not each.replicas and seen >= int(each.tree["metadata"].get("generation") or 0):
                self.delete.append(each.tree)

    def finished(self, *, rollout: bool) -> Plan:
        """The plan, with the status that describes it."""
        describe = status.progressed if rollout else status.counted
        made = describe(self.deployment, self.everything(), self.new, self.conditions, self.now)
        updates = []
        for each in self.everything():
            before = sizes.replicas(each.tree)
            if each.tree is self.create or (
                before == each.replicas and each.annotations is None and each.min_ready is None
            ):
                continue
            direction = "up" if each.replicas > before else "down"
            event = f"Scaled {direction} replica set {each.name} from {before} to {each.replicas}"
            updates.append(Update(sizes.resized(each.tree, each), event if before != each.replicas else ""))
        wait = status.check_in(self.deployment, made, self.now) if rollout else None
        return Plan(made, self.revision, self.create, updates, self.delete, wait)
