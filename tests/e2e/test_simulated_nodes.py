"""Nodes that only pretend: many of them, and fast."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from e2e.conftest import STEERSMAN, Cluster, steersman
from e2e.objects import deployment
from steersman.cluster import datadir, process


def test_a_thousand_pods_run_on_a_hundred_simulated_nodes(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "data")
    try:
        cluster.up("--nodes", "0", "--simulated-nodes", "100")
        assert len(cluster.kubectl.get("nodes")["items"]) == 100
        begun = time.monotonic()
        cluster.kubectl.apply(deployment("many", 1000, {"imagePullPolicy": "IfNotPresent"}))
        cluster.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=1000", "deployment/many", "--timeout=30s")
        print(f"1,000 pods ready after {time.monotonic() - begun:.1f} s")
    finally:
        cluster.down("--delete-data")


def test_simulated_nodes_need_no_root_and_no_grpc(tmp_path: Path) -> None:
    """As a user that is nobody here, on an installation without the extra `node`."""
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (tmp_path / "grpc.py").write_text("raise ImportError('this installation has no grpc')\n")
    # A user namespace: not root and without capabilities, but root's interpreter and sources stay readable.
    nobody = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    env = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path), "KUBECONFIG": ""}
    arguments = ["up", "--detach", "--simulated-nodes", "3", "--port", "0", "--data-dir", str(data)]
    try:
        done = subprocess.run(
            [*nobody, *STEERSMAN, *arguments], capture_output=True, text=True, timeout=60, env=env, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(Cluster(data).kubectl.get("nodes")["items"]) == 3
        assert (tmp_path / ".kube" / "config").exists()
        told = subprocess.run(
            [*nobody, *STEERSMAN, "up", "--data-dir", str(data), "--nodes", "1"],
            capture_output=True,
            text=True,
            env=env,
            check=False,
        )
        assert "already running with nodes 0" in told.stderr
    finally:
        steersman("down", "--data-dir", str(data), "--delete-data", env=env)
    assert not data.exists()
    assert "steersman" not in (tmp_path / ".kube" / "config").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_in_the_foreground_it_ends_with_its_command(tmp_path: Path, number: signal.Signals) -> None:
    data = datadir.DataDir(tmp_path / "data")
    flags = ["--nodes", "0", "--simulated-nodes", "1", "--port", "0", "--no-kubeconfig", "--data-dir", str(data.root)]
    with subprocess.Popen([*STEERSMAN, "up", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        try:
            assert command.stdout is not None
            while b"Next:" not in command.stdout.readline():
                assert command.poll() is None
            running = process.read(data.process)
            assert running is not None
            command.send_signal(number)
            _, told = command.communicate(timeout=20)
        finally:
            command.kill()
    assert command.returncode == 130
    assert told.decode().endswith("stopped\n")
    assert not process.alive(running)
    assert not data.process.exists()
