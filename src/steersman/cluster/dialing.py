"""How this process's API server reaches what is not in it: kubelets by a call, everything else by a connection.

Services and pods are looked up in the store, and what stands behind them is reached from the hub's network namespace,
which has a route to every pod; without one (an API server alone, simulated nodes) from this process's own.  A webhook's
URL is always reached from this process's own: it is where the person who wrote the URL tried it.
"""

import collections
import urllib.parse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from steersman.api.tree import at
from steersman.apiserver import endpoints
from steersman.apiserver.registry import reader as readers
from steersman.client import inprocess, transport
from steersman.cluster import outgoing
from steersman.kit import clock as clocks
from steersman.kit import entropy as entropies
from steersman.kit import http
from steersman.store import protocol

if TYPE_CHECKING:
    from steersman.cluster import nodes

API_SERVER = http.User("kube-apiserver-kubelet-client", ("system:masters", "system:authenticated"))
KEPT = 512
"""Targets to which connections are kept."""
_PORTS = {"http": 80, "https": 443}


class Dialing:
    """An `apiserver.dialer.Dialer` that knows no node."""

    def __init__(
        self, store: protocol.Store, clock: clocks.Clock, entropy: entropies.Entropy, namespace: str = ""
    ) -> None:
        self._reader = readers.StoreReader(store)
        self._clock = clock
        self._entropy = entropy
        self._namespace = namespace
        self._open: collections.OrderedDict[outgoing.Target, outgoing.Outgoing] = collections.OrderedDict()
        self._closed = False

    async def node(self, name: str) -> transport.Transport:
        raise ConnectionError(f"this API server has no way to node {name}")

    async def service(
        self, namespace: str, name: str, port: str, *, scheme: str = "http", ca: bytes | None = None
    ) -> transport.Transport:
        service = self._reader.get("services", namespace, name)
        if service is None:
            raise endpoints.NotReachable(f'service "{name}" not found')
        server_name = f"{name}.{namespace}.svc" if ca is not None else ""
        if at(service, "spec", "type") == "ExternalName" and ca is not None:
            host = str(at(service, "spec", "externalName", default=""))
            return await self._to(outgoing.Target(scheme, host, int(port), server_name, ca))
        slices = self._reader.list("endpointslices.discovery.k8s.io", namespace)
        found = endpoints.of_service(service, slices, port)
        host, number = found[self._entropy.below(len(found))]
        return await self._to(outgoing.Target(scheme, host, number, server_name, ca, self._namespace))

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        pod = self._reader.get("pods", namespace, name)
        if pod is None:
            raise endpoints.NotReachable(f'pod "{name}" not found')
        host, number = endpoints.of_pod(pod, port)
        target = outgoing.Target(scheme, host, number or _PORTS[scheme], namespace=self._namespace)
        return await self._to(target)

    async def url(self, url: str, ca: bytes) -> transport.Transport:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 443)
        return await self._to(outgoing.Target(parts.scheme, parts.hostname or "", port, "", ca))

    async def close(self) -> None:
        self._closed = True
        self._reader.close()
        while self._open:
            await self._open.popitem()[1].close()

    async def _to(self, target: outgoing.Target) -> outgoing.Outgoing:
        if self._closed:
            raise ConnectionError("this API server ends")
        found = self._open.get(target)
        if found is None:
            found = self._open[target] = outgoing.Outgoing(target, self._clock)
        self._open.move_to_end(target)
        if len(self._open) > KEPT:
            await self._open.popitem(last=False)[1].close()
        return found


class LocalDialer(Dialing):
    """The dialer of a one-process cluster."""

    def __init__(
        self,
        nodes: "Mapping[str, nodes.Node]",
        store: protocol.Store,
        clock: clocks.Clock,
        entropy: entropies.Entropy,
        namespace: str = "",
    ) -> None:
        super().__init__(store, clock, entropy, namespace)
        self._nodes = nodes

    async def node(self, name: str) -> transport.Transport:
        found = self._nodes.get(name)
        if found is None:
            raise ConnectionError(f"node {name} is not part of this process")
        if found.server is None:
            raise ConnectionError(f"the kubelet of {name} does not answer")
        return inprocess.InProcessTransport(found.server.handle, API_SERVER)
