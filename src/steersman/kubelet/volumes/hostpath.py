"""`hostPath`: a path of the node, checked or made as its type says."""

import pathlib
import stat

from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings

_KINDS = {
    "Directory": (stat.S_ISDIR, "a directory"),
    "File": (stat.S_ISREG, "a file"),
    "Socket": (stat.S_ISSOCK, "a socket file"),
    "CharDevice": (stat.S_ISCHR, "a character device"),
    "BlockDevice": (stat.S_ISBLK, "a block device"),
}


class HostPath:
    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        source = asked.volume["hostPath"]
        return check(str(source["path"]), str(source.get("type") or ""))


def check(path: str, type: str) -> str:
    """The path, when it is what `type` says.  Raises MountFault."""
    at = pathlib.Path(path)
    try:
        if type == "DirectoryOrCreate" and not at.exists():
            at.mkdir(parents=True, mode=0o755)
        elif type == "FileOrCreate" and not at.exists():
            at.touch(mode=0o644)
        wanted = _KINDS.get(type.removesuffix("OrCreate"))
        if wanted is not None and not (at.exists() and wanted[0](at.stat().st_mode)):
            raise MountFault(f"hostPath type check failed: {path} is not {wanted[1]}")
    except OSError as error:
        raise MountFault(str(error)) from error
    return path
