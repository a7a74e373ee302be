"""`downwardAPI`: fields of the pod as files, renewed when the pod's labels or annotations change."""

from collections.abc import Sequence

from steersman.api.tree import Tree
from steersman.kubelet.containers import fields
from steersman.kubelet.volumes import atomic
from steersman.kubelet.volumes.base import Asked, MountFault, Surroundings


def payload(asked: Asked, items: Sequence[Tree], default_mode: int) -> dict[str, tuple[bytes, int]]:
    """Raises MountFault."""
    made = {}
    for item in items:
        mode = item.get("mode")
        try:
            if item.get("fieldRef"):
                text = fields.field_value(asked.pod, item["fieldRef"]["fieldPath"], asked.facts)
            else:
                text = fields.resource_value(asked.pod, item["resourceFieldRef"], None, asked.facts)
        except fields.FieldFault as error:
            raise MountFault(str(error)) from error
        made[item["path"]] = (text.encode(), default_mode if mode is None else int(mode))
    return made


class Downward:
    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        source = asked.volume["downwardAPI"] or {}
        mode = source.get("defaultMode")
        shown = payload(asked, source.get("items") or (), 0o644 if mode is None else int(mode))
        base = asked.directory(around.config, "downward-api")
        try:
            atomic.write(base, shown, around.clock.now(), asked.fs_group if around.root else None)
        except (atomic.BadPath, OSError) as error:
            raise MountFault(str(error)) from error
        return str(base)
