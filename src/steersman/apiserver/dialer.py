"""How the API server reaches what is not in it: a node's kubelet, a service, a webhook.

The API server never makes a connection itself, because which network namespace it must be made in depends on
how the cluster was put together.  `cluster` implements this; without one, everything that needs it answers
503.
"""

from typing import Protocol

from steersman.client import transport


class Dialer(Protocol):
    async def node(self, name: str) -> transport.Transport:
        """The kubelet of a node.  Raises ConnectionError when the node cannot be reached."""
        ...

    async def service(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        """One endpoint of a service; `port` is a number or a name."""
        ...

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport: ...

    async def url(self, url: str, ca: bytes) -> transport.Transport:
        """A server by its URL (a webhook); `ca` is the PEM bundle that must have signed its certificate."""
        ...


class NoDialer:
    """For an API server that stands alone: nobody can be reached."""

    async def node(self, name: str) -> transport.Transport:
        raise ConnectionError(f"this API server has no way to node {name}")

    async def service(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        raise ConnectionError(f"this API server has no way to service {namespace}/{name}")

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        raise ConnectionError(f"this API server has no way to pod {namespace}/{name}")

    async def url(self, url: str, ca: bytes) -> transport.Transport:
        raise ConnectionError(f"this API server has no way to {url}")
