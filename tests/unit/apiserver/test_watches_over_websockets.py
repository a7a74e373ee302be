"""A watch over a WebSocket: what fabric8 and browsers ask for, with aiohttp as the client and a socket between."""

import asyncio
import base64
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from steersman.api.codec import protobuf
from steersman.apiserver import watchers
from steersman.apiserver.config import Config
from steersman.apiserver.server import ApiServer
from steersman.kit import http, serve
from unit.apiserver.serving import CONFIG_MAPS, TABLE, Api

ADMIN = "s3cret-of-the-admin"
VIEWER = "s3cret-of-nobody"
TOKENS = {ADMIN: http.User("admin", ("system:masters",)), VIEWER: http.User("nobody")}
BEARER = {"Authorization": f"Bearer {ADMIN}"}
ORIGIN = "https://dashboard.example"
WATCH = f"{CONFIG_MAPS}?watch=1"
END = "k8s.io/initial-events-end"


class Served(Api):
    """An API server behind a socket, and a session of somebody who may do everything."""

    def __init__(self) -> None:
        super().__init__()
        self.server = ApiServer.build(
            store=self.store, clock=self.clock, entropy=self.server.services.entropy, config=Config(),
            static_tokens=TOKENS,
        )  # fmt: skip
        self.http = serve.Server(self.server.handle)
        self.url = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Served"]:
        await self.server.start()
        listening = serve.listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        await self.http.start([listening])
        async with aiohttp.ClientSession() as self.session:
            yield self
        await self.http.close(0.2)
        await self.server.close()

    def open(self, target: str = WATCH, **how: Any) -> Any:
        given = {"headers": BEARER, "origin": ORIGIN, **how}
        return self.session.ws_connect(self.url + target, **given)

    async def refused(self, target: str = WATCH, **how: Any) -> tuple[int, dict[str, str], str]:
        """The answer to a handshake that is refused, with its body."""
        key = {"Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(), "Sec-WebSocket-Version": "13"}
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Origin": ORIGIN, **key}
        headers = {name: value for name, value in {**upgrade, **BEARER, **how}.items() if value}
        async with self.session.get(self.url + target, headers=headers) as answer:
            return answer.status, dict(answer.headers), await answer.text()

    @property
    def watchers(self) -> int:
        return sum(hub.size for hub in self.server.services.hubs._hubs.values() if hub._prefix.endswith("/configmaps/"))

    async def settled(self, watching: int) -> None:
        """Until so many watches of ConfigMaps are left."""
        for _ in range(5000):
            if self.watchers == watching:
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"{self.watchers} watches")


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with Served().running() as made:
        yield made


def as_protocol(token: str) -> str:
    return f"base64url.bearer.authorization.k8s.io.{base64.urlsafe_b64encode(token.encode()).decode().rstrip('=')}"


async def told(socket: aiohttp.ClientWebSocketResponse) -> tuple[str, Any]:
    """The next event."""
    text = await socket.receive_str()
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    event = json.loads(text)
    return event["type"], event["object"]


async def test_each_event_is_one_text_message(served: Served) -> None:
    await served.config_map("a")
    await served.config_map("b")
    async with served.open() as socket:
        assert socket.protocol is None
        assert [(await told(socket))[1]["metadata"]["name"] for _ in "ab"] == ["a", "b"]
        made = await served.config_map("c", {"k": "ü"})
        assert await told(socket) == ("ADDED", made)
        await served.call("DELETE", f"{CONFIG_MAPS}/c")
        assert (await told(socket))[0] == "DELETED"


async def test_it_is_the_same_watch_as_without_a_websocket(served: Served) -> None:
    await served.config_map("a", labels={"x": "1"})
    after = served.store.revision
    await served.config_map("b", labels={"x": "2"})
    async with served.open(f"{WATCH}&resourceVersion={after}&labelSelector=x%3D1") as socket:
        await served.config_map("c", labels={"x": "1"})
        assert (await told(socket))[1]["metadata"]["name"] == "c"
    async with served.open(f"/api/v1/watch/namespaces/default/configmaps/b?resourceVersion={after}") as socket:
        assert (await told(socket))[1]["metadata"]["name"] == "b"


