"""Keeps a node's rules equal to the Services: changes set a flag, one loop applies what they come to.

The first transaction replaces whatever is there (after a restart the old rules served until then).  Later
ones carry differences only.  Changes within `PAUSE` of each other go together.  A transaction that is
refused is an error that is heard; the next one is whole again.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from steersman.api.tree import Tree, at
from steersman.client import informers
from steersman.kit.clock import Clock
from steersman.nft import transaction
from steersman.nft.objects import Table
from steersman.nft.runner import NftError, Runner
from steersman.proxy import conntrack, model, rules

log = logging.getLogger(__name__)
PAUSE = 0.05
RETRY = 1.0


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
        self._pods = pods
        self._runner = runner
        self._clock = clock
        self._namespace = namespace
        self._dirty = asyncio.Event()
        self._applied: Table | None = None
        self._ports: Sequence[model.ServicePort] = ()

    def _changed(self, old: Tree | None, new: Tree | None) -> None:
        self._dirty.set()

    def _pod_changed(self, old: Tree | None, new: Tree | None) -> None:
        if any(host_ports([pod]) for pod in (old, new) if pod is not None):
            self._dirty.set()

    async def run(self) -> None:
        """Until cancelled."""
        watched = [self._services, self._slices, *([self._pods] if self._pods else [])]
        for informer in watched:
            await informer.wait_synced()
        stops = [self._services.on_change(self._changed), self._slices.on_change(self._changed)]
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
        ports = model.service_ports(self._services.list(), self._slices.list(), self.facts.name)
        pods = self._pods.list() if self._pods else ()
        wanted = rules.table(ports, self.facts, host_ports(pods))
        commands = transaction.between(self._applied, wanted)
        try:
            if commands:
                with self._clock.busy():
                    await self._runner.apply(commands)
        except NftError as error:
            log.error("the rules of %s were refused, trying again: %s", self.facts.name, error)
            self._applied = None
            self._dirty.set()
            await self._clock.sleep(RETRY)
            return
        self._applied = wanted
        stale = conntrack.stale(self._ports, ports)
        self._ports = ports
        if stale and self._namespace is not None:
            with self._clock.busy():
                await conntrack.forget(self._namespace, stale)
        self.synced.set()


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
        for container in at(pod, "spec", "containers", default=()):
            for port in container.get("ports") or ():
                if port.get("hostPort"):
                    protocol = (port.get("protocol") or "TCP").lower()
                    found.append(
                        rules.HostPort(protocol, port["hostPort"], port.get("hostIP") or "", ip, port["containerPort"])
                    )
    return sorted(found, key=lambda p: (p.protocol, p.port, p.host_ip, p.pod_ip))
