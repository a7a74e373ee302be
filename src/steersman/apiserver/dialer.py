"""How the API server reaches what is not in it: a node's kubelet, a service, a pod, a webhook.

The API server never makes a connection itself, because which network namespace it must be made in depends on
how the cluster was put together.  `cluster` implements this; without one, everything that needs it is told that
there is no way.

A transport from here belongs to the dialer and stays open for others: whoever asked must not close it.  It follows no
redirect, and gives a body as a `Stream` that must be iterated or closed.
"""

from typing import Protocol

from steersman.client import transport


class Dialer(Protocol):
    async def node(self, name: str) -> transport.Transport:
        """The kubelet of a node.  Raises ConnectionError when the node cannot be reached."""
        ...

    async def service(
        self, namespace: str, name: str, port: str, *, scheme: str = "http", ca: bytes | None = None
    ) -> transport.Transport:
        """One ready endpoint of a service; `port` is a number or a name, or empty for the only one.

        `ca` is the PEM bundle that must have signed the certificate of `name.namespace.svc` (empty: the machine's
        authorities); without one any certificate will do.  Raises ConnectionError, fit for a client to read.
        """
        ...

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport: ...

    async def url(self, url: str, ca: bytes) -> transport.Transport:
        """A server by its URL (a webhook), of which scheme, host and port count; `ca` as for `service`."""
        ...

    async def close(self) -> None:
        """End all connections."""
        ...


class NoDialer:
    """For an API server that nobody gave a way out: nobody can be reached."""

    async def node(self, name: str) -> transport.Transport:
        raise ConnectionError(f"this API server has no way to node {name}")

    async def service(
        self, namespace: str, name: str, port: str, *, scheme: str = "http", ca: bytes | None = None
    ) -> transport.Transport:
        raise ConnectionError(f"this API server has no way to service {namespace}/{name}")

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        raise ConnectionError(f"this API server has no way to pod {namespace}/{name}")

    async def url(self, url: str, ca: bytes) -> transport.Transport:
        raise ConnectionError(f"this API server has no way to {url}")

    async def close(self) -> None:
        """Nothing is open."""