@pytest.mark.parametrize("offered", ["binary.k8s.io", "v5.channel.k8s.io", "whatever"])
async def test_one_protocol_offered_is_the_one_answered(served: Served, offered: str) -> None:
    async with served.open(protocols=[offered]) as socket:
        assert socket.protocol == offered


async def test_a_browsers_token_among_the_protocols_is_neither_answered_nor_logged(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await served.config_map("a")
    async with served.open(headers={}, protocols=[as_protocol(ADMIN), "binary.k8s.io"]) as socket:
        assert socket.protocol == "binary.k8s.io"
        assert (await told(socket))[1]["metadata"]["name"] == "a"
    async with served.open(protocols=[as_protocol(ADMIN)]) as socket:  # proven otherwise, so it needs no other
        assert socket.protocol is None
    code, headers, body = await served.refused(Authorization="", **{"Sec-WebSocket-Protocol": as_protocol(ADMIN)})
    assert code == 401
    for text in (caplog.text, body, str(headers)):
        assert ADMIN not in text
        assert as_protocol(ADMIN) not in text


@pytest.mark.parametrize(
    ("headers", "code", "reason"),
    [
        ({"Authorization": "Bearer wrong"}, 401, "Unauthorized"),
        ({"Authorization": "", "Sec-WebSocket-Protocol": f"{as_protocol('wrong')}, x"}, 401, "Unauthorized"),
        ({"Authorization": ""}, 403, "Forbidden"),
        ({"Authorization": f"Bearer {VIEWER}"}, 403, "Forbidden"),
        ({"Accept": "application/yaml"}, 406, "NotAcceptable"),
    ],
)
async def test_what_a_watch_is_refused_with_comes_before_the_upgrade(
    served: Served, headers: dict[str, str], code: int, reason: str
) -> None:
    answered, _, body = await served.refused(**headers)
    assert answered == code
    assert reason in body
    assert served.watchers == 0


async def test_a_bad_option_is_an_http_error(served: Served) -> None:
    code, _, body = await served.refused(f"{WATCH}&fieldSelector=data.x%3D1")
    assert (code, json.loads(body)["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": ""}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "somewhere"}, 403),
        ({"Sec-WebSocket-Version": "8"}, 400),
        ({"Sec-WebSocket-Key": ""}, 400),
        ({"Sec-WebSocket-Key": "c2hvcnQ="}, 400),
        ({"Sec-WebSocket-Protocol": "one, two"}, 400),
    ],
)
async def test_a_handshake_that_is_none_is_refused(served: Served, headers: dict[str, str], code: int) -> None:
    answered, got, _ = await served.refused(**headers)
    assert answered == code
    assert got.get("Sec-WebSocket-Version") == ("13" if "Sec-WebSocket-Version" in headers else None)
    assert served.watchers == 0


async def test_another_upgrade_is_not_heeded(served: Served) -> None:
    await served.config_map("a")
    headers = {**BEARER, "Connection": "Upgrade", "Upgrade": "SPDY/3.1"}
    async with served.session.get(served.url + WATCH, headers=headers) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        assert json.loads(await answer.content.readline())["type"] == "ADDED"


async def test_a_revision_that_is_compacted_is_an_event_and_the_end(served: Served) -> None:
    await served.config_map("a")
    await served.store.compact(served.store.revision)
    async with served.open(f"{WATCH}&resourceVersion=2") as socket:
        type, status = await told(socket)
        assert (type, status["code"], status["reason"]) == ("ERROR", 410, "Expired")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 1000


async def test_it_ends_in_time_with_a_normal_close(served: Served) -> None:
    async with served.open(f"{WATCH}&timeoutSeconds=5&allowWatchBookmarks=true&resourceVersion=1") as socket:
        await served.settled(1)
        await served.clock.advance(4)
        assert (await told(socket))[0] == "BOOKMARK"
        await served.clock.advance(1)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 1000
    await served.settled(0)


@pytest.mark.parametrize("how", ["closes", "drops", "talks and closes"])
async def test_a_client_that_goes_away_leaves_no_watch(served: Served, how: str) -> None:
    await served.config_map("a")
    socket = await served.open()
    await told(socket)
    assert served.watchers == 1
    if how == "drops":
        connection = socket._conn
        assert connection is not None
        connection.transport.abort()
    else:
        if how != "closes":
            await socket.send_str("what?")
            await socket.send_bytes(b"\0" * 70_000)
            await served.config_map("b")
            assert (await told(socket))[1]["metadata"]["name"] == "b"
        await socket.close()
    await served.settled(0)
    await socket.close()


