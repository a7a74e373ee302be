"""The scheduler: follows pods and nodes, decides one pod after the other, binds many at a time.

Deciding is serial and happens in one step of the loop, on a table that already counts what was decided
before.  Binding is a task of its own; if it fails, the pod is taken out of the table and tried again.
"""

import logging

from steersman.api import times
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import errors, events
from steersman.client.client import PatchKind
from steersman.client.reconcile.manager import Context
from steersman.scheduler import cycle as cycles
from steersman.scheduler import plugins as rules
from steersman.scheduler import preemption, volumes
from steersman.scheduler.cycle import Chosen, Unfit
from steersman.scheduler.framework import Event
from steersman.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from steersman.scheduler.plugins.topology_spread import TopologySpread
from steersman.scheduler.plugins.volume_binding import Decision, VolumeBinding
from steersman.scheduler.queue import Queue, Waiting
from steersman.scheduler.shapes import Pod
from steersman.scheduler.table import Node, Table

log = logging.getLogger(__name__)

DEFAULT_NAME = "default-scheduler"
TURN = 32
"""Decisions in a row before others on the loop get their turn."""


class Scheduler:
    """`context` acts as system:kube-scheduler; its recorder should tell in series, as the reference does."""

    name = "scheduler"

    def __init__(self, context: Context, scheduler_name: str = DEFAULT_NAME) -> None:
        self._context = context
        self._client = context.client
        self._scheduler_name = scheduler_name
        informers = context.informers
        self._pods = informers.informer("pods")
        self._nodes = informers.informer("nodes")
        self._namespaces = informers.informer("namespaces")
        self._budgets = informers.informer("poddisruptionbudgets.policy")
        self._caches = volumes.Caches(informers)
        self._nominations: dict[str, str] = {}
        self.table = Table()
        self._volume_rule = VolumeBinding(self._caches)
        plugins = rules.default_plugins()
        self._affinity_rule = next(each for each in plugins if isinstance(each, InterPodAffinity))
        place = next(i for i, each in enumerate(plugins) if isinstance(each, TopologySpread))
        plugins.insert(place, self._volume_rule)
        self._scheduling = cycles.Scheduling(self.table, plugins, rules.default_scorers(), context.entropy)
        self.queue = Queue(context.clock, {each.name: each.helped_by for each in plugins})

    async def run(self) -> None:
        """Follow, then schedule until cancelled."""
        self._nodes.on_change(self._node_changed)
        self._pods.on_change(self._pod_changed)
        self._namespaces.on_change(self._namespace_changed)
        caches = (self._caches.claims, self._caches.all_volumes, self._caches.classes)
        for informer in (self._pods, self._nodes, self._namespaces, self._budgets, *caches):
            await informer.wait_synced()
        for informer in caches:
            informer.on_change(self._volumes_changed)
        decided = 0
        try:
            while True:
                waiting = await self.queue.pop()
                self._schedule(waiting)
                decided += 1
                if decided % TURN == 0:
                    await self._context.clock.sleep(0)
        finally:
            self.queue.close()

    # What the informers tell

    def _node_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is None:
            assert old is not None
            self.table.remove_node(old["metadata"]["name"])
        elif self.table.put_node(new):
            self.queue.happened(Event.NODE_CHANGED if old is not None else Event.NODE_ADDED)

    def _namespace_changed(self, old: Tree | None, new: Tree | None) -> None:
        known = dict(self._affinity_rule.namespace_labels)
        if new is None:
            assert old is not None
            known.pop(old["metadata"]["name"], None)
        else:
            known[new["metadata"]["name"]] = new["metadata"].get("labels") or {}
        self._affinity_rule.namespace_labels = known

    def _volumes_changed(self, old: Tree | None, new: Tree | None) -> None:
        self.queue.happened(Event.VOLUMES)

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is None or podlib.is_terminal(new):
            gone = new or old
            assert gone is not None
            uid = gone["metadata"]["uid"]
            self.queue.remove(uid)
            self._forget_nomination(uid)
            if self.table.remove_pod(uid):
                self.queue.happened(Event.POD_GONE)
            return
        uid = new["metadata"]["uid"]
        if new["spec"].get("nodeName"):
            self.queue.remove(uid)
            if self.table.put_pod(new):
                self.queue.happened(Event.POD_ASSIGNED)
        elif not self._is_ours(new):
            self.queue.remove(uid)
        elif not self.table.is_assumed(uid):
            self.queue.put(self.table.shapes.pod(new))

    def _forget_nomination(self, uid: str) -> None:
        node = self._nominations.get(uid)
        pod = self._scheduling.nominated.get(node, {}).get(uid) if node else None
        if pod is not None:
            self._nominate(pod, "")

    def _is_ours(self, pod: Tree) -> bool:
        """Whether the pod is to be scheduled, by us, and may be by now."""
        spec = pod["spec"]
        return (
            (spec.get("schedulerName") or DEFAULT_NAME) == self._scheduler_name
            and not spec.get("schedulingGates")
            and not podlib.is_deleting(pod)
        )

    # Deciding

    def _schedule(self, waiting: Waiting) -> None:
        pod = waiting.pod
        result = self._scheduling.decide(pod)
        if isinstance(result, Unfit):
            outcome = preemption.search(
                self._scheduling, self.table, pod, result, self._budgets.list(), self._nominations.get(pod.uid, "")
            )
            self.queue.refused(waiting, result.plugins)
            self._tell_unfit(pod, result.message(outcome.text), outcome.victims)
            return
        decision = self._volume_rule.decision(result.cycle, result.node)
        if decision is not None:
            self._volume_rule.spoken_for |= {volume["metadata"]["name"] for _, volume in decision.bind}
        self._nominate(pod, "")
        self.table.assume(pod, result.node)
        self._context.tasks.spawn(self._bind(waiting, result, decision), f"bind {pod.key}")

    async def _bind(self, waiting: Waiting, chosen: Chosen, decision: Decision | None) -> None:
        """Bind a pod to its node; on failure back to the queue."""
        pod, node = waiting.pod, chosen.node
        failure: Exception | None = None
        try:
            if decision is not None:
                await volumes.bind(self._client, self._caches, self._context.clock, decision, node.name)
            await self._client.bind(pod.namespace, pod.name, pod.uid, node.name)
        except (errors.ApiError, ConnectionError, volumes.NotBound) as error:
            failure = error
        finally:
            if decision is not None:
                self._volume_rule.spoken_for -= {volume["metadata"]["name"] for _, volume in decision.bind}
        if failure is None:
            text = f"Successfully assigned {pod.namespace}/{pod.name} to {node.name}"
            self._context.recorder.event(pod.tree, events.NORMAL, "Scheduled", text, action="Binding")
            return
        self._failed(waiting, node, failure)

    def _failed(self, waiting: Waiting, node: Node, error: Exception) -> None:
        pod = waiting.pod
        self.table.forget(pod)
        current = self._pods.get(pod.key)
        gone = current is None or current["metadata"]["uid"] != pod.uid
        if gone or (current is not None and (current["spec"].get("nodeName") or not self._is_ours(current))):
            return
        log.info("cannot bind %s to %s: %s", pod.key, node.name, error)
        self.queue.failed(waiting)
        self.queue.happened(Event.POD_GONE)
        text = f"binding rejected: {error}"
        self._context.recorder.event(pod.tree, events.WARNING, "FailedScheduling", text, action="Scheduling")
        self._mark(pod, "SchedulerError", text)

    def _tell_unfit(self, pod: Pod, message: str, victims: preemption.Victims | None) -> None:
        self._context.recorder.event(pod.tree, events.WARNING, "FailedScheduling", message, action="Scheduling")
        if victims is None:
            self._mark(pod, "Unschedulable", message)
            return
        self._nominate(pod, victims.node.name)
        self._mark(pod, "Unschedulable", message, nominated=victims.node.name)
        for victim in victims.pods:
            self._context.tasks.spawn(self._send_away(victim, pod, victims.node), f"preempt {victim.key}")

    def _nominate(self, pod: Pod, node: str) -> None:
        """Remember (or forget) the node that was freed for a pod."""
        old = self._nominations.pop(pod.uid, "")
        if old:
            self._scheduling.nominated[old].pop(pod.uid, None)
            if not self._scheduling.nominated[old]:
                del self._scheduling.nominated[old]
        if node:
            self._nominations[pod.uid] = node
            self._scheduling.nominated.setdefault(node, {})[pod.uid] = pod

    async def _send_away(self, victim: Pod, pod: Pod, node: Node) -> None:
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "PreemptionByScheduler",
            "message": f"{self._scheduler_name}: preempting to accommodate a higher priority pod",
            "lastTransitionTime": times.seconds(self._context.clock.now()),
        }
        patch = {"metadata": {"uid": victim.uid}, "status": {"conditions": [condition]}}
        name, namespace = victim.name, victim.namespace
        try:
            await self._client.patch("pods", name, patch, namespace, kind=PatchKind.STRATEGIC, subresource="status")
            await self._client.delete("pods", name, namespace, uid=victim.uid)
        except (errors.NotFound, errors.Conflict):
            return  # gone by itself
        except (errors.ApiError, ConnectionError) as error:
            log.info("cannot preempt %s: %s", victim.key, error)
            self._nominate(pod, "")
            return
        text = f"Preempted by pod {pod.uid} on node {node.name}"
        self._context.recorder.event(victim.tree, events.NORMAL, "Preempted", text, action="Preempting")

    def _mark(self, pod: Pod, reason: str, message: str, nominated: str = "") -> None:
        """Write the condition PodScheduled, and the node freed for the pod, if they say something new."""
        tree = self._pods.get(pod.key) or pod.tree
        present = podlib.condition(tree, "PodScheduled")
        same = (
            present is not None
            and present.get("status") == "False"
            and present.get("reason") == reason
            and present.get("message") == message
        )
        if not same or nominated:
            work = self._write_condition(pod, present, reason, message, nominated)
            self._context.tasks.spawn(work, f"mark {pod.key}")

    async def _write_condition(self, pod: Pod, present: Tree | None, reason: str, message: str, nominated: str) -> None:
        now = times.seconds(self._context.clock.now())
        since = present.get("lastTransitionTime") if present and present.get("status") == "False" else None
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": reason,
            "message": message,
            "lastProbeTime": None,
            "lastTransitionTime": since or now,
            "observedGeneration": pod.tree["metadata"].get("generation"),
        }
        status: dict[str, object] = {"conditions": [condition]}
        if nominated:
            status["nominatedNodeName"] = nominated
        patch = {"metadata": {"uid": pod.uid}, "status": status}
        try:
            await self._client.patch(
                "pods", pod.name, patch, pod.namespace, kind=PatchKind.STRATEGIC, subresource="status"
            )
        except (errors.NotFound, errors.Conflict):
            return  # the pod is gone: nobody reads its condition
        except (errors.ApiError, ConnectionError) as error:
            log.info("cannot mark %s: %s", pod.key, error)
