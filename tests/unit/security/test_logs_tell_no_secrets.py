"""No token and no secret in any log, whatever is logged: every logger at its most talkative, and a search.

The run does what happens to secrets in a server's life: they are written, read, patched, refused and broken; tokens are
asked for and presented, good and bad; requests fail inside the server; what is no HTTP comes to the port.
"""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator

import pytest

from steersman.kit import serve
from unit.apiserver.serving import Api

CANARY = "c4n4ry-value-0123456789abcdef"
ENCODED = base64.b64encode(CANARY.encode()).decode()
SECRETS = "/api/v1/namespaces/default/secrets"
PODS = "/api/v1/namespaces/default/pods"


class Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        formatter = logging.Formatter("%(name)s %(message)s")
        self.texts.append(f"{formatter.format(record)} {record.__dict__}")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """What any logger says, at any level."""
    handler, root = Everything(), logging.getLogger()
    names = [root, *(logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    levels = [(logger, logger.level) for logger in names]
    for logger in names:
        logger.setLevel(1)
    root.addHandler(handler)
    yield handler.texts
    root.removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


async def raw(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


async def test_no_secret_is_ever_logged(api: Api, logged: list[str]) -> None:
    asyncio.get_running_loop().set_debug(True)
    merge, strategic = "application/merge-patch+json", "application/strategic-merge-patch+json"
    data = {"k": ENCODED}
    await api.make(SECRETS, {"metadata": {"name": "s"}, "data": data})
    await api.send("GET", f"{SECRETS}/s")
    await api.send("GET", SECRETS, headers={"accept": "application/yaml"})
    for body, media in (
        ({"stringData": {"k": CANARY}}, merge),
        ({"data": {"k": CANARY + "!"}}, merge),
        ({"data": {"$patch": CANARY}}, strategic),
        ([{"op": "test", "path": "/data/k", "value": CANARY}], "application/json-patch+json"),
        ({"apiVersion": "v1", "kind": "Secret", "data": {"k": [CANARY]}}, "application/apply-patch+yaml"),
    ):
        await api.send("PATCH", f"{SECRETS}/s?fieldManager=m", body, type=media)
    for wrong in (CANARY.encode(), b'{"data":{"k":"' + CANARY.encode(), b"a: [" + CANARY.encode()):
        await api.send("POST", SECRETS, wrong)
        await api.send("POST", SECRETS, wrong, type="application/yaml")
    token = {"token-id": "abcdef", "token-secret": "0123456789abcdef"}
    tokens = {
        "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": "bootstrap-token-abcdef"},
        "stringData": token,
    }
    await api.make("/api/v1/namespaces/kube-system/secrets", tokens)
    await api.send("GET", "/api", headers={"authorization": "Bearer abcdef.0123456789abcdef"}, user=None)
    _, answer = await api.call("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", {"spec": {}})
    made = answer["status"]["token"]
    for bearer in (made, made + "x", CANARY, f"abcdef.{CANARY[:16]}"):
        await api.send("GET", SECRETS, headers={"authorization": f"Bearer {bearer}"}, user=None)
    review = {"spec": {"token": made}}
    await api.send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    await api.pod("p", nodeName="n1")
    await api.send("POST", f"{PODS}/p/exec?command={CANARY}")
    await _inside(api)
    await _at_the_port(api, made)
    everything = "\n".join(logged)
    assert "failed" in everything, "the search must have something to find"
    for secret in (CANARY, ENCODED, made, made.rpartition(".")[2], "0123456789abcdef"):
        assert secret not in everything


async def _inside(api: Api) -> None:
    """A fault of ours while a secret is at hand."""
    services = api.server.services
    kept, services.chain = services.chain, object()
    await api.send("POST", f"{SECRETS}?pretty={CANARY}", {"metadata": {"name": "t"}, "stringData": {"k": CANARY}})
    services.chain = kept


async def _at_the_port(api: Api, token: str) -> None:
    server = serve.Server(api.server.handle)
    socket = serve.listen("127.0.0.1", 0)
    await server.start([socket])
    port = socket.getsockname()[1]
    good = f"Authorization: Bearer {token}".encode()
    for data in (
        b"GET /api HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + good + b"\r\n\r\n",
        b"GET /api HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + good + b"\xff\r\n\r\n",
        b"GET /api HTTP/1.1\r\nHost: a\r\n" + good.replace(b"n: ", b"n : ") + b"\r\n\r\n",
        b"GET /api HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + CANARY.encode() * 4000 + b"\r\n\r\n",
        b"GET /api?token=" + CANARY.encode() + b"\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        good + b"\r\n\r\n",
        b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n"
        + CANARY.encode()
        + b"!",
    ):
        answer = await raw(port, data)
        assert CANARY.encode() not in answer
        assert token.encode() not in answer
    await server.close(0.1)


async def test_a_refusal_does_not_show_what_was_in_a_secret(api: Api) -> None:
    """As far as the reference does not: a value that is no base64 is not repeated."""
    code, told = await api.call("POST", SECRETS, {"metadata": {"name": "s"}, "data": {"k": CANARY + "!"}})
    assert code == 400
    assert CANARY not in json.dumps(told)
