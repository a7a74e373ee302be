"""The socket in front of a handler, over real connections on the loopback."""

import asyncio
import pathlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest

from steersman.kit import http, pki, serve
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy

Start = Callable[..., Awaitable[str]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    servers = []

    async def run(handler: http.Handler, context: ssl.SSLContext | None = None, *, body_limit: int = 1024) -> str:
        server = serve.Server(handler, body_limit=body_limit)
        socket = serve.listen("127.0.0.1", 0)
        await server.start([socket], context)
        servers.append(server)
        return f"{'https' if context else 'http'}://127.0.0.1:{socket.getsockname()[1]}"

    yield run
    for server in servers:
        await server.close(0.1)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


async def test_a_request_arrives_as_a_value(start: Start, session: aiohttp.ClientSession) -> None:
    seen: list[http.Request] = []

    async def handler(request: http.Request) -> http.Answer:
        seen.append(request)
        return http.Response(201, chunks=(b"{}",), headers=(("X-Two", "a"), ("X-Two", "b")))

    url = await start(handler)
    async with session.post(f"{url}/a%20b/c?x=1&x=%2F&y", data=b"body", headers={"X-Thing": "1"}) as answer:
        assert answer.status == 201
        assert answer.headers.getall("X-Two") == ["a", "b"]
        assert answer.content_type == "application/json"
    (request,) = seen
    assert (request.method, request.path, request.body) == ("POST", "/a%20b/c", b"body")
    assert list(request.query) == [("x", "1"), ("x", "/"), ("y", "")]
    assert request.headers["x-thing"] == "1"
    assert request.certificate is None


async def test_no_answer_tells_what_serves(start: Start, session: aiohttp.ClientSession) -> None:
    async def handler(request: http.Request) -> http.Answer:
        return http.Response(404 if request.path == "/404" else 200, chunks=(b"{}",))

    url = await start(handler)
    for path, code in (("/", 200), ("/404", 404), ("/?" + "x" * 1_100_000, 400)):
        async with session.get(url + path) as answer:
            assert (answer.status, "Server" in answer.headers) == (code, False)


async def test_a_header_that_comes_twice_is_joined_and_kept_apart(start: Start, session: aiohttp.ClientSession) -> None:
    seen: list[http.Request] = []

    async def handler(request: http.Request) -> http.Answer:
        seen.append(request)
        return http.Response()

    async with session.get(await start(handler), headers=[("X-One", "a,b"), ("X-Two", "a,b"), ("X-Two", "c")]):
        pass
    headers = seen[0].headers
    assert (headers["x-one"], headers["x-two"]) == ("a,b", "a,b,c")
    assert [list(http.values(headers, name)) for name in ("x-one", "x-two", "x-three")] == [["a,b"], ["a,b", "c"], []]


async def test_a_request_has_so_many_parameters(start: Start, session: aiohttp.ClientSession) -> None:
    async def handler(request: http.Request) -> http.Answer:
        return http.Response()

    url = await start(handler)
    for count, code in ((serve.PARAMETERS, 200), (serve.PARAMETERS + 2, 400)):
        async with session.get(f"{url}/?{'a=&' * count}"[:-1]) as answer:
            assert answer.status == code


async def test_chunks_are_one_body_and_large_ones_are_compressed(start: Start, session: aiohttp.ClientSession) -> None:
    async def handler(request: http.Request) -> http.Answer:
        return http.Response(chunks=(b"a" * 100_000, b"b" * 100_000))

    url = await start(handler)
    async with session.get(url, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.headers["Content-Length"] == "200000"
        assert len(await answer.read()) == 200_000
    async with session.get(url, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert await answer.read() == b"a" * 100_000 + b"b" * 100_000


async def test_a_body_has_a_limit(start: Start, session: aiohttp.ClientSession) -> None:
    async def handler(request: http.Request) -> http.Answer:
        return http.Response()

    url = await start(handler, body_limit=10)
    async with session.post(url, data=b"x" * 11) as answer:
        assert answer.status == 413
        assert (await answer.json())["reason"] == "RequestEntityTooLarge"


class Endless(AsyncIterator[bytes]):
    """Frames for as long as somebody asks; knows when nobody does any more."""

    def __init__(self) -> None:
        self.more = asyncio.Event()
        self.more.set()
        self.closed = asyncio.Event()

    async def __anext__(self) -> bytes:
        await self.more.wait()
        self.more.clear()
        return b"frame\n"

    async def aclose(self) -> None:
        self.closed.set()


async def test_a_stream_is_closed_when_its_client_goes(start: Start, session: aiohttp.ClientSession) -> None:
    frames = Endless()

    async def handler(request: http.Request) -> http.Answer:
        return http.Stream(frames)

    url = await start(handler)
    answer = await session.get(url)
    assert await answer.content.readline() == b"frame\n"
    frames.more.set()
    assert await answer.content.readline() == b"frame\n"
    answer.close()
    await frames.closed.wait()


async def test_a_stream_ends_for_its_client(start: Start, session: aiohttp.ClientSession) -> None:
    async def two() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async def handler(request: http.Request) -> http.Answer:
        return http.Stream(two())

    async with session.get(await start(handler)) as answer:
        assert await answer.read() == b"onetwo"


async def test_a_stream_is_closed_when_the_server_ends(session: aiohttp.ClientSession) -> None:
    frames = Endless()

    async def handler(request: http.Request) -> http.Answer:
        return http.Stream(frames)

    server = serve.Server(handler)
    socket = serve.listen("127.0.0.1", 0)
    await server.start([socket])
    async with session.get(f"http://127.0.0.1:{socket.getsockname()[1]}") as answer:
        assert await answer.content.readline() == b"frame\n"
        await server.close(0.5)
        assert frames.closed.is_set()
        assert await answer.content.read() == b""


async def test_an_upgrade_becomes_a_channel(start: Start, session: aiohttp.ClientSession) -> None:
    async def echo(channel: http.Channel) -> None:
        while (message := await channel.receive()) is not None:
            await channel.send(message + message)

    async def handler(request: http.Request) -> http.Answer:
        assert "v5.channel.k8s.io" in request.headers["sec-websocket-protocol"]
        return http.Upgrade("v5.channel.k8s.io", echo)

    url = await start(handler)
    async with session.ws_connect(url, protocols=("v5.channel.k8s.io", "v4.channel.k8s.io")) as socket:
        assert socket.protocol == "v5.channel.k8s.io"
        await socket.send_bytes(b"ab")
        assert await socket.receive_bytes() == b"abab"


async def test_a_channel_is_closed_when_the_server_ends(session: aiohttp.ClientSession) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def serve_(channel: http.Channel) -> None:
        begun.set()
        try:
            await channel.receive()
        finally:
            ended.set()

    async def handler(request: http.Request) -> http.Answer:
        return http.Upgrade("", serve_)

    server, listening = serve.Server(handler), serve.listen("127.0.0.1", 0)
    await server.start([listening])
    async with session.ws_connect(f"http://127.0.0.1:{listening.getsockname()[1]}/") as socket:
        await begun.wait()
        closing = asyncio.create_task(server.close(5.0))
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        async with asyncio.timeout(2):
            await closing
    assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
    assert ended.is_set()


async def test_a_connection_that_nobody_uses_does_not_hold_up_the_end(session: aiohttp.ClientSession) -> None:
    async def handler(request: http.Request) -> http.Answer:
        return http.Response(chunks=(b"{}",))

    server, listening = serve.Server(handler), serve.listen("127.0.0.1", 0)
    await server.start([listening])
    async with session.get(f"http://127.0.0.1:{listening.getsockname()[1]}/") as answer:
        await answer.read()
    assert server.connections == 1
    async with asyncio.timeout(2):
        await server.close(5.0)


async def test_a_client_certificate_is_handed_on(
    start: Start, session: aiohttp.ClientSession, tmp_path: pathlib.Path
) -> None:
    entropy, now = SeededEntropy(1), RealClock().now() - 60
    ca = pki.authority("ca", now=now, entropy=entropy)
    for name, pair in (
        ("server", pki.server(ca, "server", ["127.0.0.1"], now=now, entropy=entropy)),
        ("client", pki.client(ca, "jane", ["devs"], now=now, entropy=entropy)),
    ):
        (tmp_path / f"{name}.crt").write_bytes(pair.certificate)
        (tmp_path / f"{name}.key").write_bytes(pair.key)
    (tmp_path / "ca.crt").write_bytes(ca.certificate)
    names: list[str] = []

    async def handler(request: http.Request) -> http.Answer:
        names.append(pki.identity(request.certificate).common_name if request.certificate else "")
        return http.Response()

    context = serve.server_context(
        str(tmp_path / "server.crt"), str(tmp_path / "server.key"), client_ca=str(tmp_path / "ca.crt")
    )
    url = await start(handler, context)
    plain = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    known = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    known.load_cert_chain(str(tmp_path / "client.crt"), str(tmp_path / "client.key"))
    for each in (plain, known):
        async with session.get(url, ssl=each, headers={"Connection": "close"}) as answer:
            assert answer.status == 200
    assert names == ["", "jane"]
