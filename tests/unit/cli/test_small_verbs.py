"""`kubeconfig`, `image load` and `doctor`: what they say, and what they refuse."""

import dataclasses
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from steersman.cluster import config as configs
from steersman.cluster import datadir, doctor, process
from steersman.cri import archive

KUBECONFIG = {
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "QQ=="}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "c",
    "users": [{"name": "u", "user": {"token": "t"}}],
}


@pytest.fixture
def running(tmp_path: Path) -> datadir.DataDir:
    """A cluster with one node with containers, as far as its directory says."""
    data = datadir.DataDir(tmp_path / "data")
    data.prepare()
    configs.save(data.config, configs.ClusterConfig())
    data.kubeconfig.write_text(yaml.safe_dump(KUBECONFIG))
    process.write(data.process, process.myself("https://127.0.0.1:1", data.id))
    return data


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(archive.build(archive.Image({}), ["a.test/b:1"]))
    return path


def test_the_kubeconfig_is_printed_as_it_is(run: Callable[..., Any], running: datadir.DataDir) -> None:
    assert run("kubeconfig", "--data-dir", running.root).out == running.kubeconfig.read_text()


def test_the_kubeconfig_is_merged_and_the_current_context_respected(
    run: Callable[..., Any], running: datadir.DataDir, home: Path
) -> None:
    mine = home / ".kube" / "config"
    told = run("kubeconfig", "--merge", "--data-dir", running.root)
    assert told.out == f"context steersman is in {mine}\n"
    mine.write_text("current-context: work\n")
    assert "kubectl config use-context steersman" in run("kubeconfig", "--merge", "--data-dir", running.root).out
    mine.write_text("- 1\n")
    told = run("kubeconfig", "--merge", "--data-dir", running.root)
    assert (told.code, told.err) == (1, f"steersman: {mine} is not a kubeconfig\n")


def test_without_a_cluster_there_is_no_kubeconfig(run: Callable[..., Any], tmp_path: Path) -> None:
    told = run("kubeconfig", "--data-dir", tmp_path / "none")
    assert (told.code, told.err) == (1, f"steersman: no cluster in {tmp_path / 'none'}; `steersman up` makes one\n")


def test_images_need_a_cluster(run: Callable[..., Any], tmp_path: Path, image: Path) -> None:
    told = run("image", "load", image, "--data-dir", tmp_path / "none")
    assert told.code == 1
    assert told.err.endswith(f"steersman: no cluster runs in {tmp_path / 'none'}; `steersman up` starts it\n")


def test_what_is_no_image_archive_is_refused(run: Callable[..., Any], running: datadir.DataDir, tmp_path: Path) -> None:
    def load(path: Path) -> str:
        told = run("image", "load", path, "--data-dir", running.root)
        assert told.code == 1
        return str(told.err.splitlines()[-1])

    text, empty = tmp_path / "notes.txt", tmp_path / "empty.tar"
    text.write_text("not an archive")
    with tarfile.open(empty, "w") as tar:
        tar.addfile(tarfile.TarInfo("x"), io.BytesIO())
    assert load(tmp_path / "none.tar") == f"steersman: cannot read {tmp_path / 'none.tar'}: No such file or directory"
    assert load(tmp_path) == f"steersman: cannot read {tmp_path}: Is a directory"
    assert load(text) == f"steersman: {text} is not an image archive; `docker save -o F.tar IMAGE` writes one"
    assert "neither manifest.json nor index.json" in load(empty)


def test_simulated_nodes_need_no_images(run: Callable[..., Any], running: datadir.DataDir, image: Path) -> None:
    configs.save(running.config, configs.ClusterConfig(nodes=0, simulated_nodes=3))
    told = run("image", "load", image, "--data-dir", running.root)
    assert "no node with containers" in told.err


def test_a_node_without_a_containerd_is_named(run: Callable[..., Any], running: datadir.DataDir, image: Path) -> None:
    pytest.importorskip("grpc")
    told = run("image", "load", image, "--data-dir", running.root)
    assert told.err.endswith("steersman: node1: its containerd does not run; `steersman up` starts it\n")


GOOD = doctor.Machine(
    platform="linux",
    root=True,
    capabilities=(1 << 41) - 1,
    missing=[],
    cni=True,
    cgroup=2,
    overlay=True,
    debian=True,
    kubectl=True,
    inotify_watches=100,
    free_megabytes=10_000,
)


def test_a_good_machine_passes(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examine", lambda root: GOOD)
    told = run("doctor")
    assert told.code == 0
    assert "✓ containerd, runc, CNI plug-ins, nftables" in told.out


def test_a_machine_that_lacks_something_fails_with_the_fix_and_the_rest(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = dataclasses.replace(GOOD, missing=["nft"], pasta=False, grpc=False)
    monkeypatch.setattr(doctor, "examine", lambda root: lacking)
    told = run("doctor")
    assert told.code == 1
    for line in (
        "✗ not installed: nft",
        "    fix: apt-get install -y --no-install-recommends nftables",
        "! no pasta: pods cannot reach beyond this machine",
        "    fix: pip install 'steersman[node]', or run without containers",
    ):
        assert line in told.out
