"""Hooks that hang, die, answer nonsense or send elsewhere: the failure policy decides, the words are Kubernetes'."""

import asyncio
import base64
import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from steersman.apiserver.admission.webhooks import calling, configurations, refusals
from steersman.kit import http, pki, serve
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from unit.apiserver.admission.webhooks import hooks
from unit.apiserver.admission.webhooks.hooks import CONFIG_MAPS as RULE
from unit.apiserver.admission.webhooks.hooks import MUTATING, VALIDATING, HookedApi, add, allow, patch
from unit.apiserver.serving import CONFIG_MAPS

NEW = {"metadata": {"name": "a"}}
FAILED = 'Internal error occurred: failed calling webhook "x.example.com": '


async def refused(api: HookedApi, target: str = VALIDATING, **more: Any) -> str:
    """What a write is told because of a hook at `/x` that has to be asked; and with `Ignore` it is let through."""
    webhook = api.hook.webhook("/x", RULE, **more)
    await api.make(target, api.hook.configuration("x", webhook))
    code, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert (code, body["reason"]) == (500, "InternalError"), body
    assert body["message"].startswith(FAILED), body["message"]
    assert [cause["message"] for cause in body["details"]["causes"]] == [
        body["message"].removeprefix("Internal error occurred: ")
    ]
    await api.call("DELETE", f"{target}/x")
    await api.make(target, api.hook.configuration("x", {**webhook, "failurePolicy": "Ignore"}))
    assert (await api.call("POST", CONFIG_MAPS, NEW))[0] == 201
    return str(body["message"].removeprefix(FAILED))


def raw(api: HookedApi, answer: Callable[[http.Request], http.Answer]) -> None:
    async def handle(request: http.Request) -> http.Answer:
        return answer(request)

    api.hook.raw["/x"] = handle


def where(api: HookedApi, seconds: int = 10) -> str:
    return f'failed to call webhook: Post "https://127.0.0.1:{api.hook.port}/x?timeout={seconds}s": '


async def test_nobody_listens(api: HookedApi) -> None:
    listening = serve.listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    listening.close()
    client = {"url": f"https://127.0.0.1:{port}/x", "caBundle": api.hook.client("/x")["caBundle"]}
    assert await refused(api, clientConfig=client) == (
        f'failed to call webhook: Post "https://127.0.0.1:{port}/x?timeout=10s": '
        f"dial tcp 127.0.0.1:{port}: connect: connection refused"
    )


async def test_a_hook_that_hangs_is_given_up(api: HookedApi) -> None:
    entered = asyncio.Event()

    async def hang(request: http.Request) -> http.Answer:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError

    api.hook.raw["/x"] = hang
    await api.make(VALIDATING, api.hook.configuration("x", api.hook.webhook("/x", RULE, timeoutSeconds=3)))
    write = asyncio.ensure_future(api.call("POST", CONFIG_MAPS, NEW))
    await entered.wait()
    await api.clock.advance(2.9)
    assert not write.done()
    await api.clock.advance(0.2)
    code, body = await write
    assert code == 500
    assert body["message"] == f"{FAILED}{where(api, 3)}context deadline exceeded"


