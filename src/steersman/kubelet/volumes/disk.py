"""Mounting and unmounting of memory file systems, and removal of a pod's folder with whatever is mounted in it.

Nothing of a volume that was mounted is ever deleted through its mount: a folder is removed only when nothing
below it is a mount point any more.
"""

import ctypes
import os
import pathlib
import shutil

MNT_DETACH = 2
MS_NOSUID, MS_NODEV = 2, 4


class _Libc:
    """mount(2) and umount2(2)."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def mount_memory(self, path: str, options: str) -> None:
        code = self._libc.mount(b"tmpfs", path.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options.encode())
        self._check(code, path)

    def unmount(self, path: str) -> None:
        self._check(self._libc.umount2(path.encode(), MNT_DETACH), path)

    def _check(self, code: int, path: str) -> None:
        if code:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), path)


def ensure_memory(path: pathlib.Path, size: int = 0, mode: str = "0755") -> None:
    """A memory file system at `path`, once."""
    path.mkdir(parents=True, exist_ok=True)
    if os.path.ismount(path):
        return
    options = f"mode={mode}" + (f",size={size}" if size else "")
    _Libc().mount_memory(str(path), options)


def mounts_below(path: pathlib.Path) -> list[str]:
    """Mount points at and below a path, the deepest first."""
    try:
        text = pathlib.Path("/proc/self/mountinfo").read_text()
    except OSError:
        return []
    prefix = str(path)
    found = []
    for line in text.splitlines():
        fields = line.split(" ")
        if len(fields) > 4:
            at = fields[4].encode().decode("unicode_escape")
            if at == prefix or at.startswith(prefix + "/"):
                found.append(at)
    return sorted(found, key=len, reverse=True)


def remove(path: pathlib.Path) -> None:
    """Unmount what is below and delete the folder.  Raises OSError when a mount stays."""
    if not path.exists():
        return
    for at in mounts_below(path):
        _Libc().unmount(at)
    left = mounts_below(path)
    if left:
        raise OSError(f"{left[0]} is still mounted; {path} was not removed")
    shutil.rmtree(path, ignore_errors=False)


def own(path: pathlib.Path, group: int) -> None:
    """Give a volume to a group: its files readable and writable for it, its folders handing the group on."""
    for folder in [path, *(p for p in path.rglob("*") if p.is_dir() and not p.is_symlink())]:
        os.chown(folder, -1, group)
        folder.chmod((folder.stat().st_mode & 0o7777) | 0o2070)
    for file in path.rglob("*"):
        if file.is_file() and not file.is_symlink():
            os.chown(file, -1, group)
            file.chmod((file.stat().st_mode & 0o7777) | 0o060)
