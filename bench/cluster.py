"""The whole cluster, one node: start, memory, idle, pods.  Needs root and containerd."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import measure
from steersman.cluster import process
from steersman.cri import archive

IMAGE = "steersman.bench/busybox:1"


def steersman(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "steersman.cli.main", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"steersman {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def image(folder: Path) -> Path:
    """A busybox to run."""
    files = {"bin/busybox": archive.File(Path("/bin/busybox").read_bytes(), mode=0o755)}
    files |= {f"bin/{name}": archive.File(link="/bin/busybox") for name in ("sh", "sleep")}
    path = folder / "image.tar"
    path.write_bytes(archive.build(archive.Image(files, command=["sleep", "100000"]), [IMAGE]))
    return path


def deployment(replicas: int, policy: str = "Never") -> dict[str, Any]:
    container = {"name": "main", "image": IMAGE, "imagePullPolicy": policy}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "many"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "many"}},
            "template": {
                "metadata": {"labels": {"app": "many"}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
            },
        },
    }


class Kubectl:
    """The real kubectl against a cluster's data directory."""

    def __init__(self, data: Path) -> None:
        self._command = [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", str(data / "admin.kubeconfig")]

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run([*self._command, *arguments], input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr[-500:]}")
        return done.stdout

    def until_ready(self, replicas: int, patience: float = 120.0) -> None:
        """Until so many replicas of the deployment `many` are Ready; asks, because a watch of many pods is slower."""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline:
            status = json.loads(self("get", "deployment", "many", "-o", "json")).get("status", {})
            if status.get("readyReplicas") == replicas:
                return
            time.sleep(0.1)
        raise RuntimeError(f"not {replicas} Ready after {patience:.0f} s")

    def until_gone(self, patience: float = 120.0) -> None:
        deadline = time.perf_counter() + patience
        while self("get", "pods", "--no-headers", "-o", "name"):
            if time.perf_counter() > deadline:
                raise RuntimeError(f"pods are left after {patience:.0f} s")
            time.sleep(0.1)


def pid_of(data: Path) -> int:
    running = process.read(data / "server.json")
    assert running is not None
    return running.pid


def at_rest(pid: int, seconds: float, limits: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    before = measure.cpu(pid)
    time.sleep(seconds)
    yield "resident memory, no pods", f"{measure.memory(pid):.0f} MB", limits[0]
    yield f"idle CPU of a core over {seconds:.0f} s", f"{(measure.cpu(pid) - before) / seconds:.2%}", limits[1]


def figures(idle_seconds: float = 60.0) -> Iterator[tuple[str, str, str]]:
    """One node with containers: what was measured, the figure, and what it must reach."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        flags, kube = ["--data-dir", str(data)], Kubectl(data)
        try:
            for label in ("first", "second"):
                begun = time.perf_counter()
                steersman("up", "--detach", "--no-egress", "--no-kubeconfig", "--port", "0", *flags)
                yield f"{label} up, command to node Ready", f"{time.perf_counter() - begun:.2f} s", "1.9 s"
                if label == "first":
                    steersman("down", *flags)
            pid = pid_of(data)
            time.sleep(3)
            yield from at_rest(pid, idle_seconds, ("150 MB", "2 %"))
            steersman("image", "load", str(image(Path(folder))), *flags)
            waits = []
            for number in range(10):
                begun = time.perf_counter()
                kube("run", f"p{number}", f"--image={IMAGE}", "--image-pull-policy=Never")
                kube("wait", "--for=jsonpath={.status.phase}=Running", f"pod/p{number}", "--timeout=30s")
                waits.append(time.perf_counter() - begun)
            kube("delete", "pods", "--all", "--grace-period=0", "--force")
            yield "kubectl run to Running, median of 10", f"{sorted(waits)[5]:.2f} s", "0.9 s"
            yield from _many(kube, pid, 30, "Never", ("8 s", "4 s"))
        finally:
            steersman("down", "--delete-data", *flags)


def simulated() -> Iterator[tuple[str, str, str]]:
    """100 nodes in memory; needs no root."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        flags, kube = ["--data-dir", str(data)], Kubectl(data)
        nodes = ["--nodes", "0", "--simulated-nodes", "100"]
        try:
            begun = time.perf_counter()
            steersman("up", "--detach", "--no-egress", "--no-kubeconfig", "--port", "0", *nodes, *flags)
            yield "up of 100 simulated nodes, all Ready", f"{time.perf_counter() - begun:.2f} s", ""
            pid = pid_of(data)
            time.sleep(3)
            yield from at_rest(pid, 15.0, ("", ""))
            yield from _many(kube, pid, 1000, "IfNotPresent", ("10 s", ""))
        finally:
            steersman("down", "--delete-data", *flags)


def _many(kube: Kubectl, pid: int, count: int, policy: str, limits: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    begun, before = time.perf_counter(), measure.cpu(pid)
    kube("apply", "-f", "-", stdin=json.dumps(deployment(count, policy)))
    kube.until_ready(count)
    took, spent = time.perf_counter() - begun, measure.cpu(pid) - before
    yield f"Deployment of {count:,} pods, all Ready", f"{took:.1f} s, {spent:.1f} s of our CPU", limits[0]
    begun = time.perf_counter()
    kube("delete", "deployment", "many")
    kube.until_gone()
    yield "all gone", f"{time.perf_counter() - begun:.1f} s", limits[1]
