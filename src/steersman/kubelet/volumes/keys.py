"""ConfigMaps and Secrets as files: which keys, under which paths, with which modes.  Pure."""

from collections.abc import Mapping

from steersman.api.tree import Tree
from steersman.kubelet.containers import env
from steersman.kubelet.volumes.base import MountFault


def content(kind: str, found: Tree) -> dict[str, bytes]:
    """All data of a ConfigMap or Secret as bytes."""
    if kind == "secrets":
        return {key: env.decoded(value) for key, value in (found.get("data") or {}).items()}
    made = {key: str(value).encode() for key, value in (found.get("data") or {}).items()}
    return made | {key: env.decoded(value) for key, value in (found.get("binaryData") or {}).items()}


def files(kind: str, data: Mapping[str, bytes], source: Tree, default_mode: int) -> dict[str, tuple[bytes, int]]:
    """The files that a source shows of `data`.  Raises MountFault for a key that is not there."""
    items = source.get("items")
    if not items:
        return {key: (value, default_mode) for key, value in data.items()}
    made = {}
    for item in items:
        key = item["key"]
        if key not in data:
            if source.get("optional"):
                continue
            words = (
                "configmap references non-existent config" if kind == "configmaps" else "references non-existent secret"
            )
            raise MountFault(f"{words} key: {key}")
        mode = item.get("mode")
        made[item["path"]] = (data[key], default_mode if mode is None else int(mode))
    return made
