"""The pod garbage collector: a look every twenty seconds."""

from steersman.api import times
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import errors
from steersman.client.client import PatchKind
from steersman.client.reconcile.manager import Context
from steersman.controllers.podgc import plan as planning

PERIOD = 20.0


class Controller:
    name = "pod-garbage-collector"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self._nodes = context.informers.informer("nodes")
        self._pods = context.informers.informer("pods")
        self._pods.add_index("node", lambda pod: (pod["spec"].get("nodeName") or "",))
        self._missing_since: dict[str, float] = {}

    async def run(self) -> None:
        await self._nodes.wait_synced()
        await self._pods.wait_synced()
        while True:
            await self._context.clock.sleep(PERIOD)
            gone = await self._gone()
            nodes = planning.out_of_service(self._nodes.list())
            for removal in planning.plan(self._pods.list(), gone, nodes):
                await self._remove(removal)

    async def _gone(self) -> set[str]:
        """Names of nodes that pods carry and that have been missing for long enough."""
        now = self._context.clock.monotonic()
        named = {name for name in self._pods.cache.index_values("node") if name and self._nodes.get(name) is None}
        self._missing_since = {name: self._missing_since.get(name, now) for name in named}
        found = set()
        for name, since in self._missing_since.items():
            if now - since < planning.QUARANTINE:
                continue
            try:
                await self._client.get("nodes", name)
            except errors.NotFound:
                found.add(name)
            except (errors.ApiError, ConnectionError):
                continue
        return found

    async def _remove(self, removal: planning.Removal) -> None:
        pod = removal.pod
        meta = pod["metadata"]
        try:
            if removal.message:
                await self._explain(pod, removal.message)
            await self._client.delete("pods", meta["name"], meta["namespace"], grace=0, uid=meta["uid"])
        except (errors.NotFound, errors.Conflict):
            return
        except (errors.ApiError, ConnectionError):
            return  # the next round tries again

    async def _explain(self, pod: Tree, message: str) -> None:
        """Say why, and that it is over: nobody else will."""
        meta = pod["metadata"]
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": message,
            "lastTransitionTime": times.seconds(self._context.clock.now()),
        }
        status: dict[str, object] = {"conditions": [condition]}
        if not podlib.is_terminal(pod):
            status["phase"] = "Failed"
        patch = {"metadata": {"uid": meta["uid"]}, "status": status}
        await self._client.patch(
            "pods", meta["name"], patch, meta["namespace"], kind=PatchKind.STRATEGIC, subresource="status"
        )
