"""The node life-cycle controller: listens for heartbeats, and acts every `period` seconds on their absence.

A heartbeat is a renewed lease or a posted status, counted from when it is seen here: clocks of nodes are
not trusted.
"""

from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.client import errors, events
from steersman.client.client import PatchKind
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.nodelifecycle import plan as planning
from steersman.controllers.nodelifecycle import zones

PERIOD = 5.0


class Controller:
    name = "node-lifecycle"

    def __init__(self, context: Context, *, grace: float = planning.GRACE, period: float = PERIOD) -> None:
        self._context = context
        self._grace = grace
        self._period = period
        self._client = context.client
        informer = context.informers.informer
        self._nodes = informer("nodes")
        self._leases = informer("leases.coordination.k8s.io", namespace="kube-node-lease")
        self._pods = informer("pods")
        self._pods.add_index("node", lambda pod: (pod["spec"].get("nodeName") or "",))
        self._heard: dict[str, float] = {}
        self._last_execution: dict[str, float] = {}
        self._marked: set[str] = set()
        """Nodes whose pods were marked not ready, until the node is ready again."""
        self._taints = loop.Loop("node taints", self._taint, context.clock, workers=4, longest=30.0)

    async def run(self) -> None:
        self._nodes.on_change(self._node_changed)
        self._leases.on_change(self._lease_changed)
        for informer in (self._nodes, self._leases, self._pods):
            await informer.wait_synced()
        self._taints.run(self._context.tasks)
        while True:
            await self._context.clock.sleep(self._period)
            await self._look()

    def _lease_changed(self, old: Tree | None, new: Tree | None) -> None:
        if new is not None:
            self._heard[new["metadata"]["name"]] = self._context.clock.monotonic()

    def _node_changed(self, old: Tree | None, new: Tree | None) -> None:
        tree = new or old
        assert tree is not None
        name = tree["metadata"]["name"]
        recorder = self._context.recorder
        if new is None:
            self._heard.pop(name, None)
            self._marked.discard(name)
            text = f"Node {name} event: Removing Node {name} from Controller"
            recorder.event(_by_name(tree), events.NORMAL, "RemovingNode", text)
            return
        if old is None:
            self._heard.setdefault(name, self._context.clock.monotonic())
            text = f"Node {name} event: Registered Node {name} in Controller"
            recorder.event(_by_name(tree), events.NORMAL, "RegisteredNode", text)
        elif _beat(old) != _beat(new):
            self._heard[name] = self._context.clock.monotonic()
        self._taints.enqueue(name)

    async def _look(self) -> None:
        """One round: silence to conditions of all nodes, then what they look like together to evictions."""
        nodes = []
        for node in sorted(self._nodes.list(), key=lambda each: str(each["metadata"]["name"])):
            try:
                nodes.append(await self._listen(node))
            except (errors.Conflict, errors.NotFound):
                nodes.append(node)  # gone, or changed since: the next round sees it anew
            except (errors.ApiError, ConnectionError):
                # Nobody can write, the node neither: its silence is counted anew from when it could be heard.
                nodes.append(node)
                self._heard[node["metadata"]["name"]] = self._context.clock.monotonic()
        states = zones.states(nodes)
        rates, blackout = zones.rates(states), zones.is_blackout(states)
        for node in nodes:
            try:
                await self._follow_readiness(node, rates[zones.zone_of(node)], blackout)
            except (errors.ApiError, ConnectionError):
                continue

    async def _listen(self, node: Tree) -> Tree:
        """The node with its conditions Unknown, if it has been silent for too long."""
        clock = self._context.clock
        silent = clock.monotonic() - self._heard.setdefault(node["metadata"]["name"], clock.monotonic())
        if silent <= planning.grace(node, self._grace) or planning.is_silenced(node):
            return node
        status = {**(node.get("status") or {}), "conditions": planning.silenced(node, clock.now())}
        return await self._client.update_status("nodes", {**node, "status": status})

    async def _follow_readiness(self, node: Tree, rate: float, blackout: bool) -> None:
        name = node["metadata"]["name"]
        wanted = planning.execute_taint(node)
        if not wanted:
            self._marked.discard(name)
            await self._apply(node, "")
            return
        if podlib.condition(node, "Ready") is None:
            return
        if name not in self._marked:
            self._marked.add(name)
            text = f"Node {name} status is now: NodeNotReady"
            self._context.recorder.event(_by_name(node), events.NORMAL, "NodeNotReady", text)
            await self._mark_pods(name)
        present = {taint["key"] for taint in node["spec"].get("taints") or () if taint.get("effect") == "NoExecute"}
        if wanted in present:
            if blackout:
                await self._apply(node, "")  # everything looks dead: what was begun is taken back
            return
        zone = zones.zone_of(node)
        now = self._context.clock.monotonic()
        if rate <= 0 or now - self._last_execution.get(zone, float("-inf")) < 1 / rate:
            return
        self._last_execution[zone] = now
        await self._apply(node, wanted)

    async def _mark_pods(self, node: str) -> None:
        """Nobody can vouch for the pods of a silent node."""
        for pod in self._pods.by_index("node", node):
            conditions = planning.not_ready(pod, self._context.clock.now())
            if conditions is None:
                continue
            meta = pod["metadata"]
            patch = {"metadata": {"uid": meta["uid"]}, "status": {"conditions": conditions}}
            self._context.recorder.event(pod, events.WARNING, "NodeNotReady", "Node is not ready")
            try:
                await self._client.patch(
                    "pods", meta["name"], patch, meta["namespace"], kind=PatchKind.STRATEGIC, subresource="status"
                )
            except (errors.NotFound, errors.Conflict):
                continue

    async def _taint(self, name: str) -> float | None:
        """NoSchedule taints follow conditions at once."""
        node = self._nodes.get(name)
        if node is not None:
            ready = podlib.condition_status(node, "Ready") == "True"
            await self._apply(node, "" if ready else None)
        return None

    async def _apply(self, node: Tree, execute: str | None) -> None:
        taints = planning.taints(node, execute, self._context.clock.now())
        if taints is None:
            return
        meta = node["metadata"]
        patch = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"taints": taints or None}}
        try:
            await self._client.patch("nodes", meta["name"], patch)
        except errors.NotFound:
            return


def _beat(node: Tree) -> object:
    """What changes in a node when its kubelet speaks."""
    ready = podlib.condition(node, "Ready")
    return ready.get("lastHeartbeatTime") if ready is not None else None


def _by_name(node: Tree) -> Tree:
    """Node events name the node by its name in place of the uid, as kubelets do."""
    return {"kind": "Node", "metadata": {"name": node["metadata"]["name"], "uid": node["metadata"]["uid"]}}
