"""The control groups of a node: found, emptied and removed.  Versions 1 and 2.

A node's pods live below one group (`/steersman/<node>`); in version 1 that path exists once a controller.
Ending a node kills whoever is left below and removes the directories, deepest first.
"""

import os
import pathlib
import signal

ROOT = pathlib.Path("/sys/fs/cgroup")


def is_unified(root: pathlib.Path = ROOT) -> bool:
    """Version 2 alone; a hybrid counts as version 1, because its `unified` has no controllers."""
    return (root / "cgroup.controllers").exists()


def directories(group: str, root: pathlib.Path = ROOT) -> list[pathlib.Path]:
    """Where `group` exists: one place in version 2, one a controller in version 1."""
    name = group.strip("/")
    if not name:
        return []  # never the root itself
    places = [root / name] if is_unified(root) else [entry / name for entry in _hierarchies(root)]
    return [place for place in places if place.is_dir()]


def _hierarchies(root: pathlib.Path) -> list[pathlib.Path]:
    try:
        return [entry for entry in root.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except OSError:
        return []


def members(group: str, root: pathlib.Path = ROOT) -> set[int]:
    """Every process in the group and below."""
    found: set[int] = set()
    for place in directories(group, root):
        for above, _, files in os.walk(place):
            if "cgroup.procs" in files:
                try:
                    found.update(int(word) for word in (pathlib.Path(above) / "cgroup.procs").read_text().split())
                except OSError:
                    continue
    return found


def kill(group: str, root: pathlib.Path = ROOT) -> int:
    """SIGKILL to everybody in the group and below, and thaw it; how many there were."""
    for place in directories(group, root):
        for frozen in place.rglob("freezer.state"):
            try:
                frozen.write_text("THAWED")
            except OSError:
                pass
    found = members(group, root)
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return len(found)


def remove(group: str, root: pathlib.Path = ROOT) -> bool:
    """Remove the group and all below; False while a process still holds one."""
    clean = True
    for place in directories(group, root):
        for above, names, _ in os.walk(place, topdown=False):
            for name in names:
                clean &= _rmdir(pathlib.Path(above) / name)
        clean &= _rmdir(place)
        for parent in place.parents:  # those above it that are empty now
            if parent == root or (parent.parent == root and not is_unified(root)) or not _rmdir(parent):
                break
    return clean


def _rmdir(path: pathlib.Path) -> bool:
    try:
        path.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