async def test_a_hook_that_dies_while_it_is_asked(api: HookedApi) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.transport.abort()

    server = await asyncio.start_server(die, "127.0.0.1", 0, ssl=hooks.context())
    port = server.sockets[0].getsockname()[1]
    client = {**api.hook.client("/x"), "url": f"https://127.0.0.1:{port}/x"}
    assert (await refused(api, clientConfig=client)).endswith(("EOF", "connection reset by peer"))
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "another protocol, unasked"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "unexpected EOF"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "malformed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "malformed"),
        (b"", "EOF"),
    ],
)
async def test_a_server_that_speaks_broken_http(api: HookedApi, bytes_: bytes, said: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes_)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=hooks.context())
    client = {**api.hook.client("/x"), "url": f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"}
    told = await refused(api, clientConfig=client)
    assert told.startswith('failed to call webhook: Post "https://127.0.0.1:')
    assert said.lower() in told.lower()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("bundle", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ü"])
async def test_a_bundle_without_certificates(api: HookedApi, bundle: str) -> None:
    client = configurations.client({"url": api.hook.client("/x")["url"], "caBundle": ""})
    client = dataclasses.replace(client, ca=bundle.encode())
    with pytest.raises(refusals.CallFailed, match="unable to load root certificates: unable to parse bytes as PEM"):
        await calling.post(api.server.services.dialer, RealClock(), client, {}, 5)


async def test_a_certificate_of_another_authority(api: HookedApi) -> None:
    other = pki.authority("other", now=RealClock().now(), entropy=SeededEntropy(1))
    client = {**api.hook.client("/x"), "caBundle": base64.b64encode(other.certificate).decode()}
    assert await refused(api, clientConfig=client) == (
        where(api) + "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    )
    assert not api.hook.asked


async def test_a_certificate_for_another_name(api: HookedApi) -> None:
    client = {**api.hook.client("/x"), "url": f"https://127.0.0.2:{api.hook.port}/x"}
    listening = serve.listen("127.0.0.2", api.hook.port)
    await api.hook._server.start([listening], hooks.context())
    said = await refused(api, clientConfig=client)
    assert said.endswith("tls: failed to verify certificate: x509: certificate is not valid for 127.0.0.2")
    assert not api.hook.asked


async def test_a_server_that_speaks_no_tls(api: HookedApi) -> None:
    plain = serve.Server(api.hook._handle)
    listening = serve.listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    await plain.start([listening])
    client = {**api.hook.client("/x"), "url": f"https://127.0.0.1:{port}/x"}
    assert "http: server gave HTTP response to HTTPS client" in await refused(api, clientConfig=client)
    await plain.close(0)


async def test_a_redirect_is_not_followed(api: HookedApi) -> None:
    raw(api, lambda request: http.Response(307, "text/plain", (b"",), (("Location", "/elsewhere"),)))
    assert await refused(api) == (
        "failed to call webhook: the server responded with the status code 307 but did not return more information"
    )
    assert set(api.hook.paths) == {"/x"}


@pytest.mark.parametrize(
    ("code", "media", "content", "said"),
    [
        (500, "text/plain", b"boom\n", 'an error on the server ("boom") has prevented the request from succeeding'),
        (500, "text/html; charset=utf-8", b"x" * 5000, "x" * 2048),
        (502, "application/json", b"{}", 'an error on the server ("unknown") has prevented'),
        (404, "text/plain", b"404 page not found", "the server could not find the requested resource"),
        (400, "text/plain", b"bad", "the server rejected our request for an unknown reason"),
        (403, "text/plain", b"who are you", "who are you"),
        (503, "text/plain", b"", "the server is currently unable to handle the request"),
        (409, "application/json", b'{"kind":"Status","apiVersion":"v1","message":"my words"}', "my words"),
    ],
)
async def test_an_answer_that_is_an_error(api: HookedApi, code: int, media: str, content: bytes, said: str) -> None:
    raw(api, lambda request: http.Response(code, media, (content,)))
    assert said in await refused(api)


async def test_an_answer_that_is_too_long(api: HookedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "LIMIT", 100_000)
    raw(api, lambda request: http.Response(200, "application/json", (b" " * 100_001,)))
    assert await refused(api) == where(api) + "the answer is longer than 100000 bytes"


@pytest.mark.parametrize("content", [b"", b"nonsense", b'{"a":', b"\xff\xfe", b"[" * 100_000])
async def test_an_answer_that_is_no_json(api: HookedApi, content: bytes) -> None:
    raw(api, lambda request: http.Response(200, "application/json", (content,)))
    assert "couldn't get version/kind; json parse error: " in await refused(api)


def review(uid: str, response: Any, **more: Any) -> bytes:
    body = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", **more}
    if response is not None:
        body["response"] = {"uid": uid, **response} if isinstance(response, Mapping) else response
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("response", "more", "said"),
    [
        (None, {}, "received invalid webhook response: webhook response was absent"),
        ({"uid": "other"}, {}, 'received invalid webhook response: expected response.uid="'),
        ({"allowed": True}, {"kind": "Odd"}, "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview"),
        ({"allowed": True}, {"apiVersion": "admission.k8s.io/v2"}, "got admission.k8s.io/v2, Kind=AdmissionReview"),
        ({"allowed": "yes"}, {}, "json: cannot unmarshal string into Go struct field AdmissionResponse.response.allow"),
        ({"allowed": True, "warnings": [1]}, {}, "json: cannot unmarshal number into Go struct field"),
        ({"allowed": True, "auditAnnotations": []}, {}, "json: cannot unmarshal array into Go struct field"),
        ({"allowed": True, "patch": "%%%", "patchType": "JSONPatch"}, {}, "illegal base64 data"),
        ("text", {}, "json: cannot unmarshal string into Go struct field AdmissionReview.response"),
    ],
)
@pytest.mark.parametrize("target", [MUTATING, VALIDATING])
async def test_an_answer_of_the_wrong_shape(
    api: HookedApi, target: str, response: Any, more: Mapping[str, Any], said: str
) -> None:
    raw(api, lambda r: http.Response(chunks=(review(json.loads(r.body)["request"]["uid"], response, **more),)))
    assert said in await refused(api, target)


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ({"patch": "W10="}, "webhook returned response.patch but not response.patchType"),
        ({"patchType": "JSONPatch"}, "webhook returned response.patchType but not response.patch"),
        ({"patch": "W10=", "patchType": ""}, 'webhook returned invalid response.patchType of ""'),
        ({"patch": "e30=", "patchType": "JSONPatch"}, "received undecodable patch in webhook response: "),
        ({"patch": "eyI=", "patchType": "JSONPatch"}, "received undecodable patch in webhook response: "),
        (
            {"patch": base64.b64encode(b'[{"op":"add","path":"/data","value":{}}]').decode(), "patchType": "Merge"},
            'unsupported patch type "Merge"',
        ),
    ],
)
async def test_a_patch_of_the_wrong_shape(api: HookedApi, response: Any, said: str) -> None:
    raw(
        api,
        lambda r: http.Response(chunks=(review(json.loads(r.body)["request"]["uid"], {"allowed": True, **response}),)),
    )
    assert said in await refused(api, MUTATING)


