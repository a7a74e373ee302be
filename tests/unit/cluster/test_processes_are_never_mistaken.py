"""A process is its id and its start time; it is asked to end before it is made to."""

import dataclasses
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steersman.cluster import process
from steersman.kit.clock import RealClock

Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a shell script that says when it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def go(script: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(["sh", "-c", f"{script}; echo ready; read line"], stdin=-1, stdout=-1)
        started.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        return child

    yield go
    for child in started:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()


def running(child: subprocess.Popen[bytes]) -> process.Running:
    started = process.start_time(child.pid)
    assert started is not None
    return process.Running(child.pid, started)


def test_this_process_has_a_start_and_an_age() -> None:
    me = process.myself("https://127.0.0.1:1", "abc")
    assert process.alive(me)
    assert 0 < process.age() < 100_000


def test_an_id_used_again_is_somebody_else() -> None:
    me = process.myself("", "")
    assert not process.alive(dataclasses.replace(me, started=me.started - 1))


def test_who_runs_is_read_back_only_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    me = process.myself("https://127.0.0.1:1", "abc")
    assert process.read(path) is None
    process.write(path, me)
    assert process.read(path) == me
    process.write(path, dataclasses.replace(me, started=1))
    assert process.read(path) is None
    path.write_text("not json")
    assert process.read(path) is None


async def test_one_that_listens_ends_when_asked(start: Start) -> None:
    child = running(start("true"))
    assert await process.end(child, RealClock(), 5) is True
    assert not process.alive(child)
    assert await process.end(child, RealClock(), 5) is True


async def test_one_that_does_not_listen_is_ended(start: Start) -> None:
    child = start("trap '' TERM")
    assert await process.end(running(child), RealClock(), 0.1) is False
    assert child.wait(5) == -9


def test_a_process_that_ended_has_no_start_even_before_it_is_buried(start: Start) -> None:
    child = start("true")
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert process.start_time(child.pid) is None
