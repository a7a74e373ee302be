"""The taint eviction controller.

For each pod on a tainted node there is a moment at which it goes, or none.  The time counts from when the
taints were first seen here, and is not begun anew by a change that leaves the pod less time; taints that go
in time cancel it.
"""

from steersman.api import times
from steersman.api.semantics import pods as podlib
from steersman.api.semantics import tolerations
from steersman.api.tree import Tree
from steersman.client import errors, events, informers
from steersman.client.client import PatchKind
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context


class Controller:
    name = "taint-eviction"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._nodes = context.informers.informer("nodes")
        self._pods = context.informers.informer("pods")
        self._pods.add_index("node", lambda pod: (pod["spec"].get("nodeName") or "",))
        self._since: dict[str, tuple[str, float]] = {}
        """By key of a pod that is to go: its uid, and since when its time counts."""
        self._loop = loop.Loop(self.name, self._reconcile, context.clock, workers=8, longest=30.0)

    async def run(self) -> None:
        self._nodes.on_change(self._node_changed)
        self._pods.on_change(self._pod_changed)
        await self._nodes.wait_synced()
        await self._pods.wait_synced()
        self._loop.run(self._context.tasks)

    def _node_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is None:
            return
        if _execute(old) != _execute(new):
            for pod in self._pods.by_index("node", new["metadata"]["name"]):
                self._loop.enqueue(informers.key_of(pod))

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        assert tree is not None
        key = informers.key_of(tree)
        if new is None:
            self._since.pop(key, None)
            return
        node = new["spec"].get("nodeName")
        moved = old is None or old["spec"].get("nodeName") != node
        retold = old is not None and old["spec"].get("tolerations") != new["spec"].get("tolerations")
        if node and (moved or retold):
            self._loop.enqueue(key)

    async def _reconcile(self, key: str) -> float | None:
        pod = self._pods.get(key)
        if pod is None or podlib.is_deleting(pod) or podlib.is_terminal(pod):
            self._since.pop(key, None)
            return None
        node = self._nodes.get(pod["spec"].get("nodeName") or "")
        taints = _execute(node)
        delay = tolerations.eviction_delay(taints, pod["spec"].get("tolerations") or ()) if taints else None
        uid, now = pod["metadata"]["uid"], self._context.clock.monotonic()
        waiting = self._since.get(key)
        if delay is None:
            if waiting is not None and waiting[0] == uid:
                del self._since[key]
                text = f"Cancelling deletion of Pod {key}"
                self._context.recorder.event(pod, events.NORMAL, "TaintManagerEviction", text)
            return None
        if waiting is None or waiting[0] != uid:
            waiting = self._since[key] = (uid, now)
        left = waiting[1] + delay - now
        if left > 0:
            return left
        self._since.pop(key, None)
        await self._evict(key, pod)
        return None

    async def _evict(self, key: str, pod: Tree) -> None:
        text = f"Marking for deletion Pod {key}"
        self._context.recorder.event(pod, events.NORMAL, "TaintManagerEviction", text)
        meta = pod["metadata"]
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": times.seconds(self._context.clock.now()),
        }
        patch = {"metadata": {"uid": meta["uid"]}, "status": {"conditions": [condition]}}
        try:
            await self._client.patch(
                "pods", meta["name"], patch, meta["namespace"], kind=PatchKind.STRATEGIC, subresource="status"
            )
            await self._client.delete("pods", meta["name"], meta["namespace"], uid=meta["uid"])
        except (errors.NotFound, errors.Conflict):
            return


def _execute(node: Tree | None) -> list[Tree]:
    taints = (node.get("spec") or {}).get("taints") or () if node is not None else ()
    return [
        {key: taint[key] for key in ("key", "value", "effect") if key in taint}
        for taint in taints
        if taint.get("effect") == "NoExecute"
    ]
