"""`emptyDir`: a folder that lives as long as the pod; with `medium: Memory` on a memory file system."""

from steersman.api import quantity
from steersman.kubelet.volumes import disk
from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings


class EmptyDir:
    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        source = asked.volume["emptyDir"] or {}
        base = asked.directory(around.config, "empty-dir")
        fresh = not base.exists()
        try:
            base.mkdir(parents=True, exist_ok=True)
            medium = str(source.get("medium") or "")
            if medium == "Memory" and around.root:
                size = quantity.to_int(str(source["sizeLimit"])) if source.get("sizeLimit") else 0
                disk.ensure_memory(base, size, "0777")
            elif medium.startswith("HugePages"):
                raise MountFault(f"medium {medium} is not supported on this node")
            if fresh:
                base.chmod(0o777)
                if asked.fs_group is not None and around.root:
                    disk.own(base, asked.fs_group)
        except OSError as error:
            raise MountFault(str(error)) from error
        return str(base)
