"""Launching: ports, what must be cleared first, and an end that comes."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from steersman.cluster import config as configs
from steersman.cluster import datadir, launch, process, teardown
from steersman.cri.containerd import processes
from steersman.kit import clock


def test_a_free_port_is_taken_as_it_is_and_0_stays_0() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        free = held.getsockname()[1]
    assert launch.port(free, asked=True) == free
    assert launch.port(0, asked=False) == 0


def test_a_taken_port_is_replaced_only_where_nobody_asked_for_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        taken = held.getsockname()[1]
        assert launch.port(taken, asked=False) not in (0, taken)
        with pytest.raises(launch.LaunchError, match=f"port {taken} of 127.0.0.1 is taken; use --port N"):
            launch.port(taken, asked=True)


def test_a_new_directory_has_nothing_to_clear(tmp_path: Path) -> None:
    assert not launch.adrift(datadir.DataDir(tmp_path), configs.ClusterConfig())


def test_containers_that_run_without_their_network_are_adrift(tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path)
    folder = data.node("node1") / "containerd"
    folder.mkdir(parents=True)
    assert not launch.adrift(data, configs.ClusterConfig())
    with subprocess.Popen(["sleep", "30"]) as running:
        found = processes.find(running.pid)
        assert found is not None
        processes.record(found, folder / "pid")
        assert launch.adrift(data, configs.ClusterConfig())
        assert launch.adrift(data, configs.ClusterConfig(nodes=0, simulated_nodes=1))
        running.kill()
    assert not launch.adrift(data, configs.ClusterConfig())


def test_a_server_that_ignores_the_first_words_is_ended_all_the_same() -> None:
    script = "import signal,sys; signal.signal(15, lambda *a: sys.exit(7)); print('up', flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        launched = launch.Launched(running, iter(()))
        launched.end()
        assert running.returncode == 7
        launched.end()


def test_a_server_that_only_holds_the_directory_is_found_and_ended(tmp_path: Path) -> None:
    """It starts or ends: nobody wrote `server.json`."""
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    script = (
        "import sys, signal; from pathlib import Path; from steersman.cluster import datadir\n"
        "with datadir.DataDir(Path(sys.argv[1])).held():\n    print('held', flush=True); signal.pause()"
    )
    assert teardown.holder(data) is None
    with subprocess.Popen([sys.executable, "-c", script, str(data.root)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        found = teardown.holder(data)
        assert found is not None
        assert found.pid == running.pid
        with contextlib.suppress(ProcessLookupError):
            assert asyncio.run(process.end(found, clock.RealClock()))
        assert running.wait() == -signal.SIGTERM
    assert teardown.holder(data) is None
    assert asyncio.run(teardown.down(data, delete_data=True)) == []
    assert not data.root.exists()


def test_up_imports_little_before_its_server_starts() -> None:
    script = (
        "import sys; from steersman.cli import app\n"
        "heavy = ('asyncio', 'rich', 'yaml', 'aiohttp', 'ssl', 'cryptography', 'grpc', 'numpy', 'steersman.api')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
