"""What the cluster stands on breaks: it is said, what can go on goes on, and it mends itself."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import kube
from e2e.conftest import STEERSMAN, Cluster, steersman
from e2e.objects import FOREVER, pod
from e2e.test_bad_input import refused
from steersman.cri.containerd import processes

SIMULATED = ("--nodes", "0", "--simulated-nodes", "1", "--port", "0", "--no-kubeconfig")


def ready_condition(kubectl: kube.Kubectl, node: str = "node1") -> dict[str, str]:
    conditions = kubectl.get("node", node)["status"]["conditions"]
    found: dict[str, str] = next(each for each in conditions if each["type"] == "Ready")
    return found


def containerd_of(cluster: Cluster, node: str = "node1") -> processes.Process:
    found = processes.recall(cluster.data / "nodes" / node / "containerd" / "pid")
    assert found is not None
    return found


def container_of(kubectl: kube.Kubectl, name: str) -> tuple[str, int]:
    """Which container runs, and how often one was started before it."""
    status = kubectl.get("pod", name)["status"]["containerStatuses"][0]
    return status["containerID"], status["restartCount"]


# --- containerd


def test_a_containerd_that_is_killed_comes_back_and_no_container_is_restarted(
    cluster: Cluster, namespace: kube.Kubectl
) -> None:
    namespace.apply(pod("a", FOREVER))
    namespace("wait", "--for=condition=Ready", "pod/a", "--timeout=20s")
    before, said = container_of(namespace, "a"), len(cluster.log())
    daemon = containerd_of(cluster)
    daemon.kill()
    kube.eventually(lambda: containerd_of(cluster) != daemon, "another one runs", 10)
    kube.eventually(lambda: namespace.run("exec", "a", "--", "hostname").stdout == "a\n", "exec works", 10)
    kube.eventually(lambda: ready_condition(namespace)["status"] == "True", "the node is Ready", 10)
    assert "has ended; starting it again" in cluster.log()[said:]
    assert container_of(namespace, "a") == before
    namespace.apply(pod("later", FOREVER))
    namespace("wait", "--for=condition=Ready", "pod/later", "--timeout=20s")


@contextlib.contextmanager
def kept_down(cluster: Cluster) -> Iterator[None]:
    """Every containerd that is started dies at once."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.02):
            with contextlib.suppress(AssertionError):
                containerd_of(cluster).kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def test_while_containerd_cannot_run_the_node_says_why_and_pods_run_on(
    cluster: Cluster, namespace: kube.Kubectl
) -> None:
    namespace.apply(pod("a", "while :; do date +%s >> /tmp/alive; sleep 0.2; done"))
    namespace("wait", "--for=condition=Ready", "pod/a", "--timeout=20s")
    before = container_of(namespace, "a")
    with kept_down(cluster):
        kube.eventually(lambda: ready_condition(namespace)["status"] == "False", "the node is NotReady", 10)
        condition = ready_condition(namespace)
        assert condition["reason"] == "KubeletNotReady"
        assert "container runtime is down" in condition["message"]
        assert "error executing command in container" in namespace.refused("exec", "a", "--", "hostname")
        namespace.apply(pod("later", FOREVER))
        down_at = int(time.time())
        time.sleep(2)
    kube.eventually(lambda: ready_condition(namespace)["status"] == "True", "the node is Ready", 10)
    namespace("wait", "--for=condition=Ready", "pod/a", "pod/later", "--timeout=20s")
    assert container_of(namespace, "a") == before
    assert str(down_at + 1) in namespace("exec", "a", "--", "cat", "/tmp/alive"), "it ran all the while"
    told = namespace("get", "events", "-n", "default")
    assert "status is now: NodeNotReady" in told


def test_a_containerd_that_is_not_installed(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("runc", "nft", "ip", "nsenter", "conntrack", "unshare", "mount", "sh"):
        found = shutil.which(name)
        if found:
            (programs / name).symlink_to(found)
    environment = os.environ | {"PATH": str(programs)}
    done = subprocess.run(
        [*STEERSMAN, "up", "--detach", "--data-dir", str(tmp_path / "data")],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 1
    assert "not installed: containerd (fix: " in done.stderr
    assert len(done.stderr.splitlines()) == 1


# --- the data directory


def in_mounts_of_its_own(script: str) -> "subprocess.CompletedProcess[str]":
    """Run a shell script where what it mounts is seen by nobody else; `$S` is the command."""
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script],
        capture_output=True, text=True, timeout=60, check=False, env=os.environ | {"S": " ".join(STEERSMAN)},
    )  # fmt: skip


def the_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("steersman: ")]
    assert len(lines) == 1, text
    assert "Traceback" not in text, text
    return lines[0]


def used_before(folder: Path) -> None:
    """Make a folder look like one of a cluster."""
    (folder / "version").write_text("1\n")
    (folder / "lock").write_text("")


UP = f"$S up --detach {' '.join(SIMULATED)} --data-dir"


