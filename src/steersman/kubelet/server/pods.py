"""What the kubelet's server asks of the kubelet: which containers a pod has, and where their logs are.

The kubelet implements `Pods` over its records; the server never sees its workers.  Values are snapshots and
belong to the caller.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Protocol

from steersman.api.tree import Tree


@dataclasses.dataclass(frozen=True, slots=True)
class ContainerRef:
    """One container (main, init, sidecar or ephemeral) of a pod, newest attempt and the one before it."""

    name: str
    id: str = ""
    """The runtime's id of the newest attempt; empty while it was never created."""
    running: bool = False
    log_path: str = ""
    """Log file of the newest attempt, `.../<container>/<attempt>.log`."""
    previous_log_path: str = ""
    """Log file of the attempt before it; empty when there was none."""
    waiting: str = ""
    """Why it was never created, as its status says (`ContainerCreating`, `PodInitializing`, ...)."""
    started_at: float = 0.0
    tty: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class PodRef:
    namespace: str
    name: str
    uid: str
    sandbox_id: str = ""
    """Empty while there is no sandbox."""
    containers: Mapping[str, ContainerRef] = dataclasses.field(default_factory=dict)
    """In the order of the pod's spec: init, main, ephemeral."""
    started_at: float = 0.0


class Pods(Protocol):
    def find(self, namespace: str, name: str) -> PodRef | None:
        """The pod of this name, also one that has ended and is not yet removed."""
        ...

    def refs(self) -> Sequence[PodRef]:
        """Every pod that has a sandbox, for figures."""
        ...

    def all(self) -> Sequence[Tree]:
        """Every pod that the kubelet knows, as it would be written to the API."""
        ...
