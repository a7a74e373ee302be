"""One pod's worker: looks, reports, decides, does one step, and looks again.

A worker is serial: one step at a time, however often it is woken meanwhile.  Workers of different pods run side
by side.  It has three stages, and never goes back:

    running      the pod should run; `plan` says how
    ending       it was deleted, has had its run, or its deadline has passed: containers are stopped in their grace
    ended        nothing runs; what is left is the record, until the object is deleted

A step that takes long (a pull, a hook) is broken off when the pod is deleted, and a stop when its grace is
shortened.  The status that is reported is made before each step, as the reference does; so a container that has
just crashed shows how it ended, and CrashLoopBackOff appears when the worker looks again during a longer wait.
"""

import asyncio
import enum
import logging
from collections.abc import Callable, Sequence

from steersman.api.semantics import stamps
from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kit.clock import Timer
from steersman.kubelet.containers import configs
from steersman.kubelet.pods import admit, ending, plan, resize, sandboxes, spec, start, status
from steersman.kubelet.pods.plan import PodPlan
from steersman.kubelet.pods.record import PodRecord, by_name
from steersman.kubelet.pods.restarts import Restarts, next_attempt
from steersman.kubelet.pods.room import Room
from steersman.kubelet.probes import rules
from steersman.kubelet.tell import NORMAL, WARNING
from steersman.kubelet.volumes.manager import NotMounted

log = logging.getLogger(__name__)

UNREACHABLE = 2.0
DELETE_RETRY = 2.0
STEPS = 50
"""More steps than this without a pause mean that a step does not do what its plan says."""
STEPS_PAUSE = 1.0


class Stage(enum.Enum):
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"
    GONE = "gone"


