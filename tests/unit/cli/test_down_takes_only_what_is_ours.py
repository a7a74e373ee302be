"""`steersman down`, where no server runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from steersman.cli import contexts
from steersman.cluster import config as configs
from steersman.cluster import datadir


def kubeconfig(authority: str, server: str = "https://127.0.0.1:1") -> dict[str, Any]:
    cluster = {"server": server, "certificate-authority-data": authority}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
        "users": [{"name": "u", "user": {"token": "t"}}],
    }


@pytest.fixture
def data(tmp_path: Path) -> datadir.DataDir:
    """What a cluster of simulated nodes leaves when its server has ended."""
    made = datadir.DataDir(tmp_path / "data")
    made.prepare()
    with made.held():
        configs.save(made.config, configs.ClusterConfig(nodes=0, simulated_nodes=1))
        made.kubeconfig.write_text(yaml.safe_dump(kubeconfig("QQ==")))
    return made


def test_where_no_cluster_is_nothing_happens(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    told = run("down", "--delete-data", "--data-dir", tmp_path)
    assert (told.code, told.out) == (0, f"no cluster in {tmp_path}\n")
    assert (tmp_path / "thesis.txt").exists()


def test_data_stays_unless_told(run: Callable[..., Any], data: datadir.DataDir) -> None:
    told = run("down", "--data-dir", data.root)
    assert (told.code, told.out) == (0, f"stopped; its data stays in {data.root}\n")
    assert data.config.exists()


def test_data_goes_with_the_context(run: Callable[..., Any], data: datadir.DataDir, home: Path) -> None:
    mine = home / ".kube" / "config"
    contexts.merge(mine, data.kubeconfig)
    told = run("down", "--delete-data", "--data-dir", data.root)
    assert told.out == f"stopped; its data is gone\ncontext steersman is gone from {mine}\n"
    assert not data.root.exists()
    left = yaml.safe_load(mine.read_text())
    assert (left["contexts"], left["clusters"], left["users"], left["current-context"]) == ([], [], [], "")


def test_the_context_of_a_later_cluster_stays(
    run: Callable[..., Any], data: datadir.DataDir, home: Path, tmp_path: Path
) -> None:
    mine, other = home / ".kube" / "config", tmp_path / "other"
    other.write_text(yaml.safe_dump(kubeconfig("Qg==")))
    contexts.merge(mine, other)
    before = mine.read_text()
    assert run("down", "--delete-data", "--data-dir", data.root).out == "stopped; its data is gone\n"
    assert mine.read_text() == before


def test_a_kubeconfig_that_cannot_be_read_does_not_stop_it(
    run: Callable[..., Any], data: datadir.DataDir, home: Path
) -> None:
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text("{{{")
    told = run("down", "--delete-data", "--data-dir", data.root)
    assert told.code == 0
    assert "context steersman stays in" in told.err
    assert not data.root.exists()


def test_settings_that_cannot_be_read_do_not_stop_it(run: Callable[..., Any], data: datadir.DataDir) -> None:
    data.config.write_text("{")
    assert run("down", "--delete-data", "--data-dir", data.root).code == 0
    assert not data.root.exists()
