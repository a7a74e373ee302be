"""Named pipes as an exec uses them; the test plays the shim."""

import asyncio
import os
import pathlib

import pytest

pytest.importorskip("grpc", reason="the node extra is not installed")

from steersman.cri.containerd import fifo


async def test_output_is_read_to_its_end(tmp_path: pathlib.Path) -> None:
    reader = fifo.Reader(tmp_path / "out")
    shim = os.open(tmp_path / "out", os.O_WRONLY | os.O_NONBLOCK)
    reader.started()
    reading = asyncio.ensure_future(reader.read())
    await asyncio.sleep(0)
    os.write(shim, b"hello")
    assert await reading == b"hello"
    os.close(shim)
    assert await reader.read() == b""
    reader.close()


async def test_before_the_start_there_is_no_end(tmp_path: pathlib.Path) -> None:
    reader = fifo.Reader(tmp_path / "out")
    reading = asyncio.ensure_future(reader.read())
    for _ in range(3):
        await asyncio.sleep(0)
    assert not reading.done()
    reader.started()  # nobody writes: the end
    assert await reading == b""
    reader.close()


async def test_what_was_written_and_closed_before_is_still_read(tmp_path: pathlib.Path) -> None:
    reader = fifo.Reader(tmp_path / "out")
    shim = os.open(tmp_path / "out", os.O_WRONLY | os.O_NONBLOCK)
    os.write(shim, b"quick")
    os.close(shim)
    reader.started()
    assert await reader.read() == b"quick"
    assert await reader.read() == b""
    reader.close()


async def test_more_than_a_pipe_holds_is_written_as_it_is_read(tmp_path: pathlib.Path) -> None:
    writer = fifo.Writer(tmp_path / "in")
    shim = os.open(tmp_path / "in", os.O_RDONLY | os.O_NONBLOCK)
    writer.started()
    sent = bytes(range(256)) * 2048
    writing = asyncio.ensure_future(writer.write(sent))
    received = b""
    while len(received) < len(sent):
        await asyncio.sleep(0)
        try:
            received += os.read(shim, 65536)
        except BlockingIOError:
            continue
    await writing
    assert received == sent
    writer.close()
    assert os.read(shim, 1) == b""
    os.close(shim)


async def test_input_for_who_has_gone_is_dropped(tmp_path: pathlib.Path) -> None:
    writer = fifo.Writer(tmp_path / "in")
    shim = os.open(tmp_path / "in", os.O_RDONLY | os.O_NONBLOCK)
    writer.started()
    os.close(shim)
    await writer.write(b"late")
    assert writer.closed
    await writer.write(b"later")
