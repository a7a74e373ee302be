"""A node for real: a network namespace that the test makes, and a private containerd in it.

Everything goes with the fixture, also when a test fails: the daemon with its containers, the control group,
the namespace (it lives as long as one process that holds it).  What is still there afterwards fails the test.
"""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest

from steersman.cri import archive
from steersman.cri import runtime as cri
from steersman.cri.containerd.daemon import Daemon, Place
from steersman.cri.containerd.runtime import ContainerdRuntime
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SystemEntropy
from steersman.kit.tasks import TaskGroup

IMAGE = "steersman.local/busybox:1"
BUSYBOX = pathlib.Path("/bin/busybox")
PROGRAMS = (
    "sh",
    "cat",
    "echo",
    "sleep",
    "nc",
    "stty",
    "env",
    "id",
    "tty",
    "ls",
    "touch",
    "httpd",
    "head",
    "true",
    "dd",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These need a machine; elsewhere they skip with the reason, in CI they must run."""
    lacking = ""
    if os.geteuid() != 0:
        lacking = "needs root"
    elif shutil.which("containerd") is None:
        lacking = "needs containerd"
    elif not BUSYBOX.exists():
        lacking = "needs busybox-static"
    if lacking and os.environ.get("CI"):
        raise pytest.UsageError(f"in CI every node test must run, but this machine {lacking}")
    for item in items:
        if "/node/" in str(item.path):
            item.add_marker(pytest.mark.root)
            if lacking:
                item.add_marker(pytest.mark.skip(reason=lacking))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(60))


@pytest.fixture
def namespace() -> Iterator[str]:
    """A network namespace with its loopback up, as a path."""
    with contextlib.ExitStack() as stack:
        holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep 600"],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        stack.callback(holder.wait)
        stack.callback(holder.kill)
        assert holder.stdout is not None
        stack.callback(holder.stdout.close)
        assert holder.stdout.readline() == b"ready\n"
        yield f"/proc/{holder.pid}/ns/net"


@pytest.fixture(scope="session")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """An archive of an image with a shell and a few programs."""
    files = {f"bin/{name}": archive.File(link="/bin/busybox") for name in PROGRAMS}
    files["bin/busybox"] = archive.File(BUSYBOX.read_bytes(), mode=0o755)
    files["tmp"] = archive.File(directory=True, mode=0o1777)
    files["etc/passwd"] = archive.File(b"root:x:0:0:root:/:/bin/sh\n")
    path = tmp_path_factory.mktemp("images") / "busybox.tar"
    path.write_bytes(archive.build(archive.Image(files, command=["sh"]), [IMAGE]))
    return path


class Node:
    """A node's daemon and runtime, and short ways to running things."""

    def __init__(self, folder: pathlib.Path, namespace: str) -> None:
        self.folder = folder
        self.clock = RealClock()
        self.tasks = TaskGroup("node test")
        self.logs = folder / "logs"
        self.volumes = folder / "volumes"
        self.cgroup = f"/steersman-test-{os.getpid()}"
        self.place = Place(
            folder / "containerd",
            cni_conf=folder / "cni",
            cgroup=self.cgroup,
            network=namespace,
            shared=(self.volumes,),
            egress=False,
        )
        self.daemon = Daemon(self.place, self.clock)
        self.runtime: ContainerdRuntime

    def write_network(self) -> None:
        ipam = {
            "type": "host-local",
            "dataDir": str(self.folder / "ipam"),
            "ranges": [[{"subnet": "10.244.77.0/24"}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": ipam}
        self.place.cni_conf.mkdir(parents=True)
        (self.place.cni_conf / "10-pods.conflist").write_text(
            json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]})
        )

    async def start(self) -> None:
        await self.daemon.start()
        self.runtime = self.connected()
        await self.runtime.prepare()

    def connected(self) -> ContainerdRuntime:
        return ContainerdRuntime(self.daemon, self.clock, SystemEntropy(), self.tasks)

    def sandbox_config(self, name: str = "p", **fields: object) -> cri.SandboxConfig:
        return cri.SandboxConfig(
            name,
            "default",
            f"uid-{name}",
            hostname=name,
            log_directory=str(self.logs / name),
            cgroup_parent=f"kubepods/pod{name}",
            **fields,  # type: ignore[arg-type]
        )

    async def run(self, *command: str, pod: str = "p", **fields: object) -> tuple[str, str]:
        """A pod with one container that has just been started: the sandbox's id and the container's."""
        config = self.sandbox_config(pod)
        sandbox = await self.runtime.run_sandbox(config)
        return sandbox, await self.add(sandbox, config, *command, **fields)

    async def add(self, sandbox: str, config: cri.SandboxConfig, *command: str, **fields: object) -> str:
        name = str(fields.pop("name", "c"))
        (self.logs / config.name / name).mkdir(parents=True, exist_ok=True)
        made = cri.ContainerConfig(name, IMAGE, command=command, log_path=f"{name}/0.log", **fields)  # type: ignore[arg-type]
        id = await self.runtime.create_container(sandbox, made, config)
        await self.runtime.start_container(id)
        return id

    async def until_ended(self, id: str) -> cri.Container:
        async with self.clock.timeout(10):
            while (status := await self.runtime.container_status(id)).state is cri.ContainerState.RUNNING:
                await self.clock.sleep(0.01)
        return status

    def log(self, pod: str = "p", container: str = "c") -> str:
        return (self.logs / pod / container / "0.log").read_text()

    def traces(self) -> dict[str, list[str]]:
        """What there is of this node on the machine, by kind."""
        mark = str(self.folder)
        mounts = [line for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if mark in line]
        processes = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    if f"{mark}/containerd" in words:
                        processes.append(words)
        root = pathlib.Path("/sys/fs/cgroup")
        groups = [str(path) for path in root.glob(f"**{self.cgroup}")] + [str(p) for p in root.glob(f"*{self.cgroup}")]
        return {"mounts": mounts, "processes": processes, "control groups": groups}


@pytest.fixture
async def node(tmp_path: pathlib.Path, namespace: str, busybox: pathlib.Path) -> AsyncIterator[Node]:
    """A node that runs, with the busybox image."""
    made = Node(tmp_path, namespace)
    made.write_network()
    try:
        await made.start()
        await made.runtime.load_image(str(busybox))
        yield made
        await made.runtime.close()
    finally:
        left = await made.daemon.stop()
        await made.tasks.close()
    assert left == []
    assert made.traces() == {"mounts": [], "processes": [], "control groups": []}
