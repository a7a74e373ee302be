"""A watch over a WebSocket through TLS, from `steersman apiserver` as a user starts it: by certificate and by token."""

import asyncio
import base64
import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from e2e.conftest import STEERSMAN

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts"
ORIGIN = "https://dashboard.example"


class Alone:
    """A running API server: its address and its data directory."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, data: Path) -> None:
        self.process = process
        self.url = url
        self.data = data

    def tls(self, *, proven: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.data / "pki/ca.crt"))
        if proven:
            context.load_cert_chain(self.data / "pki/admin.crt", self.data / "pki/admin.key")
        return context


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    data = tmp_path / "data"
    command = [*STEERSMAN, "apiserver", "--data-dir", str(data), "--port", "0"]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            ready, url = process.stdout.readline().split()
            assert ready == "ready"
            yield Alone(process, url, data)
        finally:
            process.terminate()
            process.wait(20)


async def posted(session: aiohttp.ClientSession, url: str, tree: Any) -> Any:
    async with session.post(url, json=tree) as answer:
        assert answer.status == 201, await answer.text()
        return await answer.json()


async def test_events_come_by_certificate_and_the_server_takes_its_leave(alone: Alone) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=alone.tls())) as session:
        async with session.ws_connect(f"{alone.url}{CONFIG_MAPS}?watch=true", origin=ORIGIN) as socket:
            for number in range(50):
                await posted(session, alone.url + CONFIG_MAPS, {"metadata": {"name": f"c{number}"}})
            seen = [json.loads(await socket.receive_str()) for _ in range(50)]
            assert [event["object"]["metadata"]["name"] for event in seen] == [f"c{number}" for number in range(50)]
            alone.process.terminate()
            async with asyncio.timeout(10):
                assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
        assert await asyncio.to_thread(alone.process.wait, 20) == 0


async def test_a_browsers_token_is_taken_and_appears_nowhere(alone: Alone) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=alone.tls())) as session:
        await posted(session, alone.url + ACCOUNTS, {"metadata": {"name": "browser"}})
        made = await posted(session, f"{alone.url}{ACCOUNTS}/browser/token", {"spec": {}})
        token = made["status"]["token"]
        encoded = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
        protocols = [f"base64url.bearer.authorization.k8s.io.{encoded}", "binary.k8s.io"]
        target = f"{alone.url}{CONFIG_MAPS}?watch=true"
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=alone.tls(proven=False))) as browser:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await browser.ws_connect(target, origin=ORIGIN, protocols=protocols)
            assert refused.value.status == 403, "nobody has allowed it yet"
            rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["watch"]}
            await posted(
                session,
                f"{alone.url}/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
                {"metadata": {"name": "watcher"}, "rules": [rule]},
            )
            await posted(
                session,
                f"{alone.url}/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
                {
                    "metadata": {"name": "browser"},
                    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "watcher"},
                    "subjects": [{"kind": "ServiceAccount", "name": "browser", "namespace": "default"}],
                },
            )
            async with browser.ws_connect(target, origin=ORIGIN, protocols=protocols) as socket:
                assert socket.protocol == "binary.k8s.io"
                await posted(session, alone.url + CONFIG_MAPS, {"metadata": {"name": "a"}})
                assert json.loads(await socket.receive_str())["object"]["metadata"]["name"] == "a"
            with pytest.raises(aiohttp.WSServerHandshakeError) as wrong:
                await browser.ws_connect(target, origin=ORIGIN, protocols=[protocols[0] + "x", "binary.k8s.io"])
            assert wrong.value.status == 401
    log = (alone.data.parent / "log").read_text()
    assert token not in log
    assert encoded not in log
