"""What is known of a pod on this node: a snapshot that `plan` and `status` decide from.

`observe` sorts what the runtime lists into a record.  Everything in it is a value; the next look makes a new
one.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from steersman.cri import runtime
from steersman.kubelet.pods import backoff

LABEL_POD_NAME = "io.kubernetes.pod.name"
LABEL_POD_NAMESPACE = "io.kubernetes.pod.namespace"
LABEL_POD_UID = "io.kubernetes.pod.uid"
LABEL_CONTAINER_NAME = "io.kubernetes.container.name"
ANNOTATION_HASH = "io.kubernetes.container.hash"
ANNOTATION_RESTARTS = "io.kubernetes.container.restartCount"


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """Why a container was not started the last time it should have been: the words of its waiting state."""

    reason: str
    message: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Probed:
    """What probes say of one running container; without any, all is well."""

    started: bool = True
    ready: bool = True
    startup_failed: bool = False
    liveness_failed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class PodRecord:
    sandboxes: Sequence[runtime.Sandbox] = ()
    """Newest first."""
    containers: Mapping[str, Sequence[runtime.Container]] = dataclasses.field(default_factory=dict)
    """By name, newest first."""
    probed: Mapping[str, Probed] = dataclasses.field(default_factory=dict)
    """By container id; a container without an entry has no probes."""
    reasons: Mapping[str, Reason] = dataclasses.field(default_factory=dict)
    """By container name."""
    backoffs: Mapping[str, backoff.Entry] = dataclasses.field(default_factory=dict)
    """By container name."""

    @property
    def sandbox(self) -> runtime.Sandbox | None:
        return self.sandboxes[0] if self.sandboxes else None

    @property
    def ready_sandbox(self) -> runtime.Sandbox | None:
        """The one that containers can be started in."""
        newest = self.sandbox
        return newest if newest is not None and newest.state is runtime.SandboxState.READY else None

    def newest(self, name: str) -> runtime.Container | None:
        found = self.containers.get(name)
        return found[0] if found else None

    def running(self) -> list[runtime.Container]:
        return [
            container
            for attempts in self.containers.values()
            for container in attempts
            if container.state is runtime.ContainerState.RUNNING
        ]


def restart_count(container: runtime.Container) -> int:
    """How often its name was started before it, as its annotation keeps it."""
    kept = container.annotations.get(ANNOTATION_RESTARTS, "")
    return int(kept) if kept.isdigit() else container.attempt


def by_name(containers: Iterable[runtime.Container]) -> dict[str, list[runtime.Container]]:
    """Containers of one pod by name, newest first."""
    found: dict[str, list[runtime.Container]] = {}
    for container in sorted(containers, key=lambda c: (c.attempt, c.created_at), reverse=True):
        found.setdefault(container.labels.get(LABEL_CONTAINER_NAME) or container.name, []).append(container)
    return found
