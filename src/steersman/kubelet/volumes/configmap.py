"""`configMap` and `secret`: an object's keys as files, renewed when the object changes.

A Secret's files are on a memory file system where this process may mount one.
"""

from steersman.api.tree import Tree
from steersman.kubelet import objects
from steersman.kubelet.containers import env
from steersman.kubelet.pods import spec
from steersman.kubelet.volumes import atomic, disk, keys
from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings


async def fetch(around: Surroundings, asked: Asked, kind: str, name: str, *, optional: bool) -> Tree | None:
    """The object; None for an optional one that is not there.  Raises MountFault."""
    try:
        found = await around.objects.get(kind, spec.namespace(asked.pod), name, spec.uid(asked.pod))
    except objects.Unavailable as error:
        raise MountFault(str(error)) from error
    if found is None and not optional:
        raise MountFault(env.missing(kind, name))
    return found


class _OfObject:
    def __init__(self, field: str, kind: str, directory: str, name_field: str, *, memory: bool) -> None:
        self._field = field
        self._kind = kind
        self._directory = directory
        self._name_field = name_field
        self._memory = memory

    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        source = asked.volume[self._field]
        optional = bool(source.get("optional"))
        found = await fetch(around, asked, self._kind, source.get(self._name_field, ""), optional=optional)
        mode = source.get("defaultMode")
        data = keys.content(self._kind, found) if found is not None else {}
        payload = (
            keys.files(self._kind, data, source, 0o644 if mode is None else int(mode)) if found is not None else {}
        )
        base = asked.directory(around.config, self._directory)
        if self._memory and around.root:
            disk.ensure_memory(base)
        try:
            atomic.write(base, payload, around.clock.now(), asked.fs_group if around.root else None)
        except (atomic.BadPath, OSError) as error:
            raise MountFault(str(error)) from error
        return str(base)


CONFIG_MAP = _OfObject("configMap", "configmaps", "configmap", "name", memory=False)
SECRET = _OfObject("secret", "secrets", "secret", "secretName", memory=True)
