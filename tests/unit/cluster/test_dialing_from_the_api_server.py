"""The API server's way out: to whom it connects, whom it trusts, and that nothing stays open."""

import pytest

from steersman.api.tree import Tree
from steersman.apiserver import endpoints
from steersman.apiserver.registry import layout
from steersman.cluster import dialing, outgoing
from steersman.kit import http, serve
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from steersman.store.memory import MemoryStore


async def stored(store: MemoryStore, prefix: str, kind: str, api_version: str, tree: Tree) -> None:
    metadata = tree["metadata"]
    head, tail = layout.Layout(kind, api_version).pack(tree)
    await store.put(f"/registry/{prefix}/{metadata['namespace']}/{metadata['name']}", head, tail, expect=0)


async def dialer(*addresses: str) -> dialing.Dialing:
    """With a service `web` behind which there are these."""
    store = MemoryStore()
    metadata = {"name": "web", "namespace": "x"}
    await stored(store, "services", "Service", "v1", {"metadata": metadata, "spec": {"ports": [{"port": 443}]}})
    slice_ = {
        "metadata": {**metadata, "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": [{"addresses": [address]} for address in addresses], "ports": [{"name": "", "port": 8443}],
    }  # fmt: skip
    await stored(store, "endpointslices.discovery.k8s.io", "EndpointSlice", "discovery.k8s.io/v1", slice_)
    return dialing.Dialing(store, RealClock(), SeededEntropy(1), "/run/somewhere")


async def target(way: object) -> outgoing.Target:
    assert isinstance(way, outgoing.Outgoing)
    return way.target


async def test_a_service_is_one_of_its_endpoints_by_the_services_name() -> None:
    made = await dialer("10.0.0.1", "10.0.0.2")
    found = {await target(await made.service("x", "web", "443", scheme="https", ca=b"pem")) for _ in range(20)}
    assert found == {
        outgoing.Target("https", address, 8443, "web.x.svc", b"pem", "/run/somewhere")
        for address in ("10.0.0.1", "10.0.0.2")
    }
    await made.close()


async def test_who_only_passes_requests_on_trusts_anybody() -> None:
    made = await dialer("10.0.0.1")
    found = await target(await made.service("x", "web", "443", scheme="https"))
    assert (found.server_name, found.ca) == ("", None)
    await made.close()


async def test_a_service_that_is_not_there_is_named() -> None:
    made = await dialer()
    with pytest.raises(endpoints.NotReachable, match='service "other" not found'):
        await made.service("x", "other", "443")
    with pytest.raises(endpoints.NotReachable, match='no endpoints available for service "web"'):
        await made.service("x", "web", "443")
    await made.close()


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://example.com/path", "example.com", 443),
        ("https://example.com:8443", "example.com", 8443),
        ("https://[::1]:8443/x", "::1", 8443),
    ],
)
async def test_a_url_says_host_and_port(url: str, host: str, port: int) -> None:
    made = await dialer()
    assert await target(await made.url(url, b"")) == outgoing.Target("https", host, port, "", b"")
    await made.close()


async def test_connections_are_kept_until_the_dialer_closes() -> None:
    async def answer(request: http.Request) -> http.Answer:
        return http.Response(200, "text/plain", (request.remote.encode(),))

    server = serve.Server(answer)
    listening = serve.listen("127.0.0.1", 0)
    await server.start([listening])
    made = await dialer()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    for _ in range(3):
        await (await made.url(url, b"")).send(http.Request("GET", "/"))
    assert server.connections == 1
    await made.close()
    with pytest.raises(ConnectionError):
        await made.url(url, b"")
    await server.close(1)
    assert server.connections == 0


async def test_what_is_left_unread_does_not_disturb_the_next() -> None:
    async def answer(request: http.Request) -> http.Answer:
        return http.Response(200, "text/plain", (request.path.encode() * 100_000,))

    server = serve.Server(answer)
    listening = serve.listen("127.0.0.1", 0)
    await server.start([listening])
    made = await dialer()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    first = await (await made.url(url, b"")).send(http.Request("GET", "/a"))
    assert isinstance(first, http.Stream)
    await first.aclose()
    second = await (await made.url(url, b"")).send(http.Request("GET", "/b"))
    assert isinstance(second, http.Stream)
    assert b"".join([piece async for piece in second.frames]) == b"/b" * 100_000
    await made.close()
    await server.close(0.1)


async def test_a_node_elsewhere_is_not_reached() -> None:
    made = await dialer()
    with pytest.raises(ConnectionError, match="no way to node n"):
        await made.node("n")
    local = dialing.LocalDialer({}, MemoryStore(), RealClock(), SeededEntropy(1))
    with pytest.raises(ConnectionError, match="node n is not part of this process"):
        await local.node("n")
    await local.close()
    await made.close()