async def test_a_ping_is_answered(served: Served) -> None:
    async with served.open(autoping=False) as socket:
        await socket.ping(b"there?")
        message = await socket.receive()
        assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"there?")


async def test_a_server_that_stops_says_so(served: Served) -> None:
    async with served.open(f"{WATCH}&resourceVersion=1") as socket:
        await served.settled(1)
        stopping = asyncio.create_task(served.http.close(5.0))
        async with asyncio.timeout(2):
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
            await stopping
    assert socket.close_code == 1001
    assert served.watchers == 0


async def test_watches_that_the_api_server_ends_are_closed(served: Served) -> None:
    async with served.open(f"{WATCH}&resourceVersion=1") as socket:
        await served.settled(1)
        served.server.services.hubs.close()
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert socket.close_code == 1000


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "CAPACITY", 20)


@pytest.mark.usefixtures("narrow")
async def test_a_client_that_does_not_read_loses_its_watch_and_nobody_elses(served: Served) -> None:
    large = {"k": "x" * 500_000}
    after = served.store.revision
    async with served.open(f"{WATCH}&resourceVersion={after}") as slow:
        connection = slow._conn
        assert connection is not None
        connection.transport.pause_reading()
        await served.settled(1)
        for number in range(60):
            await served.config_map(f"c{number}", large)
            await asyncio.sleep(0)
            if not served.watchers:
                break
        assert served.watchers == 0, "its buffer was full"
        async with served.open(f"{WATCH}&resourceVersion={after}&fieldSelector=metadata.name%3Dc7") as other:
            assert (await told(other))[1]["metadata"]["name"] == "c7"
        connection.transport.resume_reading()
        names = []
        while (message := await slow.receive()).type is aiohttp.WSMsgType.TEXT:
            names.append(json.loads(message.data)["object"]["metadata"]["name"])
        assert names == [f"c{number}" for number in range(len(names))], "what it had not read by then it still gets"
        assert len(names) >= 20


async def test_events_as_tables_have_columns_once_and_bookmarks_are_rows(served: Served) -> None:
    await served.config_map("a")
    target = f"{WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with served.open(target, headers={**BEARER, "Accept": TABLE}) as socket:
        _, first = await told(socket)
        assert [column["name"] for column in first["columnDefinitions"]] == ["Name", "Data", "Age"]
        type, mark = await told(socket)
        assert (type, mark["kind"], mark["columnDefinitions"]) == ("BOOKMARK", "Table", None)
        (row,) = mark["rows"]
        assert row["object"]["metadata"]["annotations"][END] == "true"
        assert row["object"]["metadata"]["resourceVersion"] == mark["metadata"]["resourceVersion"]


async def test_events_as_metadata(served: Served) -> None:
    await served.config_map("a")
    accept = TABLE.replace("Table", "PartialObjectMetadata")
    async with served.open(headers={**BEARER, "Accept": accept}) as socket:
        _, tree = await told(socket)
        assert (tree["kind"], tree["metadata"]["name"], "data" in tree) == ("PartialObjectMetadata", "a", False)


async def test_protobuf_comes_as_bytes_without_a_length_in_front(served: Served) -> None:
    await served.config_map("a")
    async with served.open(headers={**BEARER, "Accept": "application/vnd.kubernetes.protobuf"}) as socket:
        event = await socket.receive_bytes()
    assert event.startswith(b"\x0a\x05ADDED\x12")
    body = event[event.index(b"k8s\0") :]
    assert protobuf.decode_body(body)["metadata"]["name"] == "a"


async def test_a_client_that_does_not_read_does_not_hold_up_the_end(served: Served) -> None:
    async with served.open(f"{WATCH}&resourceVersion={served.store.revision}") as slow:
        connection = slow._conn
        assert connection is not None
        connection.transport.pause_reading()
        await served.settled(1)
        for number in range(30):
            await served.config_map(f"c{number}", {"k": "x" * 500_000})
        async with asyncio.timeout(2):
            await served.http.close(0.1)
        assert served.watchers == 0
        connection.transport.abort()
