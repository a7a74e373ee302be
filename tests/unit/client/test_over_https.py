"""The same client over TLS, with a kubeconfig that was written and read back."""

import pathlib
import socket
import ssl
import tempfile
from typing import Self

import pytest

from steersman.api import status
from steersman.client import errors, kubeconfig
from steersman.client.client import Client
from steersman.client.http import HttpTransport
from steersman.kit import http, pki
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SystemEntropy
from steersman.kit.serve import Server
from unit.client.test_informers_follow_a_collection import config
from unit.client.tiny_server import TinyServer


class Listening:
    """A tiny server on a loopback port, and the kubeconfig of its administrator."""

    async def __aenter__(self) -> Self:
        clock, entropy = RealClock(), SystemEntropy()
        self.tiny = TinyServer(clock)
        self.seen: list[http.Request] = []

        async def handle(request: http.Request) -> http.Answer:
            self.seen.append(request)
            if request.path.endswith("/exec"):

                async def serve(channel: http.Channel) -> None:
                    while (message := await channel.receive()) is not None:
                        await channel.send(message.upper())

                return http.Upgrade("v5.channel.k8s.io", serve)
            return await self.tiny.handle(request)

        authority = pki.authority("test", now=clock.now(), entropy=entropy)
        own = pki.server(authority, "server", ["127.0.0.1"], now=clock.now(), entropy=entropy)
        admin = pki.client(authority, "admin", ["system:masters"], now=clock.now(), entropy=entropy)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server = Server(handle)
        listener = socket.create_server(("127.0.0.1", 0))
        with tempfile.NamedTemporaryFile() as file:
            file.write(own.certificate + own.key)
            file.flush()
            context.load_cert_chain(file.name)
        context.load_verify_locations(cadata=authority.certificate.decode())
        context.verify_mode = ssl.CERT_OPTIONAL
        await self.server.start([listener], context)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        self.kubeconfig = kubeconfig.make(
            "test", url, ca=authority.certificate, certificate=admin.certificate, key=admin.key
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close(grace=0.1)


async def test_objects_go_both_ways_and_refusals_are_errors(tmp_path: pathlib.Path) -> None:
    async with Listening() as there:
        path = tmp_path / "config"
        kubeconfig.write(path, there.kubeconfig)
        client = Client(HttpTransport(kubeconfig.load(path)), user_agent="mine/1")
        made = await client.create("configmaps", config("x", v="1"))
        assert (await client.get("configmaps", "x", "a"))["metadata"]["uid"] == made["metadata"]["uid"]
        assert [each["kind"] for each in (await client.list("configmaps", "a", labels="!no")).items] == ["ConfigMap"]
        with pytest.raises(errors.AlreadyExists):
            await client.create("configmaps", config("x"))
        with pytest.raises(errors.NotFound) as caught:
            await client.get("configmaps", "y", "a")
        assert caught.value.message == 'configmaps "y" not found'
        assert there.seen[0].certificate
        assert there.seen[0].headers["user-agent"] == "mine/1"
        await client.close()


async def test_a_watch_brings_what_happens() -> None:
    async with Listening() as there:
        client = Client(HttpTransport(kubeconfig.resolve(there.kubeconfig)))
        found = await client.list("configmaps", "a")
        watch = await client.watch("configmaps", "a", version=found.version)
        await client.create("configmaps", config("x"))
        async for batch in watch:
            assert [(each.type, each.tree["metadata"]["name"]) for each in batch] == [("ADDED", "x")]
            break
        await watch.aclose()
        await client.close()


async def test_messages_of_an_upgrade_go_both_ways() -> None:
    class Mine:
        def __init__(self) -> None:
            self.to_send = [b"one", b"two"]
            self.got: list[bytes] = []

        async def receive(self) -> bytes | None:
            return self.to_send.pop(0) if self.to_send else None

        async def send(self, message: bytes) -> None:
            self.got.append(message)

        async def close(self, code: int = 1000, reason: str = "") -> None:
            return None

    async with Listening() as there:
        transport = HttpTransport(kubeconfig.resolve(there.kubeconfig))
        headers = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-protocol": "v5.channel.k8s.io"}
        answer = await transport.send(http.Request("GET", "/api/v1/namespaces/a/pods/p/exec", headers=headers))
        assert isinstance(answer, http.Upgrade)
        assert answer.protocol == "v5.channel.k8s.io"
        mine = Mine()
        await answer.serve(mine)
        assert mine.got in ([b"ONE", b"TWO"], [b"ONE"], [])
        await transport.close()


async def test_nobody_there_is_a_connection_error() -> None:
    client = Client(HttpTransport(kubeconfig.Access("http://127.0.0.1:1")))
    with pytest.raises(ConnectionError, match=r"cannot reach http://127\.0\.0\.1:1"):
        await client.get("pods", "p", "a")
    await client.close()


def test_merging_keeps_what_is_a_persons_own(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "deep" / "config"
    theirs = {
        "clusters": [{"name": "work", "cluster": {"server": "https://work"}}],
        "contexts": [{"name": "work", "context": {"cluster": "work", "user": "me", "namespace": "n"}}],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "current-context": "work",
        "extensions": [{"name": "x"}],
    }
    kubeconfig.write(path, theirs)
    ours = kubeconfig.make("steersman", "https://here", ca=b"ca", token="s")
    kubeconfig.merge_into(path, ours, current=False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert kubeconfig.load(path).server == "https://work"
    assert kubeconfig.load(path, "steersman").token == "s"
    assert kubeconfig.read(path)["extensions"] == [{"name": "x"}]
    kubeconfig.merge_into(path, ours)
    assert kubeconfig.load(path).server == "https://here"
    kubeconfig.remove_from(path, ours)
    assert [each["name"] for each in kubeconfig.read(path)["contexts"]] == ["work"]
    with pytest.raises(kubeconfig.KubeconfigError, match="names no current context"):
        kubeconfig.load(path)


def test_a_cluster_becomes_a_context_and_takes_the_lead_only_where_there_is_none(tmp_path: pathlib.Path) -> None:
    source, target = tmp_path / "admin", tmp_path / "config"
    kubeconfig.write(source, kubeconfig.make("local", "https://here", ca=b"ca", token="s"))
    assert kubeconfig.merge(target, source, context="steersman")
    assert kubeconfig.merge(target, source, context="steersman")
    assert kubeconfig.load(target).token == "s"
    other = tmp_path / "other"
    kubeconfig.write(other, kubeconfig.make("work", "https://work", ca=b"ca", token="w"))
    assert not kubeconfig.merge(other, source, context="steersman")
    assert kubeconfig.load(other).server == "https://work"
    assert kubeconfig.load(other, "steersman").server == "https://here"
    assert kubeconfig.default_path(f"{target}:{other}") == target


def test_reasons_decide_the_class_and_codes_stand_in() -> None:
    assert isinstance(errors.from_status(status.conflict("pods", "", "p", "x").tree), errors.Conflict)
    assert isinstance(errors.from_answer(503, None, "no"), errors.Unavailable)
    assert isinstance(errors.from_status(status.expired("x").tree), errors.Gone)
