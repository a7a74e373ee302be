"""Nothing passes a connection after a refused upgrade, and nobody is followed to where they point."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from steersman.apiserver.verbs.subresources import connect
from steersman.client.http import HttpTransport
from steersman.client.kubeconfig import Access
from steersman.kit import http, serve
from unit.apiserver.serving import Api

Start = Callable[[http.Handler], Awaitable[int]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    servers = []

    async def run(handler: http.Handler) -> int:
        server = serve.Server(handler)
        socket = serve.listen("127.0.0.1", 0)
        await server.start([socket])
        servers.append(server)
        port: int = socket.getsockname()[1]
        return port

    yield run
    for server in servers:
        await server.close(0.1)


async def sent(port: int, data: bytes) -> bytes:
    """Everything that comes back until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


UPGRADE = (
    b"%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: %s\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
AFTER = b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("protocol", [b"websocket", b"SPDY/3.1", b"h2c"])
@pytest.mark.parametrize(
    "line",
    [
        b"POST /api/v1/namespaces/default/pods/none/exec?command=x",
        b"GET /api/v1/namespaces/default/pods/none/portforward",
        b"GET /api/v1/nodes/none/proxy/",
        b"GET /apis/x.example.com/v1/things",
        b"GET /healthz",
    ],
)
async def test_a_refused_upgrade_ends_the_connection(api: Api, start: Start, line: bytes, protocol: bytes) -> None:
    """CVE-2018-1002105: the API server went on copying bytes to a kubelet that had said no."""
    port = await start(api.server.handle)
    answer = await sent(port, UPGRADE % (line, protocol) + AFTER)
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"Connection: close" in answer
    assert b"101 Switching" not in answer


async def test_what_follows_a_backend_s_refusal_reaches_no_backend(api: Api, start: Start) -> None:
    seen: list[bytes] = []

    async def kubelet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        seen.append(await reader.read())
        writer.close()

    backend = await asyncio.start_server(kubelet, "127.0.0.1", 0)
    transport = HttpTransport(Access(f"http://127.0.0.1:{backend.sockets[0].getsockname()[1]}", token="t"))

    async def handler(request: http.Request) -> http.Answer:
        return await transport.send(http.Request("GET", "/exec/a/b/c", headers={"upgrade": "websocket"}))

    port = await start(handler)
    answer = await sent(port, UPGRADE % (b"GET /exec", b"websocket") + b"\x82\x85secret")
    assert answer.startswith(b"HTTP/1.1 403 ")
    await transport.close()
    backend.close()
    await backend.wait_closed()
    assert b"secret" not in b"".join(seen)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("upgrade", [False, True])
async def test_no_redirect_is_followed(start: Start, code: int, upgrade: bool) -> None:
    """CVE-2020-8559: a kubelet that redirected an upgrade got the API server's credentials sent elsewhere."""
    reached: list[http.Request] = []

    async def elsewhere(request: http.Request) -> http.Answer:
        reached.append(request)
        return http.Response()

    target = await start(elsewhere)

    async def redirects(request: http.Request) -> http.Answer:
        return http.Response(code, headers=[("Location", f"http://127.0.0.1:{target}/x")])

    transport = HttpTransport(Access(f"http://127.0.0.1:{await start(redirects)}", token="secret"))
    request = http.Request("GET", "/exec/a/b/c", headers={"upgrade": "websocket"} if upgrade else {})
    if upgrade:
        with pytest.raises(ConnectionError, match="not followed"):
            await transport.send(request)
    else:
        answer = await transport.send(request)
        assert isinstance(answer, http.Response)
        assert answer.status == code
    await transport.close()
    assert reached == []


def test_what_proves_who_a_client_is_goes_no_further() -> None:
    sent = {
        "authorization": "Bearer t", "impersonate-user": "jane", "accept": "*/*", "upgrade": "websocket",
        "sec-websocket-protocol": "v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.dA",
    }  # fmt: skip
    request = http.Request("GET", "/a", headers=sent, user=http.User("jane"), certificate=b"c")
    passed = connect.forwarded(request, "/b", ())
    assert passed.headers == {
        "accept": "*/*", "connection": "upgrade", "upgrade": "websocket", "sec-websocket-protocol": "v5.channel.k8s.io",
    }  # fmt: skip
    assert (passed.user, passed.certificate) == (None, None)


SMUGGLED = [
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + AFTER,
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd" + AFTER,
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + AFTER,
    b"GET /a HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n" + AFTER,
    b"GET /a HTTP/1.1\nHost: a\r\nContent-Length: -1\r\n\r\n" + AFTER,
]


@pytest.mark.parametrize("data", SMUGGLED)
async def test_one_request_is_not_two(start: Start, data: bytes) -> None:
    asked: list[str] = []

    async def handler(request: http.Request) -> http.Answer:
        asked.append(request.path)
        return http.Response()

    answer = await sent(await start(handler), data)
    assert asked == []
    assert answer.startswith(b"HTTP/1.0 400 ")
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (told["kind"], told["code"]) == ("Status", 400)


@pytest.mark.parametrize("value", [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80"])
async def test_headers_that_are_no_text_break_nothing(api: Api, start: Start, value: bytes) -> None:
    port = await start(api.server.handle)
    for name in (b"Impersonate-User", b"Authorization", b"User-Agent", b"Accept", b"Content-Type", b"X-Any"):
        answer = await sent(
            port, b"GET /api/v1/pods HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s: %s\r\n\r\n" % (name, value)
        )
        assert answer.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 403 ", b"HTTP/1.1 406 ")), answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["kind"] == "Status"


async def test_a_body_that_unpacks_to_more_than_its_limit_is_refused(api: Api, start: Start) -> None:
    import zlib

    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(50)) + packer.flush()
    head = b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    answer = await sent(await start(api.server.handle), head % len(packed) + packed)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == "RequestEntityTooLarge"
