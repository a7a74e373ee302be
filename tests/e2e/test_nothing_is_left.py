"""`steersman down` leaves nothing behind, and what a crash leaves does not stop the next `up`."""

import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import kube
from e2e.conftest import Cluster
from e2e.objects import WEB, deployment
from steersman.cluster import datadir, launch, process
from steersman.cri.containerd import cgroups, processes


def shell(command: str) -> str:
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False).stdout


def traces(cluster: Cluster) -> dict[str, str]:
    """What a cluster may leave on a machine, by kind."""
    name = datadir.DataDir(cluster.data).id
    # Other clusters may come and go meanwhile, each below /steersman/<its name>; a stray group is looked for elsewhere.
    folders = sorted(
        str(path)
        for path in Path("/sys/fs/cgroup").glob("**/*")
        if path.is_dir() and (name in path.parts or ("kubepods" in path.name and "/steersman" not in str(path)))
    )
    return {
        "processes": shell(f"pgrep -af '{cluster.data}|/run/steersman/{name}' | grep -v pgrep"),
        "mounts": "\n".join(
            line for line in Path("/proc/mounts").read_text().splitlines() if name in line or str(cluster.data) in line
        ),
        "namespaces": "\n".join(str(p) for p in Path("/run/steersman").glob(f"{name}/**/*")),
        "links": shell("ip -o link"),
        "nft tables": shell("nft list tables"),
        "cgroups": "\n".join(folders),
        "routes": shell("ip route"),
    }


def test_every_trace_goes_with_down(tmp_path: Path, busybox: Path) -> None:
    cluster = Cluster(tmp_path / "data")
    before = traces(cluster)
    try:
        cluster.up()
        cluster.load(busybox)
        cluster.kubectl.apply(deployment("web", 2, {"command": ["sh", "-c", WEB]}))
        cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s")
        during = traces(cluster)
        assert during["processes"]
        assert during["namespaces"]
        assert during["links"] == before["links"]
        assert during["nft tables"] == before["nft tables"]
        assert during["routes"] == before["routes"]
    finally:
        cluster.down()
    assert traces(cluster) == before
    cluster.up()
    try:
        assert cluster.kubectl.get("deployment", "web")["spec"]["replicas"] == 2
    finally:
        cluster.down("--delete-data")
    assert not cluster.data.exists()


def lose_power(cluster: Cluster) -> None:
    """What a machine without power does to a cluster: no process, no mount, no namespace, an empty /run."""
    data = datadir.DataDir(cluster.data)
    running = process.read(data.process)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    folder = data.node("node1") / "containerd"
    daemon = processes.recall(folder / "pid")
    assert daemon is not None
    daemon.kill()
    group = f"/steersman/{data.id}"
    shims = [shim for name in launch.sockets(data) for shim in processes.with_argument(launch.SHIM, name)]
    assert shims
    cgroups.kill(group)
    for shim in shims:
        shim.kill()
    kube.eventually(lambda: cgroups.remove(group) and not daemon.alive(), "every process is gone", 10)
    lose_namespaces(cluster)
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        if str(cluster.data) in line:
            subprocess.run(["umount", "--lazy", line.split()[1]], check=True)
    shutil.rmtree(Path("/run/steersman") / data.id)


def lose_namespaces(cluster: Cluster) -> None:
    for path in (Path("/run/steersman") / datadir.DataDir(cluster.data).id / "netns").iterdir():
        if path.name in ("hub", "node1"):
            subprocess.run(["umount", "--lazy", str(path)], check=True)


def end_the_server(cluster: Cluster) -> None:
    """As Ctrl-C does: containers run on."""
    running = process.read(datadir.DataDir(cluster.data).process)
    assert running is not None
    os.kill(running.pid, signal.SIGTERM)
    kube.eventually(lambda: not process.alive(running), "the server has ended", 15)


def test_a_cluster_comes_back_after_whatever_was_lost(tmp_path: Path, busybox: Path) -> None:
    cluster = Cluster(tmp_path / "data")

    def served() -> bool:
        """The pod runs, and its port on the machine, which needs its network, answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/index.html", timeout=2) as answer:
            return bool(answer.status == 200)

    try:
        cluster.up()
        cluster.load(busybox)
        cluster.kubectl.apply(deployment("web", 1, {"command": ["sh", "-c", WEB]}))
        cluster.kubectl("expose", "deployment", "web", "--type=NodePort", "--port=80", "--target-port=8080")
        port = cluster.kubectl.get("service", "web")["spec"]["ports"][0]["nodePort"]
        kube.eventually(served, "the pod answers")

        lose_power(cluster)
        cluster.up()
        kube.eventually(served, "the pod answers after a reboot")

        end_the_server(cluster)
        told = cluster.up()
        assert "made anew" not in told, "containers whose network is whole are left alone"
        kube.eventually(served, "the pod still answers")

        end_the_server(cluster)
        lose_namespaces(cluster)
        assert "the network of the nodes is made anew" in cluster.up()
        kube.eventually(served, "the pod answers in a new network")

        end_the_server(cluster)
        assert "the network of the nodes is made anew" in cluster.up("--nodes", "2")
        kube.eventually(served, "the pod answers beside another node")
    finally:
        cluster.down("--delete-data")
