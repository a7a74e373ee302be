"""Files that change all at once: the layout by which Kubernetes updates a mounted ConfigMap.

    volume/..2026_01_31_12_00_00.000000001/key     the files
    volume/..data -> ..2026_01_31_12_00_00.000000001
    volume/key    -> ..data/key

A reader through `key` sees the old content or the new, and all keys change together, because replacing the
link `..data` is one rename.
"""

import os
import pathlib
import shutil
import time
from collections.abc import Mapping
from typing import TypeAlias

Payload: TypeAlias = Mapping[str, tuple[bytes, int]]
"""Path below the volume to (content, mode)."""

DATA = "..data"


class BadPath(Exception):
    """A path that would leave the volume."""


def write(base: pathlib.Path, payload: Payload, now: float, group: int | None = None) -> bool:
    """Make the volume show exactly `payload`; whether anything changed."""
    for path in payload:
        parts = path.split("/")
        if not path or path.startswith("/") or ".." in parts or parts[0].startswith(".."):
            raise BadPath(f"invalid path in a volume: {path!r}")
    base.mkdir(parents=True, exist_ok=True)
    current = base / DATA
    old = current.resolve() if current.is_symlink() else None
    if old is not None and old.is_dir() and _equal(old, payload):
        return False
    fresh = _new_directory(base, now)
    for path, (content, mode) in payload.items():
        file = fresh / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode if group is None else mode | 0o040)
        if group is not None:
            os.chown(file, -1, group)
    fresh.chmod(0o755)
    scratch = base / "..data_tmp"
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(fresh.name)
    scratch.replace(current)
    shown = {path.split("/")[0] for path in payload}
    for name in shown:
        link = base / name
        if not link.is_symlink():
            link.symlink_to(f"{DATA}/{name}")
    for entry in base.iterdir():
        if entry.name.startswith(".."):
            if entry.name not in (DATA, fresh.name) and entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
        elif entry.name not in shown and entry.is_symlink():
            entry.unlink()
    return True


def _new_directory(base: pathlib.Path, now: float) -> pathlib.Path:
    stamp = time.strftime("%Y_%m_%d_%H_%M_%S", time.gmtime(now))
    number = int(now % 1 * 1e9)
    while True:
        fresh = base / f"..{stamp}.{number:09d}"
        try:
            fresh.mkdir(mode=0o755)
        except FileExistsError:
            number += 1
        else:
            return fresh


def _equal(directory: pathlib.Path, payload: Payload) -> bool:
    found = {str(file.relative_to(directory)) for file in directory.rglob("*") if file.is_file()}
    return found == set(payload) and all((directory / path).read_bytes() == payload[path][0] for path in payload)
