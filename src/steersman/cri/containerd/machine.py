"""What this machine can do and what is mounted on it: asked before a daemon is configured."""

import pathlib
import re
import shlex
import shutil
import socket
import subprocess

from steersman.cri.runtime import RuntimeFault

CAP_SYS_RESOURCE = 24


def accepts(path: pathlib.Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
        tried.setblocking(False)
        try:
            tried.connect(str(path))
        except OSError:
            return False
        return True


def has_capability(number: int) -> bool:
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def apparmor_enabled() -> bool:
    try:
        enabled = pathlib.Path("/sys/module/apparmor/parameters/enabled").read_text().strip() == "Y"
    except OSError:
        return False
    return enabled and shutil.which("apparmor_parser") is not None


def overlay_works(scratch: pathlib.Path) -> bool:
    """Try one overlay mount, in a mount namespace that ends with the attempt."""
    for name in ("lower", "upper", "work", "merged"):
        (scratch / name).mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={scratch}/lower,upperdir={scratch}/upper,workdir={scratch}/work"
    ended = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, str(scratch / "merged")],
        capture_output=True,
        check=False,
    )
    for name in ("lower", "upper", "work", "merged"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    return ended.returncode == 0


def mount_points() -> set[str]:
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    # Spaces and the like are written in octal there.
    return {re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), line.split()[4]) for line in lines}


def command(*words: str) -> None:
    ended = subprocess.run(words, capture_output=True, check=False)
    if ended.returncode != 0:
        raise RuntimeFault(f"{shlex.join(words)}: {ended.stderr.decode(errors='replace').strip()}")
