"""`steersman down` leaves nothing behind: each kind of trace is looked for."""

import subprocess
from pathlib import Path

from e2e.conftest import Cluster
from e2e.objects import WEB, deployment
from steersman.cluster import datadir


def shell(command: str) -> str:
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False).stdout


def traces(cluster: Cluster) -> dict[str, str]:
    """What a cluster may leave on a machine, by kind."""
    name = datadir.DataDir(cluster.data).id
    folders = [
        str(p) for p in Path("/sys/fs/cgroup").glob("**/*") if p.is_dir() and (name in p.name or "kubepods" in p.name)
    ]
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
