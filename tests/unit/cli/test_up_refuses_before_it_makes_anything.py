"""What `up` cannot do is said in one line with the fix, and nothing is left in the directory."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster import config as configs
from steersman.cluster import datadir, doctor, process

SIMULATED = ("--nodes", "0", "--simulated-nodes", "1")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--runtime", "podman"), "--runtime podman is unknown"),
        (("--nodes", "-1"), "fewer than 0 nodes"),
        (("--port", "70000"), "--port 70000 is not a port"),
        ((*SIMULATED, "--static-pods", "/not/there"), "--static-pods /not/there is not a folder"),
    ],
)
def test_settings_that_cannot_work(run: Callable[..., Any], tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    told = run("up", "--data-dir", tmp_path / "data", *flags)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("steersman: ")
    assert told.err.count("\n") == 1
    assert said in told.err
    assert not (tmp_path / "data").exists()


def test_a_machine_without_containers_gets_every_fix(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = doctor.Machine(
        platform="linux",
        root=False,
        capabilities=0,
        missing=["containerd"],
        cni=True,
        cgroup=2,
        overlay=True,
        debian=True,
        kubectl=True,
        inotify_watches=100,
        free_megabytes=10_000,
        grpc=False,
    )
    monkeypatch.setattr(doctor, "examine", lambda root: lacking)
    told = run("up", "--data-dir", tmp_path / "data", "--nodes", "1")
    assert told.code == 1
    for fix in ("sudo", "apt-get install -y --no-install-recommends containerd", "pip install 'steersman[node]'"):
        assert fix in told.err
    assert "--nodes 0 --simulated-nodes 3" in told.err


def test_a_port_that_was_asked_for_and_is_taken(run: Callable[..., Any], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("up", "--data-dir", tmp_path / "data", *SIMULATED, "--port", port)
    assert told.code == 1
    assert told.err == f"steersman: port {port} of 127.0.0.1 is taken; use --port N, or --port 0 for any free one\n"


def test_a_folder_of_other_things_is_not_made_a_cluster(run: Callable[..., Any], tmp_path: Path) -> None:
    """`down --delete-data` would take them."""
    (tmp_path / "thesis.txt").write_text("years of work")
    told = run("up", "--data-dir", tmp_path, *SIMULATED)
    assert told.code == 1
    assert "holds other things" in told.err


def test_a_path_that_cannot_be_made(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        told = run("up", "--data-dir", path, *SIMULATED)
        assert told.code == 1
        assert "--data-dir DIR" in told.err


def test_settings_that_cannot_be_read_are_named(run: Callable[..., Any], tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    data.config.write_text("{")
    told = run("up", "--data-dir", data.root)
    assert told.code == 1
    assert str(data.config) in told.err


def test_a_running_cluster_is_not_changed(run: Callable[..., Any], tmp_path: Path) -> None:
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    configs.save(data.config, configs.ClusterConfig(nodes=0, simulated_nodes=2))
    process.write(data.process, process.myself("https://127.0.0.1:6443", data.id))
    told = run("up", "--data-dir", data.root, "--simulated-nodes", "5", "--no-egress")
    assert told.code == 1
    assert "already running with simulated-nodes 2, egress True; to change that, first stop it:" in told.err
    assert configs.load(data.config) == configs.ClusterConfig(nodes=0, simulated_nodes=2)
