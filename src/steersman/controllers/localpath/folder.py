"""The folders of volumes on this machine's disk: made open to everybody, removed with all that is in them.

Promised: `make` and `remove` touch nothing but the one entry `name` directly below `root`, and never follow a
symbolic link: what a pod put into its volume cannot lead the removal out of it.  Both block; call them in a
thread.  Raise OSError.
"""

import contextlib
import pathlib
import shutil
import stat


def make(root: str, name: str) -> None:
    """A folder that any user may write to, as a pod's may be anyone.  One that is there stays as it is."""
    path = _entry(root, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not stat.S_ISDIR(path.lstat().st_mode):
            raise
        return
    path.chmod(0o777)  # mkdir's mode is cut by the umask


def remove(root: str, name: str) -> None:
    """The entry is gone: a folder with its contents, a link only as a link.  Nothing there is fine."""
    path = _entry(root, name)
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(path.lstat().st_mode):
            if not shutil.rmtree.avoids_symlink_attacks:
                raise OSError(f"{path} cannot be removed safely on this system")
            shutil.rmtree(path)
        else:
            path.unlink()


def _entry(root: str, name: str) -> pathlib.Path:
    folder = pathlib.Path(root)
    if not folder.is_absolute() or name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} is no entry of {root!r}")
    return folder / name
