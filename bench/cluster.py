"""The whole cluster, one node: start, memory, idle, pods.  Needs root and containerd."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def cpu_and_memory(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return (int(fields[11]) + int(fields[12])) / 100, int(status["VmRSS"].split()[0]) / 1024


def deployment(replicas: int) -> dict[str, Any]:
    container = {"name": "main", "image": IMAGE, "imagePullPolicy": "Never"}
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


def figures(idle_seconds: float = 60.0) -> Iterator[tuple[str, str, str]]:
    """What was measured, the figure, and what it must reach."""
    kubectl = str(Path(sys.executable).parent / "kubectl")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        flags = ["--data-dir", str(data)]

        def kube(*arguments: str, stdin: str = "") -> str:
            command = [kubectl, "--kubeconfig", str(data / "admin.kubeconfig"), *arguments]
            return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout

        try:
            for label in ("first", "second"):
                begun = time.perf_counter()
                steersman("up", "--detach", "--no-egress", "--no-kubeconfig", "--port", "0", *flags)
                yield f"{label} up, command to node Ready", f"{time.perf_counter() - begun:.2f} s", "1.9 s"
                if label == "first":
                    steersman("down", *flags)
            running = process.read(data / "server.json")
            assert running is not None
            time.sleep(3)
            before, memory = cpu_and_memory(running.pid)
            yield "resident memory, one node, nothing running", f"{memory:.0f} MB", "150 MB"
            time.sleep(idle_seconds)
            after, _ = cpu_and_memory(running.pid)
            yield "idle CPU of a core", f"{(after - before) / idle_seconds:.1%}", "2 %"
            steersman("image", "load", str(image(Path(folder))), *flags)
            waits = []
            for number in range(10):
                begun = time.perf_counter()
                kube("run", f"p{number}", f"--image={IMAGE}", "--image-pull-policy=Never")
                kube("wait", "--for=jsonpath={.status.phase}=Running", f"pod/p{number}", "--timeout=30s")
                waits.append(time.perf_counter() - begun)
            kube("delete", "pods", "--all", "--grace-period=0", "--force")
            yield "kubectl run to Running, median of 10", f"{sorted(waits)[5]:.2f} s", "0.9 s"
            begun = time.perf_counter()
            kube("apply", "-f", "-", stdin=json.dumps(deployment(30)))
            kube("wait", "--for=jsonpath={.status.readyReplicas}=30", "deployment/many", "--timeout=120s")
            yield "Deployment of 30 pods, all Ready", f"{time.perf_counter() - begun:.1f} s", "8 s"
            begun = time.perf_counter()
            kube("delete", "deployment", "many")
            kube("wait", "--for=delete", "pods", "-l", "app=many", "--timeout=120s")
            yield "all gone", f"{time.perf_counter() - begun:.1f} s", "4 s"
        finally:
            steersman("down", "--delete-data", *flags)