@pytest.mark.parametrize("policy", ["Fail", "Ignore"])
async def test_a_patch_that_does_not_fit_fails_the_write_whatever_the_policy(api: HookedApi, policy: str) -> None:
    await api.mutates("/x", patch(add("/metadata/labels/a", "b")), failurePolicy=policy)
    code, body = await api.call("POST", CONFIG_MAPS, NEW)
    assert code == 500
    assert body["message"] == (
        "Internal error occurred: add operation does not apply: "
        'doc is missing path: "/metadata/labels/a": missing value'
    )


async def test_a_review_that_the_hook_does_not_understand(api: HookedApi) -> None:
    api.hook.answers["/x"] = allow
    from steersman.apiserver.admission.webhooks import review as reviews

    with pytest.raises(refusals.CallFailed, match="does not accept known AdmissionReview versions"):
        reviews.version_of(["v2"])


async def test_a_service_that_is_not_there(api: HookedApi) -> None:
    client: dict[str, dict[str, Any]] = {"service": {"namespace": "default", "name": "hook", "path": "/x"}}
    assert await refused(api, clientConfig=client) == (
        'failed to call webhook: Post "https://hook.default.svc:443/x?timeout=10s": service "hook" not found'
    )


async def test_a_service_without_endpoints(api: HookedApi) -> None:
    spec = {"ports": [{"port": 443}]}
    await api.make("/api/v1/namespaces/default/services", {"metadata": {"name": "hook"}, "spec": spec})
    client: dict[str, dict[str, Any]] = {"service": {"namespace": "default", "name": "hook", "path": "/x"}}
    assert await refused(api, clientConfig=client) == (
        'failed to call webhook: Post "https://hook.default.svc:443/x?timeout=10s": '
        'no endpoints available for service "hook"'
    )
    client = {"service": {**client["service"], "port": 8443}}
    await api.call("DELETE", f"{CONFIG_MAPS}/a")
    await api.call("DELETE", f"{VALIDATING}/x")
    assert (await refused(api, clientConfig=client)).endswith('no service port 8443 found for service "hook"')


async def test_a_hook_behind_a_service_is_asked_by_the_services_name(api: HookedApi) -> None:
    spec = {"type": "ExternalName", "externalName": "localhost"}
    await api.make("/api/v1/namespaces/default/services", {"metadata": {"name": "hook"}, "spec": spec})
    ca = api.hook.client("/x")["caBundle"]
    service = {"namespace": "default", "name": "hook", "path": "/x", "port": api.hook.port}
    await api.validates("/x", allow, clientConfig={"service": service, "caBundle": ca})
    assert (await api.call("POST", CONFIG_MAPS, NEW))[0] == 201
    assert api.hook.asked[0].headers["host"] == f"hook.default.svc:{api.hook.port}"


async def test_a_connection_is_used_again(api: HookedApi) -> None:
    await api.validates("/x", allow)
    for name in "abc":
        await api.config_map(name)
    assert len({request.remote for request in api.hook.asked}) == 1
    assert api.hook._server.connections == 1
