"""Keeps a node's rules equal to the Services: changes set a flag, one loop applies what they come to.

The first transaction replaces whatever is there (after a restart the old rules served until then).  Later
ones carry differences only.  Changes within `PAUSE` of each other go together.  A transaction that is
refused is an error that is heard; the next one is whole again.

A chain that is not wanted any more is emptied at once and deleted `LINGER` later: kernels before 6.2 count a
map's element as naming its chain for a moment after it was deleted, and would refuse.
"""

import asyncio
import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

from steersman.api.tree import Tree, at
from steersman.client import informers
from steersman.kit.clock import Clock
from steersman.nft import transaction
from steersman.nft.objects import Chain, Table
from steersman.nft.runner import NftError, Runner
from steersman.proxy import conntrack, model, rules

log = logging.getLogger(__name__)
PAUSE = 0.05
RETRY = 1.0
LINGER = 1.0
ZONE = "topology.kubernetes.io/zone"


class Proxy:
    """One node's proxy.  `pods` is the informer of the node's own pods, for host ports (None: none)."""

    def __init__(
        self,
        facts: rules.NodeFacts,
        shared: informers.InformerSet,
        runner: Runner,
        clock: Clock,
        *,
        pods: informers.Informer | None = None,
        namespace: Path | None = None,
    ) -> None:
        self.facts = facts
        self.synced = asyncio.Event()
        """Set after the first transaction."""
        self._services = shared.informer("services")
        self._slices = shared.informer("endpointslices.discovery.k8s.io")
        self._nodes = shared.informer("nodes")
        self._pods = pods
        self._runner = runner
        self._clock = clock
        self._namespace = namespace
        self._dirty = asyncio.Event()
        self._ports = model.Ports()
        self._maker = rules.Maker()
        self._applied: Table | None = None
        self._lingering: dict[str, float] = {}
        """Chains that nothing names any more, and since when."""
        self._udp: conntrack.Answerers | None = None
        """What UDP connections were last checked against."""

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        self._dirty.set()

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        if any(host_ports([pod]) for pod in (old, new) if pod is not None):
            self._dirty.set()

    def _node_changed(self, old: Tree | None, new: Tree | None) -> None:
        node = new or old
        if node is not None and node["metadata"]["name"] == self.facts.name:
            zone = at(new, "metadata", "labels", ZONE, default="") if new else ""
            if zone != self.facts.zone:
                self.facts = dataclasses.replace(self.facts, zone=zone)
                self._dirty.set()

    async def run(self) -> None:
        """Until cancelled."""
        watched = [self._services, self._slices, self._nodes, *([self._pods] if self._pods else [])]
        for informer in watched:
            await informer.wait_synced()
        stops = [
            self._services.on_change(self._changed),
            self._slices.on_change(self._changed),
            self._nodes.on_change(self._node_changed),
        ]
        if self._pods is not None:
            stops.append(self._pods.on_change(self._pod_changed))
        try:
            self._dirty.set()
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                await self._sync()
                await self._clock.sleep(PAUSE)
        finally:
            for stop in stops:
                stop()

    async def _sync(self) -> None:
        ports = self._ports.compute(self._services.list(), self._slices.list(), self.facts.name)
        pods = self._pods.list() if self._pods else ()
        on_host = host_ports(pods)
        wanted = self._with_lingering(self._maker.table(ports, self.facts, on_host))
        commands = transaction.between(self._applied, wanted)
        try:
            if commands:
                with self._clock.busy():
                    await self._runner.apply(commands)
        except NftError as error:
            log.error("the rules of %s were refused, trying again: %s", self.facts.name, error)
            self._applied = None
            self._lingering.clear()
            self._dirty.set()
            await self._clock.sleep(RETRY)
            return
        self._applied = wanted
        self.synced.set()
        udp = conntrack.answerers(ports, self.facts, on_host)
        if udp != self._udp and self._namespace is not None:
            with self._clock.busy():
                await conntrack.forget(self._namespace, udp, self.facts)
        self._udp = udp

    def _with_lingering(self, wanted: Table) -> Table:
        """With the empty chains that are not to be deleted yet; sees to it that they will be."""
        now = self._clock.monotonic()
        before = self._applied.chains if self._applied is not None else {}
        fresh = [name for name in before if name not in wanted.chains and name not in self._lingering]
        if fresh:
            self._clock.call_later(LINGER + PAUSE, self._dirty.set)  # a loop's timers may be a little early
        kept = {name: since for name, since in self._lingering.items() if name not in wanted.chains}
        kept |= dict.fromkeys(fresh, now)
        self._lingering = {name: since for name, since in kept.items() if now - since < LINGER}
        return dataclasses.replace(wanted, chains={**wanted.chains, **dict.fromkeys(self._lingering, Chain())})


def host_ports(pods: Sequence[Tree]) -> list[rules.HostPort]:
    """The host ports of running pods with a network of their own."""
    found = []
    for pod in pods:
        ip = at(pod, "status", "podIP", default="")
        if (
            not ip
            or at(pod, "spec", "hostNetwork", default=False)
            or at(pod, "status", "phase") in ("Succeeded", "Failed")
        ):
            continue
        sidecars = [
            container
            for container in at(pod, "spec", "initContainers", default=None) or ()
            if container.get("restartPolicy") == "Always"
        ]
        for container in (*at(pod, "spec", "containers", default=()), *sidecars):
            for port in container.get("ports") or ():
                if port.get("hostPort"):
                    protocol = (port.get("protocol") or "TCP").lower()
                    found.append(
                        rules.HostPort(protocol, port["hostPort"], port.get("hostIP") or "", ip, port["containerPort"])
                    )
    return sorted(found, key=lambda p: (p.protocol, p.port, p.host_ip, p.pod_ip))
