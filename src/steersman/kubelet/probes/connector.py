"""How the kubelet reaches its pods: a connection made where the node is.

`LoopConnector` is for a kubelet whose process is in the node's network namespace; whoever runs several nodes in
one process hands in a connector that opens its sockets inside the node's.
"""

import asyncio
from typing import Protocol


class Connector(Protocol):
    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises OSError."""
        ...


class LoopConnector:
    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(host, port)
