"""Keeps this node's Node object and its lease.

The node registers itself, reports its status when something of it changes and every five minutes, and renews
its lease every ten seconds: that is by what others know that it lives.  While the runtime does not answer the
node is not Ready, with the reason.
"""

import asyncio
import logging
from collections.abc import Mapping

from steersman.api import times
from steersman.api import tree as trees
from steersman.api.tree import MutableTree, Tree
from steersman.client import client as clients
from steersman.client import errors
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet import node_status
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.machine import Machine
from steersman.kubelet.pods.view import RuntimeView
from steersman.kubelet.tell import NORMAL, Teller

log = logging.getLogger(__name__)

LEASES = "kube-node-lease"
FIRST_WAIT = 0.2
LONGEST_WAIT = 7.0
LEASE_RETRY = 2.0


class NodeKeeper:
    def __init__(
        self,
        config: KubeletConfig,
        client: clients.Client,
        runtime: cri.ContainerRuntime,
        clock: Clock,
        machine: Machine,
        view: RuntimeView,
        tell: Teller,
    ) -> None:
        self.uid = ""
        self.version: cri.Version | None = None
        self._config = config
        self._client = client
        self._runtime = runtime
        self._clock = clock
        self._machine = machine
        self._view = view
        self._tell = tell
        self._reported: Tree = {}
        self._reported_at = -1e9
        self._lease: Tree | None = None
        self._nudge = asyncio.Event()
        view.on_fault = self._nudge.set

    async def register(self) -> None:
        """Make the Node, or adopt the one that is there; tries until it succeeds."""
        wait = FIRST_WAIT
        while True:
            try:
                found = await self._ensure()
            except (errors.ApiError, ConnectionError) as error:
                log.warning("node %s cannot register yet: %s", self._config.node_name, error)
            else:
                self.uid = str(found["metadata"]["uid"])
                self._reported = found.get("status") or {}
                return
            await self._clock.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _ensure(self) -> Tree:
        wanted = node_status.node(self._config, self._machine, await self._status({}))
        try:
            made: Tree = await self._client.create("nodes", wanted)
        except errors.AlreadyExists:
            pass
        else:
            self._reported_at = self._clock.monotonic()
            return made
        found: Tree = await self._client.get("nodes", self._config.node_name)
        labels = found["metadata"].get("labels") or {}
        missing = {k: v for k, v in wanted["metadata"]["labels"].items() if labels.get(k) != v}
        annotations = found["metadata"].get("annotations") or {}
        patch: MutableTree = {}
        if missing:
            patch["labels"] = missing
        if annotations.get(node_status.ATTACH) != "true":
            patch["annotations"] = {node_status.ATTACH: "true"}
        if patch:
            found = await self._client.patch("nodes", self._config.node_name, {"metadata": patch})
        return found

    async def current_labels(self) -> Mapping[str, str]:
        """The Node's labels, asked for now; none where the API does not answer."""
        try:
            found = await self._client.get("nodes", self._config.node_name)
        except (errors.ApiError, ConnectionError):
            return {}
        labels: Mapping[str, str] = found["metadata"].get("labels") or {}
        return labels

    async def report_forever(self) -> None:
        """Status on change and every so often."""
        self._tell.node(self._config.node_name, self.uid, NORMAL, "Starting", "Starting kubelet.")
        while True:
            try:
                await self.report()
            except (errors.ApiError, ConnectionError) as error:
                log.warning("the status of node %s was not written: %s", self._config.node_name, error)
            self._nudge.clear()
            try:
                async with self._clock.timeout(self._config.node_check_seconds):
                    await self._nudge.wait()
            except TimeoutError:
                continue

    async def report(self) -> None:
        """Write the status, if there is cause."""
        wanted = await self._status(self._reported)
        due = self._clock.monotonic() - self._reported_at >= self._config.node_status_seconds
        if not due and not node_status.differs(self._reported, wanted):
            return
        was, now = _ready(self._reported), _ready(wanted)
        for _ in range(5):
            found = await self._client.get("nodes", self._config.node_name)
            present = found.get("status") or {}
            status = {**wanted, "conditions": _merged(present.get("conditions") or (), wanted["conditions"])}
            try:
                await self._client.update_status("nodes", trees.edited(found, status, "status"))
            except errors.Conflict:
                continue
            break
        self._reported, self._reported_at = wanted, self._clock.monotonic()
        if was != now:
            word = "Ready" if now else "NotReady"
            self._tell.node(
                self._config.node_name, self.uid, NORMAL, f"Node{word}",
                f"Node {self._config.node_name} status is now: Node{word}",
            )  # fmt: skip

    async def _status(self, before: Tree) -> MutableTree:
        fault = self._view.fault
        images: list[cri.ImageStatus] = []
        try:
            if self.version is None:
                self.version = await self._runtime.version()
            images = list(await self._runtime.list_images())
        except cri.RuntimeFault as error:
            fault = fault or f"container runtime is down: {error}"
        return node_status.status(self._config, self._machine, self.version, images, fault, before, self._clock.now())

    # -- the lease -------------------------------------------------------------------------------------------

    async def renew_forever(self) -> None:
        while True:
            try:
                await self.renew()
            except (errors.ApiError, ConnectionError) as error:
                log.debug("the lease of node %s was not renewed: %s", self._config.node_name, error)
                self._lease = None
                # Soon again: who cannot be heard for a while should not be silent for longer than that.
                await self._clock.sleep(min(LEASE_RETRY, self._config.lease_seconds))
                continue
            await self._clock.sleep(self._config.lease_seconds)

    async def renew(self) -> None:
        name = self._config.node_name
        moment = times.micros(self._clock.now())
        if self._lease is None:
            try:
                self._lease = await self._client.get("leases.coordination.k8s.io", name, LEASES)
            except errors.NotFound:
                self._lease = await self._client.create("leases.coordination.k8s.io", self._fresh_lease(moment))
                return
        wanted = trees.edited(self._lease, moment, "spec", "renewTime")
        wanted = trees.edited(wanted, name, "spec", "holderIdentity")
        wanted = trees.edited(wanted, self._config.lease_duration, "spec", "leaseDurationSeconds")
        self._lease = await self._client.update("leases.coordination.k8s.io", wanted)

    def _fresh_lease(self, moment: str) -> MutableTree:
        name = self._config.node_name
        meta: MutableTree = {"name": name, "namespace": LEASES}
        if self.uid:
            meta["ownerReferences"] = [{"apiVersion": "v1", "kind": "Node", "name": name, "uid": self.uid}]
        return {
            "kind": "Lease",
            "apiVersion": "coordination.k8s.io/v1",
            "metadata": meta,
            "spec": {
                "holderIdentity": name, "leaseDurationSeconds": self._config.lease_duration, "renewTime": moment,
            },
        }  # fmt: skip


def _ready(status: Tree) -> bool:
    return any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions") or ())


def _merged(present: object, own: list[MutableTree]) -> list[MutableTree]:
    """Own conditions, and those of others as they are."""
    assert isinstance(present, (list, tuple))
    owned = {"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"}
    foreign = [dict(c) for c in present if c.get("type") not in owned]
    before = {c.get("type"): c for c in present}
    made = []
    for one in own:
        if one["type"] not in owned:
            continue
        earlier = before.get(one["type"])
        if earlier is not None and earlier.get("status") == one["status"] and earlier.get("lastTransitionTime"):
            one = {**one, "lastTransitionTime": earlier["lastTransitionTime"]}
        made.append(one)
    return [*foreign, *made]
