"""What a worker remembers between steps: why containers did not start, and how long crashed ones wait.

A container that waits for its back-off shows how it ended at first; after a few seconds, at the next look, it
shows CrashLoopBackOff instead.
"""

from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kubelet.pods import backoff, spec
from steersman.kubelet.pods.plan import PodPlan
from steersman.kubelet.pods.record import Reason
from steersman.kubelet.tell import WARNING, Teller

REVEAL = 5.0


class Restarts:
    def __init__(self) -> None:
        self.backoffs: dict[str, backoff.Entry] = {}
        """By container name."""
        self._reasons: dict[str, Reason] = {}
        self._held: dict[str, tuple[Reason, float]] = {}

    def reasons(self, now: float) -> dict[str, Reason]:
        """Why containers wait, as their status may show it now."""
        late = {name: reason for name, (reason, noted) in self._held.items() if now - noted >= REVEAL}
        return {**self._reasons, **late} if late else self._reasons

    def note_held(self, step: PodPlan, pod: Tree, tell: Teller, now: float) -> None:
        """Tell of containers that wait for their back-off, and remember why for the status."""
        where = spec.full_name(pod)
        for held in step.held:
            took = backoff.go_duration(held.delay)
            words = f"back-off {took} restarting failed container={held.name} pod={where}"
            reason = Reason("CrashLoopBackOff", words)
            before = self._held.get(held.name)
            self._held[held.name] = (reason, before[1] if before and before[0] == reason else now)
            said = f"Back-off restarting failed container {held.name} in pod {where}"
            tell.container(pod, held.name, WARNING, "BackOff", said)

    def starting(self, name: str, last: cri.Container | None, now: float) -> None:
        """The next attempt begins; the one after it will wait longer."""
        self._held.pop(name, None)
        if last is not None and last.state is cri.ContainerState.EXITED:
            ended = last.finished_at or last.created_at
            self.backoffs[name] = backoff.following(self.backoffs.get(name), ended, now)

    def failed(self, name: str, reason: str, message: str) -> None:
        self._reasons[name] = Reason(reason, message)

    def started(self, name: str) -> None:
        self._reasons.pop(name, None)


def next_attempt(field: str, name: str, last: cri.Container | None, reported: Tree) -> int:
    """The number of the next attempt; where the runtime has forgotten, the reported status remembers."""
    if last is not None:
        return last.attempt + 1
    key = {"containers": "containerStatuses", "initContainers": "initContainerStatuses"}.get(
        field, "ephemeralContainerStatuses"
    )
    for one in reported.get(key) or ():
        if one["name"] == name:
            count = int(one.get("restartCount") or 0)
            return count + 1 if one.get("containerID") else count
    return 0
