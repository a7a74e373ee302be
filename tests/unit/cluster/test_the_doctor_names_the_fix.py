"""What a machine lacks, from what was seen of it."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from steersman.cluster import doctor
from steersman.cluster.doctor import Machine

GOOD = Machine(
    platform="linux",
    root=True,
    capabilities=(1 << 41) - 1,
    missing=[],
    cni=True,
    cgroup=2,
    overlay=True,
    debian=True,
    kubectl=True,
    inotify_watches=8192,
    free_megabytes=50_000,
)


def test_a_good_machine_has_nothing_to_fix() -> None:
    findings = doctor.verdict(GOOD)
    assert {finding.level for finding in findings} == {"ok"}
    assert doctor.blocking(findings) == []


@pytest.mark.parametrize(
    ("change", "what", "fix"),
    [
        ({"platform": "darwin"}, "darwin has no containers", "--simulated-nodes"),
        ({"root": False}, "not root", "sudo"),
        ({"capabilities": 1 << 12}, "CAP_SYS_ADMIN is missing", "CAP_SYS_ADMIN"),
        ({"capabilities": 1 << 21}, "CAP_NET_ADMIN is missing", "CAP_NET_ADMIN"),
        ({"missing": ["nft", "ip"]}, "not installed: nft, ip", "apt-get install -y --no-install-recommends nftables"),
        ({"cni": False}, "not installed: CNI plug-ins", "containernetworking-plugins"),
        ({"missing": ["nft"], "debian": False}, "not installed: nft", "install nftables"),
        ({"cgroup": 0}, "no cgroups", "mount -t cgroup2"),
    ],
)
def test_what_stops_containers_is_an_error_with_its_fix(change: dict[str, Any], what: str, fix: str) -> None:
    found = doctor.blocking(doctor.verdict(dataclasses.replace(GOOD, **change)))
    assert [what in finding.what and fix in finding.fix for finding in found] == [True]


@pytest.mark.parametrize(
    ("change", "level", "what"),
    [
        ({"overlay": False}, "warning", "overlayfs"),
        ({"kubectl": False}, "warning", "no kubectl"),
        ({"free_megabytes": 200}, "warning", "only 200 MB free"),
        ({"capabilities": 1 << 21 | 1 << 12}, "note", "CAP_SYS_RESOURCE"),
    ],
)
def test_what_narrows_is_said_and_stops_nothing(change: dict[str, Any], level: str, what: str) -> None:
    findings = doctor.verdict(dataclasses.replace(GOOD, **change))
    assert doctor.blocking(findings) == []
    assert [what in finding.what for finding in findings if finding.level == level] == [True]


def test_the_worst_comes_last() -> None:
    findings = doctor.verdict(dataclasses.replace(GOOD, kubectl=False, root=False))
    assert [finding.level for finding in findings][-2:] == ["warning", "error"]


def test_this_machine_is_examined_without_harm(tmp_path: Path) -> None:
    seen = doctor.examine(tmp_path / "not" / "there")
    assert seen.free_megabytes >= 0
    assert doctor.verdict(seen)
    assert list(tmp_path.iterdir()) == []