class PodWorker:
    def __init__(self, room: Room, pod: Tree, on_gone: Callable[["PodWorker"], None]) -> None:
        self.pod = pod
        self.uid = spec.uid(pod)
        self.stage = Stage.RUNNING
        self.removed = False
        """Whether the object is gone from where it came from."""
        self._room = room
        self._on_gone = on_gone
        self._restarts = Restarts()
        self._verdict: status.Verdict | None = None
        self._rejected = False
        self.admitted = False
        self._refresh = False
        self._resizes = resize.Resizes()
        self._probed = any(rules.has_probes(c) for _, c in spec.all_containers(pod))
        self._dirty = False
        self._running = False
        self._timer: Timer | None = None
        self._step: asyncio.Task[float | None] | None = None

    # -- from outside ----------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Look again soon."""
        self._dirty = True
        if self._running or self.stage is Stage.GONE:
            return
        self._running = True
        self._cancel_timer()
        try:
            self._room.tasks.spawn(self._run(), f"pod {spec.namespace(self.pod)}/{spec.name(self.pod)}")
        except RuntimeError:
            self._running = False  # the kubelet closes

    def update(self, pod: Tree) -> None:
        """The pod as it should be now; the caller wakes."""
        grace = spec.grace_seconds(self.pod) if spec.is_deleting(self.pod) else None
        self.pod = pod
        self._refresh = True
        if (self.stage is Stage.RUNNING and spec.is_deleting(pod)) or (
            self.stage is Stage.ENDING and spec.is_deleting(pod) and (grace is None or spec.grace_seconds(pod) < grace)
        ):
            self._interrupt()

    def remove(self) -> None:
        """The object is gone: end whatever runs."""
        if self.removed:
            return
        self.removed = True
        if self.stage in (Stage.RUNNING, Stage.ENDING):
            self._interrupt()
        self.wake()

    def refresh(self) -> None:
        """Something that the pod refers to has changed."""
        self._refresh = True
        if self._room.volumes is not None:
            self._room.volumes.hurry(self.uid)
        self.wake()

    def close(self) -> None:
        self._cancel_timer()

    def record(self) -> PodRecord:
        """What is known now."""
        view = self._room.view.pod(self.uid)
        return PodRecord(
            sandboxes=view.newest_sandboxes(),
            containers=by_name(view.containers.values()),
            probed=self._room.probes.probed(self.uid) if self._probed else {},
            reasons=self._restarts.reasons(self._room.clock.now()),
            backoffs=self._restarts.backoffs,
        )

    # -- the loop --------------------------------------------------------------------------------------------

    def _interrupt(self) -> None:
        if self._step is not None:
            self._step.cancel()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _run(self) -> None:
        delay: float | None = None
        steps = 0
        me = asyncio.current_task()
        try:
            while self._dirty and self.stage is not Stage.GONE:
                self._dirty = False
                self._step = asyncio.get_running_loop().create_task(self._sync())
                try:
                    delay = await self._step
                except asyncio.CancelledError:
                    if me is None or me.cancelling():
                        raise
                    self._dirty = True  # broken off because the pod ends
                except cri.Unreachable:
                    delay = UNREACHABLE
                except cri.RuntimeFault as error:
                    delay = self._failed(error)
                except Exception as error:
                    log.exception("%s cannot be handled", spec.full_name(self.pod))
                    self._room.faults.append(error)
                    delay = self._failed(error)
                if delay == 0:
                    steps += 1
                    self._dirty = steps < STEPS
        finally:
            self._step = None
            self._running = False
        if self.stage is not Stage.GONE and delay is not None:
            self._timer = self._room.clock.call_later(delay or STEPS_PAUSE, self.wake)

    def _failed(self, error: Exception) -> float:
        """Tell that a step has failed; when to try again."""
        log.warning("%s: %s", spec.full_name(self.pod), error)
        if self.stage is Stage.RUNNING:
            self._room.tell.pod(self.pod, WARNING, "FailedSync", f"error syncing pod: {error}")
        else:
            self._room.tell.pod(self.pod, WARNING, "FailedKillPod", f"error killing pod: {error}")
        return self._retry()

    def _retry(self) -> float:
        return self._room.config.retry_seconds * self._room.entropy.uniform(1.0, 1.5)

    def _resync(self) -> float:
        return self._room.config.sync_seconds * self._room.entropy.uniform(1.0, 1.5)

    async def _sync(self) -> float | None:
        """One look and at most one step.  The time until the next look: 0 at once, None when woken."""
        if self._rejected and not (self.removed or spec.is_deleting(self.pod)):
            return None
        if self.removed or spec.is_deleting(self.pod) or self.stage is not Stage.RUNNING:
            return await self._end()
        if spec.is_terminal(spec.api_phase(self.pod)):
            return await self._end()
        if not self.admitted and not await self._admit():
            return None
        return await self._keep()

    async def _admit(self) -> bool:
        if self.record().sandboxes:
            self.admitted = True  # it runs here already
            return True
        room = self._room
        labels = await room.labels() if self.pod["spec"].get("nodeSelector") else {}
        sysctls = tuple(room.config.allowed_sysctls)
        refusal = admit.refusal(self.pod, sysctls, labels, room.others(self.uid), room.allocatable)
        if refusal is None:
            self.admitted = True
            return True
        self._rejected = True
        self._room.tell.pod(self.pod, WARNING, refusal.reason, refusal.message)
        made = status.rejected(self.pod, refusal.reason, refusal.message, self._room.clock.now())
        self._room.statuses.put(self.pod, made)
        return False

    # -- a pod that should run -------------------------------------------------------------------------------

    async def _keep(self) -> float | None:
        room = self._room
        self._watch_probes(self.record())
        record = self.record()
        shown = self._report(record)
        left = self._deadline_left(shown)
        if left is not None and left <= 0:
            self._verdict = status.DEADLINE
            room.tell.pod(self.pod, NORMAL, status.DEADLINE.reason, status.DEADLINE.message)
            return await self._end()
        if spec.is_terminal(str(shown["phase"])):
            return await self._end()
        if self._refresh and room.volumes is not None and room.volumes.has_refreshed(self.pod):
            self._refresh = False
            await room.volumes.refresh(self.pod, room.facts(self.pod, self._ips(record)))
        await self._resizes.apply(room, self.pod, record)
        step = plan.plan(self.pod, record, room.clock.now())
        delay = await self._apply(step, record)
        if delay is None:
            self._refresh = True  # at the next unprompted look tokens are renewed
            delay = self._resync()
        return delay if left is None else max(min(delay, left), 0.001) if delay else delay

    def _deadline_left(self, shown: Tree) -> float | None:
        limit = self.pod["spec"].get("activeDeadlineSeconds")
        if limit is None:
            return None
        began = stamps.maybe(shown.get("startTime")) or self._room.clock.now()
        return began + float(limit) - self._room.clock.now()

    async def _apply(self, step: PodPlan, record: PodRecord) -> float | None:
        """Carry out one plan; the time until the next look."""
        room = self._room
        if not step.idle:
            log.debug("%s: %s", spec.full_name(self.pod), plan.explain(step))
        self._restarts.note_held(step, self.pod, room.tell, room.clock.now())
        if step.kill_pod:
            if step.create_sandbox and record.sandboxes:
                room.tell.pod(
                    self.pod, NORMAL, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created."
                )
            await ending.stop(room, self.pod, record, spec.grace_seconds(self.pod), self._ips(record))
            if not step.create_sandbox:
                return 0
        if step.kill:
            await self._kill(step, record)
            return 0
        names = [*step.start_ephemeral, *step.start_init, *step.start]
        if not names and not step.create_sandbox:
            return self._held_delay(step)
        facts = room.facts(self.pod, self._ips(record))
        volumes: dict[str, str] = {}
        if room.volumes is not None:
            try:
                volumes = dict(await room.volumes.mount(self.pod, facts))
            except NotMounted as error:
                return max(error.retry_at - room.clock.monotonic(), 0.01)
        config = configs.sandbox_config(room.config, self.pod, step.attempt, room.host_dns)
        sandbox = record.ready_sandbox
        if step.create_sandbox:
            sandbox = await sandboxes.make(room, self.pod, config)
            if sandbox is None:
                return self._retry()
            facts = room.facts(self.pod, sandbox.ips)
        if sandbox is None or not names:
            return 0
        faulty = await self._start_all(step, record, sandbox, config, volumes)
        await sandboxes.prune(room, self.pod, self.record())
        if not faulty:
            return 0
        after = self.record()
        self._report(after)
        ended = [newest for name in faulty if (newest := after.newest(name)) is not None]
        if any(newest.state is cri.ContainerState.EXITED for newest in ended):
            return 0  # a start that failed counts as a crash: its back-off, not ours, decides when it is tried again
        held = self._held_delay(step)
        return self._retry() if held is None else min(self._retry(), held)

    def _held_delay(self, step: PodPlan) -> float | None:
        if not step.held:
            return None
        first = min(held.until for held in step.held) - self._room.clock.now()
        return min(max(first, 0.01), self._room.config.sync_seconds)

    async def _kill(self, step: PodPlan, record: PodRecord) -> None:
        """End single containers that cannot stay."""
        room = self._room
        known = {c.id: c for c in record.running()}
        for kill in step.kill:
            running = known.get(kill.id)
            if running is None:
                continue
            grace = float(spec.grace_seconds(self.pod))
            found = spec.container_named(self.pod, kill.name)
            if kill.probe and found is not None:
                probe = rules.probe_of(found[1], kill.probe) or {}
                if probe.get("terminationGracePeriodSeconds") is not None:
                    grace = float(probe["terminationGracePeriodSeconds"])
            await room.lifecycle.stop(self.pod, running, kill.message, grace, self._ips(record))
            await room.view.look_container(kill.id)

    async def _start_all(
        self,
        step: PodPlan,
        record: PodRecord,
        sandbox: cri.Sandbox,
        config: cri.SandboxConfig,
        volumes: dict[str, str],
    ) -> list[str]:
        """Start what the plan names; the names of those that could not be."""
        room = self._room
        facts = room.facts(self.pod, sandbox.ips)
        faulty = []
        for name in (*step.start_ephemeral, *step.start_init, *step.start):
            found = spec.container_named(self.pod, name)
            if found is None:
                continue
            field, container = found
            last = record.newest(name)
            self._restarts.starting(name, last, room.clock.now())
            reported = room.statuses.known(self.uid) or self.pod.get("status") or {}
            attempt = next_attempt(field, name, last, reported)
            try:
                await start.start(room, self.pod, container, sandbox, config, attempt, facts, volumes)
            except start.StartFault as error:
                self._restarts.failed(name, error.reason, error.message)
                faulty.append(name)
                if field == "initContainers" and not spec.is_sidecar(container):
                    break
            else:
                self._restarts.started(name)
        return faulty

    # -- a pod that should end -------------------------------------------------------------------------------

    async def _end(self) -> float | None:
        room = self._room
        if self.stage is Stage.RUNNING:
            self.stage = Stage.ENDING
        if self.stage is Stage.ENDING:
            record = self.record()
            if record.running() and not self.removed:
                self._report(record)
                self._watch_probes(record, ending=True)
            await ending.stop(room, self.pod, record, self._grace(), self._ips(record))
            room.probes.forget(self.uid)
            if not self._rejected and not self.removed:
                self._report(self.record(), finished=True)
            self.stage = Stage.ENDED
        if not (self.removed or spec.is_deleting(self.pod)):
            await ending.tear_down(room, self.pod, whole=False)
            return None
        await ending.tear_down(room, self.pod, whole=True)
        if not self.removed and not spec.is_static(self.pod) and not await ending.delete_object(room, self.pod):
            return DELETE_RETRY
        await ending.remove_rest(room, self.pod)
        self.stage = Stage.GONE
        self._on_gone(self)
        return None

    def _grace(self) -> float:
        """How long the containers have."""
        if self.removed and not spec.is_deleting(self.pod) and not spec.is_static(self.pod):
            return 0.0
        return float(spec.grace_seconds(self.pod))

    # -- shared ----------------------------------------------------------------------------------------------

    def _ips(self, record: PodRecord) -> Sequence[str]:
        sandbox = record.ready_sandbox
        if spec.is_host_network(self.pod):
            return self._room.node.host_ips
        return sandbox.ips if sandbox is not None else ()

    def _watch_probes(self, record: PodRecord, *, ending: bool = False) -> None:
        if not self._probed:
            return
        newest = {name: attempts[0] for name, attempts in record.containers.items()}
        running = {name: c for name, c in newest.items() if c.state is cri.ContainerState.RUNNING}
        self._room.probes.watch(self.pod, running, self._ips(record), ending=ending)

    def _report(self, record: PodRecord, *, finished: bool = False) -> Tree:
        """Make the status of this moment and hand it to the writer."""
        room = self._room
        made = status.status(
            self.pod,
            record,
            room.node,
            room.clock.now(),
            before=room.statuses.known(self.uid),
            verdict=self._verdict,
            finished=finished,
        )
        room.statuses.put(self.pod, made)
        return made
