"""The mounts of a container: its volumes, its hosts file and the file for its last words.

A sub-path is resolved without following a link out of its volume: whoever writes the volume could point one at
the node's own files.  It is opened step by step with O_NOFOLLOW, made where it is missing, and the path that is
handed on is the one that was checked.  (The check and the mount are two moments; the runtime resolves the path
again.  A pod that races itself in between is not defended against.)
"""

import os
import pathlib
from collections.abc import Mapping

from steersman.api.tree import Tree
from steersman.cri import runtime
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import expand, paths
from steersman.kubelet.containers.env import ConfigFault
from steersman.kubelet.pods import spec


def mounts(
    config: KubeletConfig,
    pod: Tree,
    container: Tree,
    volumes: Mapping[str, str],
    values: Mapping[str, str],
    attempt: int,
) -> list[runtime.Mount]:
    """In the order of the spec.  Touches the disk: missing sub-paths and the termination file are made."""
    if config.simulated:
        return []
    made = []
    taken = set()
    for mount in container.get("volumeMounts") or ():
        name = mount["name"]
        if name not in volumes:
            raise ConfigFault(f'cannot find volume "{name}" to mount into container "{container["name"]}"')
        host = volumes[name]
        below = mount.get("subPath") or expand.expand(mount.get("subPathExpr") or "", values)
        if below:
            host = sub_path(host, below, name)
        taken.add(mount["mountPath"].rstrip("/"))
        made.append(
            runtime.Mount(
                container_path=mount["mountPath"],
                host_path=host,
                read_only=bool(mount.get("readOnly")),
                propagation=mount.get("mountPropagation") or "None",
            )
        )
    uid = spec.uid(pod)
    hosts = paths.hosts_path(config, uid)
    if "/etc/hosts" not in taken and hosts.exists():
        read_only = bool((container.get("securityContext") or {}).get("readOnlyRootFilesystem"))
        made.append(runtime.Mount("/etc/hosts", str(hosts), read_only=read_only))
    last_words = container.get("terminationMessagePath") or "/dev/termination-log"
    if last_words not in taken:
        path = paths.termination_path(config, uid, container["name"], attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        path.chmod(0o666)
        made.append(runtime.Mount(last_words, str(path)))
    return made


def sub_path(volume: str, below: str, name: str) -> str:
    """The path inside a volume, made where missing.  Raises ConfigFault for one that leads out of it."""
    parts = [part for part in below.split("/") if part not in ("", ".")]
    if below.startswith("/") or ".." in parts:
        raise ConfigFault(f'subPath "{below}" of volume "{name}" must be relative and not contain ".."')
    base = pathlib.Path(os.path.realpath(volume))
    if not base.is_dir():
        raise ConfigFault(f'volume "{name}" is not a directory; subPath "{below}" cannot be in it')
    at = base
    for index, part in enumerate(parts):
        following = at / part
        resolved = pathlib.Path(os.path.realpath(following))
        if resolved != base and not resolved.is_relative_to(base):
            raise ConfigFault(f'failed to prepare subPath for volumeMount "{name}": it leads out of the volume')
        if not resolved.exists():
            try:
                following.mkdir(mode=0o750)
            except OSError as error:
                raise ConfigFault(
                    f'failed to create subPath directory for volumeMount "{name}": {error.strerror}'
                ) from error
            resolved = following
        if index + 1 < len(parts) and not resolved.is_dir():
            raise ConfigFault(f'failed to prepare subPath for volumeMount "{name}": {part} is not a directory')
        at = resolved
    return str(at)
