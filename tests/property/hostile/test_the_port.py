"""Bytes at the port that were meant to be HTTP: whoever answers, answers with less than 500, and lives on."""

import asyncio
import json
from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import strategies as st

from property.hostile import shots
from property.hostile.target import Target
from steersman.kit import serve

BODY = b'{"metadata":{"name":"a"}}'
REQUESTS = st.sampled_from([
    b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v1/pods?limit=1&labelSelector=a%3Db HTTP/1.1\r\nHost: a\r\nAccept: application/yaml\r\n\r\n",
    b"POST /api HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n" + BODY,
    b"POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n19\r\n" + BODY + b"\r\n0\r\n\r\n",
    b"GET /api HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a.b.c\r\nImpersonate-User: b\r\n\r\n",
    b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"",
])  # fmt: skip


@pytest.fixture(scope="module")
def port(target: Target) -> Iterator[int]:
    server = serve.Server(target.server.handle)
    socket = serve.listen("127.0.0.1", 0)
    target.run(server.start([socket]))
    yield socket.getsockname()[1]
    target.run(server.close(0.1))


async def answered(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    writer.write_eof()
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


@shots.SETTINGS
@hypothesis.given(data=REQUESTS.flatmap(shots.damaged) | st.binary(max_size=80))
def test_what_is_no_request_is_refused(target: Target, port: int, data: bytes) -> None:
    answer = target.run(answered(port, data))
    if not answer:
        return
    assert answer.startswith(b"HTTP/"), answer
    code = int(answer.split(b" ", 2)[1])
    assert 200 <= code < 500, answer
    head, _, body = answer.partition(b"\r\n\r\n")
    if code >= 400 and b"application/json" in head:
        told = json.loads(body.partition(b"HTTP/1.")[0])
        assert (told["kind"], told["code"]) == ("Status", code)
