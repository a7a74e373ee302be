"""What should happen to a pod now: a pure function of its spec, what runs, and the time.

`plan` answers with a `PodPlan`, a readable value; `sync` carries it out and looks again.  Each plan is one
step, not a programme: after any step the next plan is made from what is then there, so a lost kubelet, a
vanished sandbox or a changed image need no special case.

The order within a plan: the whole pod is stopped (`kill_pod`), else single containers (`kill`); then a sandbox
is made (`create_sandbox`); then ephemeral, init and main containers are started.  A container in `held` would
be started but for its back-off.

Init containers run one after the other.  A sidecar (an init container with `restartPolicy: Always`) lets the
next one start as soon as it is up, and is kept alive as long as main containers are.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

from steersman.api.tree import Tree
from steersman.cri.runtime import Container, ContainerState, Sandbox
from steersman.kubelet.pods import backoff, spec
from steersman.kubelet.pods.record import ANNOTATION_HASH, PodRecord, Probed

NO_PROBES = Probed()


@dataclasses.dataclass(frozen=True, slots=True)
class Kill:
    id: str
    name: str
    message: str
    """For the Killing event."""
    probe: str = ""
    """`liveness` or `startup`, where a probe is the cause: then its own grace period counts."""


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """A container that waits for its back-off to end."""

    name: str
    until: float
    delay: float


@dataclasses.dataclass(frozen=True, slots=True)
class PodPlan:
    kill_pod: bool = False
    create_sandbox: bool = False
    attempt: int = 0
    kill: Sequence[Kill] = ()
    start_ephemeral: Sequence[str] = ()
    start_init: Sequence[str] = ()
    start: Sequence[str] = ()
    held: Sequence[Held] = ()

    @property
    def idle(self) -> bool:
        """Nothing to do but wait."""
        return not (
            self.kill_pod or self.create_sandbox or self.kill or self.start_ephemeral or self.start_init or self.start
        )


def definition_hash(container: Tree) -> str:
    """Of what a container cannot change while it runs: its name and image."""
    text = f"{container['name']}\0{container.get('image', '')}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def plan(pod: Tree, record: PodRecord, now: float) -> PodPlan:
    """The next step of a pod that should run."""
    changed, attempt = sandbox_changed(pod, record.sandboxes)
    if changed:
        return _fresh(pod, record, attempt, now)
    step = _Step(pod, record, now)
    for container in spec.ephemeral_containers(pod):
        if record.newest(container["name"]) is None:
            step.ephemeral.append(container["name"])
    initialized = step.init_containers()
    if initialized and not step.kill_pod:
        step.main_containers()
    return step.result()


def sandbox_changed(pod: Tree, sandboxes: Sequence[Sandbox]) -> tuple[bool, int]:
    """Whether the pod needs a new sandbox, and the number of that attempt (or of the one that is there)."""
    if not sandboxes:
        return True, 0
    newest = sandboxes[0]
    if newest.state.value != "ready":
        return True, newest.attempt + 1
    if sum(sandbox.state.value == "ready" for sandbox in sandboxes) > 1:
        return True, newest.attempt + 1
    return False, newest.attempt


def _fresh(pod: Tree, record: PodRecord, attempt: int, now: float) -> PodPlan:
    """The plan of a pod without a usable sandbox: begin from the start, unless it has had its run."""
    stop = bool(record.sandboxes)
    if not spec.could_restart(pod) and attempt and record.containers:
        return PodPlan(kill_pod=stop)
    wanted = []
    for container in spec.main_containers(pod):
        last = record.newest(container["name"])
        if (
            last is None
            or last.state is not ContainerState.EXITED
            or spec.restarts_after(pod, container, last.exit_code)
        ):
            wanted.append(container["name"])
    if not wanted and was_initialized(pod, record):
        return PodPlan(kill_pod=stop)
    step = _Step(pod, record, now)
    init = spec.init_containers(pod)
    if init:
        step.want(step.init, init[0]["name"])
    else:
        for name in wanted:
            step.want(step.main, name)
    return PodPlan(
        kill_pod=stop, create_sandbox=True, attempt=attempt, start_init=tuple(step.init), start=tuple(step.main),
        held=tuple(step.held),
    )  # fmt: skip


def was_initialized(pod: Tree, record: PodRecord) -> bool:
    """Whether all init containers have had their turn: a main container was made, or the last one succeeded."""
    sandbox = record.sandbox
    for container in spec.main_containers(pod):
        last = record.newest(container["name"])
        if last is not None and (sandbox is None or last.sandbox_id == sandbox.id):
            return True
    init = spec.init_containers(pod)
    if not init:
        return True
    last = record.newest(init[-1]["name"])
    return last is not None and not spec.is_sidecar(init[-1]) and _succeeded(last)


def _succeeded(container: Container) -> bool:
    return container.state is ContainerState.EXITED and container.exit_code == 0


class _Step:
    """One plan in the making."""

    def __init__(self, pod: Tree, record: PodRecord, now: float) -> None:
        self.pod = pod
        self.record = record
        self.now = now
        self.kill_pod = False
        self.kills: list[Kill] = []
        self.ephemeral: list[str] = []
        self.init: list[str] = []
        self.main: list[str] = []
        self.held: list[Held] = []

    def result(self) -> PodPlan:
        return PodPlan(
            kill_pod=self.kill_pod,
            attempt=self.record.sandboxes[0].attempt if self.record.sandboxes else 0,
            kill=() if self.kill_pod else tuple(self.kills),
            start_ephemeral=() if self.kill_pod else tuple(self.ephemeral),
            start_init=tuple(self.init),
            start=tuple(self.main),
            held=tuple(self.held),
        )

    def want(self, into: list[str], name: str) -> None:
        """Start it, now or when its back-off ends."""
        last = self.record.newest(name)
        entry = self.record.backoffs.get(name)
        if last is not None and last.state is ContainerState.EXITED and entry is not None:
            ended = last.finished_at or last.created_at
            until = backoff.ready_at(entry, ended)
            if ended > self.now + 1:
                until = 0.0  # the clock was set back since: nobody knows how long ago, so it has waited enough
            if until > self.now:
                self.held.append(Held(name, until, entry.delay))
                return
        into.append(name)

    # -- init containers -------------------------------------------------------------------------------------

    def init_containers(self) -> bool:
        """Plans them; whether main containers may run."""
        init = spec.init_containers(self.pod)
        if not init:
            return True
        before = was_initialized(self.pod, self.record)
        if before:
            for container in init:
                if spec.is_sidecar(container):
                    self._keep_sidecar(container)
            return True
        current = max((i for i, c in enumerate(init) if self._in_sandbox(c["name"]) is not None), default=-1)
        if current < 0:
            self.want(self.init, init[0]["name"])
            return False
        for container in init[:current]:
            if spec.is_sidecar(container):
                self._keep_sidecar(container)
        return self._advance(init, current)

    def _in_sandbox(self, name: str) -> Container | None:
        """The newest attempt, if it belongs to the sandbox of now."""
        last = self.record.newest(name)
        sandbox = self.record.sandbox
        return last if last is not None and sandbox is not None and last.sandbox_id == sandbox.id else None

    def _advance(self, init: Sequence[Tree], current: int) -> bool:
        """The init container whose turn it is: keep, repeat, or go on to the next one."""
        container = init[current]
        last = self._in_sandbox(container["name"])
        assert last is not None
        if spec.is_sidecar(container):
            probed = self.record.probed.get(last.id, NO_PROBES)
            if last.state is not ContainerState.RUNNING or not self._keep_sidecar(container):
                if last.state is not ContainerState.RUNNING:
                    self._keep_sidecar(container)
                return False
            if not probed.started:
                return False
        elif last.state is ContainerState.RUNNING:
            return False
        elif last.state is not ContainerState.EXITED:
            self.want(self.init, container["name"])  # created and never started: again
            return False
        elif last.exit_code != 0:
            if spec.restarts_after(self.pod, container, last.exit_code):
                self.want(self.init, container["name"])
            else:
                self.kill_pod = True
                self.init.clear()
                self.held.clear()
            return False
        if current + 1 < len(init):
            self.want(self.init, init[current + 1]["name"])
            return False
        return True

    def _keep_sidecar(self, container: Tree) -> bool:
        """Start, restart or keep it; whether it is to be left alone."""
        name = container["name"]
        last = self._in_sandbox(name)
        if last is None or last.state is not ContainerState.RUNNING:
            self.want(self.init, name)
            return False
        message, probe = self._unfit(container, last, "Init container")
        if not message:
            return True
        self.kills.append(Kill(last.id, name, message, probe))
        self.init.append(name)
        return False

    def _unfit(self, container: Tree, last: Container, word: str) -> tuple[str, str]:
        """Why a running container cannot stay, and the probe that says so."""
        name = container["name"]
        probed = self.record.probed.get(last.id, NO_PROBES)
        kept = last.annotations.get(ANNOTATION_HASH)
        if kept and kept != definition_hash(container):
            return f"{word} {name} definition changed", ""
        if probed.liveness_failed:
            return f"{word} {name} failed liveness probe", "liveness"
        if probed.startup_failed:
            return f"{word} {name} failed startup probe", "startup"
        return "", ""

    # -- main containers -------------------------------------------------------------------------------------

    def main_containers(self) -> None:
        kept = 0
        for container in spec.main_containers(self.pod):
            name = container["name"]
            last = self.record.newest(name)
            if last is None or last.state is not ContainerState.RUNNING:
                ended = last is not None and last.state is ContainerState.EXITED
                if last is None or not ended or spec.restarts_after(self.pod, container, last.exit_code):
                    self.want(self.main, name)
                continue
            message, probe = self._unfit(container, last, "Container")
            if not message:
                kept += 1
                continue
            changed = message.endswith("definition changed")
            if changed or spec.restarts_after(self.pod, container, 1):
                message += ", will be restarted"
                self.main.append(name)
            self.kills.append(Kill(last.id, name, message, probe))
        waiting = {held.name for held in self.held} & {c["name"] for c in spec.main_containers(self.pod)}
        if not kept and not self.main and not waiting:
            self.kill_pod = True
            self.init.clear()
            self.held.clear()


def explain(step: PodPlan) -> Mapping[str, object]:
    """The parts of a plan that say something, for logs."""
    return {
        field.name: value
        for field in dataclasses.fields(step)
        if (value := getattr(step, field.name)) and field.name != "attempt"
    }
