"""A watch over a socket: it ends when it was asked to, and what comes after it uses the same connection."""

import asyncio

from steersman.apiserver.config import Config
from steersman.kit import serve
from unit.apiserver.serving import CONFIG_MAPS, Api


async def test_a_watch_ends_in_time_and_the_next_request_is_answered() -> None:
    api = Api(Config(authorization=False))
    await api.server.start()
    await api.config_map("a", {"k": "1"})
    server, listening = serve.Server(api.server.handle), serve.listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    await server.start([listening])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(target: str) -> bytes:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return await reader.readuntil(b"\r\n\r\n")

    try:
        assert b"200 OK" in await ask(f"{CONFIG_MAPS}?watch=1&timeoutSeconds=1")
        first = await reader.readuntil(b"\n\r\n")
        assert b'"ADDED"' in first
        await api.clock.advance(0.9)
        await api.config_map("b", {"k": "1"})
        assert b'"b"' in await reader.readuntil(b"\n\r\n")
        await api.clock.advance(0.2)
        assert await reader.readuntil(b"0\r\n\r\n") == b"0\r\n\r\n"
        answer = await ask(f"{CONFIG_MAPS}/a")
        assert b"200 OK" in answer
        assert server.connections == 1
    finally:
        writer.close()
        await writer.wait_closed()
        await server.close(0.1)
        await api.server.close()
