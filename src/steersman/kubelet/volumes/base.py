"""What a type of volume is: it makes a path on the node for one volume of one pod.

`prepare` is idempotent: it is called again after a restart of the kubelet and whenever something that the
volume shows may have changed, and returns the same path.  `remove` undoes it from the disk alone, because the
pod's object may be gone.  What a volume needs of the cluster it gets through `Surroundings`.
"""

import dataclasses
import pathlib
from typing import Protocol

from steersman.api.tree import Tree
from steersman.client.client import Client
from steersman.kit.clock import Clock
from steersman.kubelet.config import KubeletConfig
from steersman.kubelet.containers import fields, paths
from steersman.kubelet.objects import Objects
from steersman.kubelet.pods import spec


class MountFault(Exception):
    """The volume cannot be had now; the text completes `MountVolume.SetUp failed for volume "x" : `."""


@dataclasses.dataclass(frozen=True, slots=True)
class Surroundings:
    config: KubeletConfig
    client: Client
    clock: Clock
    objects: Objects
    root: bool
    """Whether this process may mount and change owners."""


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """One volume of one pod."""

    pod: Tree
    volume: Tree
    facts: fields.Facts

    @property
    def name(self) -> str:
        return str(self.volume["name"])

    def directory(self, config: KubeletConfig, kind: str) -> pathlib.Path:
        return paths.volume_dir(config, spec.uid(self.pod), kind, self.name)

    @property
    def fs_group(self) -> int | None:
        value = (self.pod["spec"].get("securityContext") or {}).get("fsGroup")
        return None if value is None else int(value)


class VolumeType(Protocol):
    async def prepare(self, around: Surroundings, asked: Asked) -> str:
        """The path on the node.  Raises MountFault."""
        ...
