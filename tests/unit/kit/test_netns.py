"""Sockets in other namespaces; what needs no root.  The rest is in `tests/node`."""

import asyncio
import os
import pathlib

import pytest

from steersman.kit import netns
from steersman.kit.clock import RealClock


async def test_a_namespace_that_is_gone_is_said_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(FileNotFoundError):
        await netns.run(str(tmp_path / "none"), lambda: 1, RealClock())


async def test_a_path_that_is_no_namespace_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        await netns.run(str(tmp_path / "file"), lambda: 1, RealClock())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
async def test_sockets_work_in_our_own_namespace_too() -> None:
    clock = RealClock()
    listening = await netns.listen("/proc/self/ns/net", "127.0.0.1", 0, clock)
    port = listening.getsockname()[1]
    made = await netns.connect("/proc/self/ns/net", "127.0.0.1", port, clock)
    accepted, _ = await asyncio.get_running_loop().sock_accept(listening)
    await asyncio.get_running_loop().sock_sendall(made, b"hi")
    assert await asyncio.get_running_loop().sock_recv(accepted, 2) == b"hi"
    for each in (made, accepted, listening):
        each.close()
    with pytest.raises(ConnectionRefusedError):
        await netns.connect("/proc/self/ns/net", "127.0.0.1", port, clock)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
async def test_what_fails_inside_is_raised_outside() -> None:
    def fail() -> None:
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        await netns.run("/proc/self/ns/net", fail, RealClock())
