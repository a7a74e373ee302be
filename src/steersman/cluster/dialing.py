"""How this process's API server reaches what is in the cluster: kubelets by a call, pods through namespaces."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from steersman.client import inprocess, transport
from steersman.kit import http

if TYPE_CHECKING:
    from steersman.cluster import nodes

API_SERVER = http.User("kube-apiserver-kubelet-client", ("system:masters", "system:authenticated"))


class LocalDialer:
    def __init__(self, nodes: "Mapping[str, nodes.Node]") -> None:
        self._nodes = nodes

    async def node(self, name: str) -> transport.Transport:
        found = self._nodes.get(name)
        if found is None:
            raise ConnectionError(f"node {name} is not part of this process")
        if found.server is None:
            raise ConnectionError(f"the kubelet of {name} does not answer")
        return inprocess.InProcessTransport(found.server.handle, API_SERVER)

    async def service(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        raise ConnectionError("proxying to services is not built yet")

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        raise ConnectionError("proxying to pods is not built yet")

    async def url(self, url: str, ca: bytes) -> transport.Transport:
        raise ConnectionError("webhooks are not built yet")
