"""The proxies of services, pods and nodes: what reaches the other server, and what comes back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from steersman.api.status import StatusError
from steersman.apiserver import endpoints
from steersman.apiserver.config import Config
from steersman.apiserver.server import SELF, ApiServer
from steersman.apiserver.verbs.subresources import proxy
from steersman.client import transport
from steersman.cluster import dialing, outgoing
from steersman.kit import http, serve
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from unit.apiserver.serving import Api

SERVICE = "/api/v1/namespaces/default/services/web"


class Behind(dialing.Dialing):
    """Finds every service and pod on one port of loopback, and remembers who was asked for."""

    port = 0

    async def service(
        self, namespace: str, name: str, port: str, *, scheme: str = "http", ca: bytes | None = None
    ) -> transport.Transport:
        self.wanted = ("service", scheme, name, port)
        return await self._to(outgoing.Target("http", "127.0.0.1", self.port))

    async def pod(self, namespace: str, name: str, port: str, *, scheme: str = "http") -> transport.Transport:
        self.wanted = ("pod", scheme, name, port)
        return await self._to(outgoing.Target("http", "127.0.0.1", self.port))


class Proxied(Api):
    def __init__(self) -> None:
        super().__init__()
        self.dialer = Behind(self.store, RealClock(), SeededEntropy(1))
        self.server = ApiServer.build(
            store=self.store, clock=self.clock, entropy=SeededEntropy(7), config=Config(authorization=False),
            dialer=self.dialer,
        )  # fmt: skip
        self.seen: list[http.Request] = []
        self.answers: dict[str, http.Answer] = {}
        self.web = serve.Server(self._web)

    async def _web(self, request: http.Request) -> http.Answer:
        self.seen.append(request)
        return self.answers.get(request.path) or http.Response(200, "text/plain", (request.method.encode(),))


@pytest.fixture
async def api() -> AsyncIterator[Proxied]:
    made = Proxied()
    listening = serve.listen("127.0.0.1", 0)
    made.dialer.port = listening.getsockname()[1]
    await made.web.start([listening])
    try:
        await made.server.start()
        spec = {"ports": [{"port": 80}]}
        await made.make("/api/v1/namespaces/default/services", {"metadata": {"name": "web"}, "spec": spec})
        yield made
        await made.server.close()
    finally:
        await made.web.close(0.1)


async def text(api: Proxied, method: str, target: str, **how: Any) -> tuple[int, str]:
    answer = await api.send(method, target, **how)
    assert not isinstance(answer, http.Upgrade)
    if isinstance(answer, http.Response):
        return answer.status, answer.body.decode()
    return answer.status, b"".join([frame async for frame in answer.frames]).decode()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_is_passed_on(api: Proxied, method: str) -> None:
    assert await text(api, method, f"{SERVICE}/proxy/a/b%2Fc/?q=1&q=2", body=b"content") == (200, method)
    (request,) = api.seen
    assert request.path == "/a/b%2Fc/"
    assert list(request.query) == [("q", "1"), ("q", "2")]
    assert request.body == b"content"
    assert request.headers["x-forwarded-uri"] == f"{SERVICE}/proxy/a/b%2Fc/"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("web", ("service", "http", "web", "")),
        ("web:80", ("service", "http", "web", "80")),
        ("https:web:tls", ("service", "https", "web", "tls")),
        (":web:", ("service", "http", "web", "")),
    ],
)
async def test_a_name_says_scheme_and_port(api: Proxied, name: str, wanted: Any) -> None:
    assert (await text(api, "GET", f"/api/v1/namespaces/default/services/{name}/proxy/"))[0] == 200
    assert api.dialer.wanted == wanted


@pytest.mark.parametrize("name", ["ftp:web:80", "a:b:c:d", ":80", "::"])
def test_a_name_that_says_nonsense_is_refused(name: str) -> None:
    with pytest.raises(StatusError, match="invalid service request"):
        proxy.split(name, "service")


async def test_what_proves_who_the_client_is_stays_here(api: Proxied) -> None:
    headers = {"authorization": "Bearer secret", "cookie": "a=b", "x-mine": "yes", "impersonate-user": "me"}
    await text(api, "GET", f"{SERVICE}/proxy/", headers=headers)
    (request,) = api.seen
    assert "authorization" not in request.headers
    assert not any(name.startswith("impersonate") for name in request.headers)
    assert (request.headers["cookie"], request.headers["x-mine"]) == ("a=b", "yes")


async def test_a_redirect_is_passed_on_and_leads_back_through_the_proxy(api: Proxied) -> None:
    api.answers["/old"] = http.Response(302, "text/plain", (), (("Location", "/new/?x=1"),))
    answer = await api.send("GET", f"{SERVICE}/proxy/old")
    assert isinstance(answer, http.Response)
    assert answer.status == 302
    assert dict(answer.headers)["location"] == f"{SERVICE}/proxy/new/?x=1"
    assert [request.path for request in api.seen] == ["/old"]


@pytest.mark.parametrize("where", ["https://example.com/x", "relative", "http://[bad"])
async def test_a_redirect_to_elsewhere_stays_as_it_is(api: Proxied, where: str) -> None:
    api.answers["/old"] = http.Response(302, "text/plain", (), (("Location", where),))
    answer = await api.send("GET", f"{SERVICE}/proxy/old")
    assert isinstance(answer, http.Response)
    assert dict(answer.headers)["location"] == where
    assert len(api.seen) == 1


async def test_a_proxy_without_a_path_has_one_with_a_slash(api: Proxied) -> None:
    answer = await api.send("GET", f"{SERVICE}/proxy?a=b")
    assert isinstance(answer, http.Response)
    assert (answer.status, dict(answer.headers)["Location"]) == (301, f"{SERVICE}/proxy/?a=b")
    assert not api.seen
    assert (await text(api, "POST", f"{SERVICE}/proxy"))[0] == 200
    assert api.seen[0].path == "/"


async def test_a_long_answer_is_not_held(api: Proxied) -> None:
    gate = asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        yield b"first"
        await gate.wait()
        yield b"second"

    api.answers["/slow"] = http.Stream(frames(), 200, "text/plain")
    answer = await api.send("GET", f"{SERVICE}/proxy/slow")
    assert isinstance(answer, http.Stream)
    found = aiter(answer.frames)
    assert await anext(found) == b"first"
    gate.set()
    assert await anext(found) == b"second"
    await answer.aclose()


async def test_an_error_of_the_other_server_is_its_own(api: Proxied) -> None:
    api.answers["/gone"] = http.Response(410, "text/plain", (b"no more",))
    assert await text(api, "GET", f"{SERVICE}/proxy/gone") == (410, "no more")


async def test_a_server_that_does_not_answer(api: Proxied) -> None:
    listening = serve.listen("127.0.0.1", 0)
    api.dialer.port = listening.getsockname()[1]
    listening.close()
    code, body = await api.call("GET", f"{SERVICE}/proxy/")
    assert (code, body["reason"]) == (503, "ServiceUnavailable")
    refused = f"dial tcp 127.0.0.1:{api.dialer.port}: connect: connection refused"
    assert body["message"] == f"error trying to reach service: {refused}"


async def test_a_service_that_is_not_there(api: Proxied) -> None:
    code, body = await api.call("GET", "/api/v1/namespaces/default/services/other/proxy/")
    assert (code, body["message"]) == (404, 'services "other" not found')


async def test_web_sockets_are_passed_on(api: Proxied) -> None:
    async def echo(channel: http.Channel) -> None:
        while (message := await channel.receive()) is not None:
            await channel.send(type(message)(b"re: " + message))

    api.answers["/ws"] = http.Upgrade("chat", echo)
    door = serve.Server(api.server.handle)
    listening = serve.listen("127.0.0.1", 0)
    await door.start([listening])
    url = f"http://127.0.0.1:{listening.getsockname()[1]}{SERVICE}/proxy/ws"
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url, protocols=["chat"]) as socket:
            assert socket.protocol == "chat"
            await socket.send_bytes(b"hello")
            assert await socket.receive_bytes() == b"re: hello"
            await socket.send_str("hello")
            assert await socket.receive_str() == "re: hello"
        api.answers["/ws"] = http.Response(403, "text/plain", (b"no",))
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url)
        assert refused.value.status == 403
    await door.close(0.1)


async def test_a_pod_without_an_address_is_not_proxied_to() -> None:
    api = Api()
    entropy = SeededEntropy(7)
    api.server = ApiServer.build(
        store=api.store, clock=api.clock, entropy=entropy, dialer=dialing.Dialing(api.store, RealClock(), entropy)
    )  # fmt: skip
    await api.server.start()
    await api.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.pod("a")
    code, body = await api.call("GET", "/api/v1/namespaces/default/pods/a/proxy/", user=SELF)
    assert (code, body["message"]) == (400, "address not allowed")
    await api.server.close()


# which address


def service(*ports: Any) -> Any:
    return {"metadata": {"name": "web", "namespace": "x"}, "spec": {"ports": list(ports)}}


def slice_(*endpoints: Any, ports: Any = ({"name": "", "port": 8080},), of: str = "web") -> Any:
    return {
        "metadata": {"labels": {"kubernetes.io/service-name": of}}, "endpoints": list(endpoints), "ports": list(ports),
    }  # fmt: skip


READY = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}}
UNREADY = {"addresses": ["10.0.0.2"], "conditions": {"ready": False}}


def test_ready_endpoints_of_the_port_are_found() -> None:
    named = service({"name": "a", "port": 80}, {"name": "b", "port": 81})
    ports = [{"name": "a", "port": 8080}, {"name": "b", "port": 8081}]
    slices = [slice_(READY, UNREADY, ports=ports), slice_({"addresses": ["10.0.0.9"]}, of="other", ports=ports)]
    assert endpoints.of_service(named, slices, "81") == [("10.0.0.1", 8081)]
    assert endpoints.of_service(named, slices, "a") == [("10.0.0.1", 8080)]
    assert endpoints.of_service(service({"port": 80}), [slice_(READY)], "") == [("10.0.0.1", 8080)]


@pytest.mark.parametrize(
    ("slices", "port", "said"),
    [
        ([slice_(UNREADY)], "80", 'no endpoints available for service "web"'),
        ([], "", 'no endpoints available for service "web"'),
        ([slice_(READY)], "81", 'no service port 81 found for service "web"'),
        ([slice_(READY)], "named", 'no endpoints available for service "web"'),
    ],
)
def test_a_service_with_nothing_behind_it_says_so(slices: Any, port: str, said: str) -> None:
    with pytest.raises(endpoints.NotReachable, match=said):
        endpoints.of_service(service({"port": 80}), slices, port)


def pod(address: str, *ports: Any) -> Any:
    return {
        "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "ports": list(ports)}]},
        "status": {"podIP": address},
    }  # fmt: skip


def test_a_pods_port_is_a_number_a_name_or_the_first() -> None:
    one = pod("10.0.0.1", {"containerPort": 53, "protocol": "UDP"}, {"containerPort": 8080, "name": "web"})
    assert endpoints.of_pod(one, "99") == ("10.0.0.1", 99)
    assert endpoints.of_pod(one, "web") == ("10.0.0.1", 8080)
    assert endpoints.of_pod(one, "") == ("10.0.0.1", 8080)
    assert endpoints.of_pod(pod("10.0.0.1"), "") == ("10.0.0.1", 0)
    with pytest.raises(endpoints.NotReachable):
        endpoints.of_pod(one, "other")


@pytest.mark.parametrize("address", ["", "127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "x"])
def test_nobody_is_brought_to_an_address_that_is_no_pods(address: str) -> None:
    with pytest.raises(endpoints.NotAllowed, match="address not allowed"):
        endpoints.of_pod(pod(address), "80")
