"""containerd is there and takes connections, but says nothing: its node must not wait for ever."""

import asyncio
import pathlib

import pytest
from cri_api.v1 import api_pb2 as pb

from steersman.cri import runtime as cri
from steersman.cri.containerd import connection as connections
from steersman.kit.clock import RealClock


async def test_a_question_that_is_not_answered_ends_as_unreachable(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS", 0.2)

    ended = asyncio.Event()

    async def listen_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The least that makes a gRPC channel ready: an empty HTTP/2 SETTINGS frame.
        writer.write(b"\0\0\0\4\0\0\0\0\0")
        while await reader.read(1024):
            pass
        writer.close()
        await writer.wait_closed()
        ended.set()

    path = tmp_path / "c.sock"
    async with await asyncio.start_unix_server(listen_only, path):
        connection = connections.Connection(path, RealClock())
        with pytest.raises(cri.Unreachable, match="containerd has not answered for"):
            await connection.cri("ListContainers", pb.ListContainersRequest(), pb.ListContainersResponse)
        await connection.close()
        await ended.wait()
