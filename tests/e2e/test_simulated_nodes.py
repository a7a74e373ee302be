"""Nodes that only pretend: many of them, and fast."""

import os
import subprocess
import sys
import time
from pathlib import Path

from e2e.conftest import STEERSMAN, Cluster, steersman
from e2e.objects import deployment


def test_a_thousand_pods_run_on_a_hundred_simulated_nodes(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "data")
    try:
        cluster.up("--nodes", "0", "--simulated-nodes", "100")
        assert len(cluster.kubectl.get("nodes")["items"]) == 100
        begun = time.monotonic()
        cluster.kubectl.apply(deployment("many", 1000, {}))
        cluster.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=1000", "deployment/many", "--timeout=30s")
        print(f"1,000 pods ready after {time.monotonic() - begun:.1f} s")
    finally:
        cluster.down("--delete-data")


def test_simulated_nodes_need_no_root(tmp_path: Path) -> None:
    """As `nobody`, in a directory of theirs."""
    data = tmp_path / "data"
    data.mkdir()
    for folder in (tmp_path, *tmp_path.parents):
        if str(folder) in ("/", "/tmp"):
            break
        folder.chmod(0o755)
    os.chown(data, 65534, 65534)
    env = {**os.environ, "HOME": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    arguments = ["up", "--detach", "--simulated-nodes", "3", "--port", "0", "--no-kubeconfig", "--data-dir", str(data)]
    program = Path(sys.executable)
    readable = subprocess.run(["test", "-x", str(program)], user=65534, check=False).returncode == 0
    if not readable:  # the interpreter lies in root's home: borrow nothing, run with root's files but no capability
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *STEERSMAN]
    else:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *STEERSMAN]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, env=env, check=False)
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(Cluster(data).kubectl.get("nodes")["items"]) == 3
    finally:
        steersman("down", "--data-dir", str(data), "--delete-data")
