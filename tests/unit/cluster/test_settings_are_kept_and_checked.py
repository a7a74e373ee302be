"""The configuration: read once, kept in the data directory, refused with the fix where it cannot work."""

from pathlib import Path
from typing import Any

import pytest

from steersman.cluster import config
from steersman.cluster.config import ClusterConfig, ConfigError


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"runtime": "podman"}, "--runtime podman is unknown; it is one of containerd, docker, simulated"),
        ({"nodes": -1}, "fewer than 0"),
        ({"simulated_nodes": -1}, "fewer than 0"),
        ({"nodes": 101}, "at most 100"),
        ({"port": 70000}, "use 0"),
        ({"pod_cidr": "10.244.0.1/16"}, "pod_cidr '10.244.0.1/16' is not an IPv4 network"),
        ({"service_cidr": "fd00::/64"}, "service_cidr"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")) as caught:
        config.changed(ClusterConfig(), **given)
    assert "\n" not in str(caught.value)


def test_only_what_was_given_changes() -> None:
    made = config.changed(ClusterConfig(nodes=3), port=0, egress=None, nodes=None)
    assert (made.nodes, made.port, made.egress) == (3, 0, True)


def test_the_next_start_finds_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    assert config.load(path) is None
    made = ClusterConfig(nodes=2, egress=False, node_ports=(31000, 31999))
    config.save(path, made)
    assert config.load(path) == made
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("text", ["", "{", '{"nodes": "two"}', "[]"])
def test_a_broken_file_names_itself_and_the_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json cannot be read .*; remove it"):
        config.load(path)


def test_where_a_cluster_lives_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEERSMAN_DATA_DIR", "/somewhere")
    assert config.default_data_dir() == Path("/somewhere")
    monkeypatch.delenv("STEERSMAN_DATA_DIR")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", "/home/me/data")
    assert config.default_data_dir() == Path("/home/me/data/steersman")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert config.default_data_dir() == Path("/var/lib/steersman")