def test_a_data_directory_that_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    used_before(tmp_path / "used")
    protect = f"mount --bind {tmp_path} {tmp_path}; mount -o remount,bind,ro {tmp_path}"
    for command in (f"{UP} {tmp_path}/new", f"{UP} {tmp_path}/used", f"$S down --data-dir {tmp_path}/used"):
        done = in_mounts_of_its_own(f"{protect}; {command}")
        assert done.returncode == 1
        line = the_line(done.stderr)
        assert f"cannot write to {tmp_path}/{'new' if 'new' in command else 'used'}: Read-only file system" in line
        assert "--data-dir" in line


@pytest.mark.parametrize("size", ["8k", "32k", "200k"])
def test_a_disk_that_is_full_before_anything_is_on_it(tmp_path: Path, size: str) -> None:
    done = in_mounts_of_its_own(f"mount -t tmpfs -o size={size} none {tmp_path}; {UP} {tmp_path}/data")
    assert done.returncode == 1
    line = the_line(done.stderr)
    assert "No space left" in line or "no space is left" in line
    assert "--data-dir" in line


def test_a_database_that_is_not_one(tmp_path: Path) -> None:
    used_before(tmp_path)
    for content in (os.urandom(20_000), b"hello"):
        (tmp_path / "state.db").write_bytes(content)
        told = refused("up", "--detach", *SIMULATED, "--data-dir", str(tmp_path))
        assert str(tmp_path / "state.db") in told
        assert "put a backup in its place" in told
        assert (tmp_path / "state.db").read_bytes() == content, "it is left as it was found"


def test_a_database_with_a_hole_in_it(tmp_path: Path) -> None:
    """A few pages in the middle are lost, as on a bad disk: refused, and not served in part."""
    steersman("up", "--detach", *SIMULATED, "--data-dir", str(tmp_path))
    steersman("down", "--data-dir", str(tmp_path))
    path = tmp_path / "state.db"
    content = path.read_bytes()
    middle = len(content) // 2 // 4096 * 4096
    path.write_bytes(content[:middle] + b"\0" * 8192 + content[middle + 8192 :])
    told = refused("up", "--detach", *SIMULATED, "--data-dir", str(tmp_path))
    assert "is damaged" in told
    assert "put a backup in its place" in told


def test_a_configuration_that_is_not_one(tmp_path: Path) -> None:
    used_before(tmp_path)
    (tmp_path / "config.json").write_text("{")
    told = refused("up", "--detach", "--data-dir", str(tmp_path))
    assert "config.json cannot be read" in told
    assert "remove it" in told
    assert "stopped" in steersman("down", "--data-dir", str(tmp_path)), "it can be stopped all the same"


class Tight:
    """A cluster of pretended nodes on a small disk that only it sees."""

    def __init__(self, folder: Path) -> None:
        script = f"mount -t tmpfs -o size=12m none {folder}; {UP} {folder} >&2; cat {folder}/server.json"
        done = in_mounts_of_its_own(script)
        assert done.returncode == 0, done.stderr
        self.pid = int(json.loads(done.stdout)["pid"])
        self.root = Path(f"/proc/{self.pid}/root{folder}")
        program = kube.find_kubectl()
        assert program is not None
        # kubectl must not need the small disk: it keeps what it has discovered.
        self.kubectl = kube.Kubectl(program, self.root / "admin.kubeconfig", ["--cache-dir", f"{folder}.cache"])

    def fill(self) -> None:
        with (self.root / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                if filler.write(b"\0" * 4096) < 4096:
                    break

    def close(self) -> None:
        running = processes.find(self.pid)
        if running is not None:
            running.signal(signal.SIGTERM)
            kube.eventually(lambda: not running.alive(), "the server has ended", 15)


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[Tight]:
    made = Tight(tmp_path)
    yield made
    made.close()


def test_a_disk_that_becomes_full_and_is_freed_again(tight: Tight) -> None:
    kubectl = tight.kubectl
    kubectl("create", "configmap", "before")
    tight.fill()
    acknowledged, told = {"before"}, ""
    for number in range(20):  # the write-ahead log may have room for a few
        name = f"c{number}"
        done = kubectl.run("create", "configmap", name, f"--from-literal=a={'x' * 20_000}")
        if done.returncode == 0:
            acknowledged.add(name)
        else:
            told = done.stderr
    assert "Internal error occurred: the store cannot write" in told
    assert "disk is full" in told
    # Reading goes on, and shows what was acknowledged and nothing else.
    kept = {each["metadata"]["name"] for each in kubectl.get("configmaps")["items"]} - {"kube-root-ca.crt"}
    assert kept == acknowledged
    assert kubectl("get", "--raw", "/readyz") == "ok"
    time.sleep(3)  # heartbeats fail, too
    (tight.root / "filler").unlink()
    kubectl("create", "configmap", "after")
    kubectl.apply(pod("p", FOREVER, container={"imagePullPolicy": "IfNotPresent"}))
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=15s")
    assert ready_condition(kubectl, "sim1")["status"] == "True"
    os.kill(tight.pid, 0)
    kept = {each["metadata"]["name"] for each in kubectl.get("configmaps")["items"]} - {"kube-root-ca.crt"}
    assert kept == {*acknowledged, "after"}
