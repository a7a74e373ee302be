"""What this machine is: figures for the Node object, read once.  The only place that asks the system."""

import dataclasses
import os
import pathlib
import platform
import shutil


@dataclasses.dataclass(frozen=True, slots=True)
class Machine:
    cpus: int = 1
    memory: int = 0
    """Bytes."""
    disk: int = 0
    kernel: str = ""
    os_image: str = "Linux"
    architecture: str = "amd64"
    machine_id: str = ""
    system_uuid: str = ""
    boot_id: str = ""


_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def read(root: pathlib.Path | None = None) -> Machine:
    """This machine; `root` says which disk counts."""
    at = root
    while at is not None and not at.exists() and at != at.parent:
        at = at.parent
    return Machine(
        cpus=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=_memory(),
        disk=shutil.disk_usage(at).total if at is not None else 0,
        kernel=platform.release(),
        os_image=_os_image(),
        architecture=_ARCHITECTURES.get(platform.machine(), platform.machine()),
        machine_id=_line("/etc/machine-id"),
        system_uuid=_line("/sys/class/dmi/id/product_uuid") or _line("/etc/machine-id"),
        boot_id=_line("/proc/sys/kernel/random/boot_id"),
    )


def _line(path: str) -> str:
    try:
        return pathlib.Path(path).read_text().strip()
    except OSError:
        return ""


def _memory() -> int:
    for line in _line("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 0


def _os_image() -> str:
    for line in _line("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return "Linux"
