"""What the runtime has, pod by pod, kept up to date from three sides.

Who acts on a container looks at it afterwards (`look`); the runtime's events are looked after as they come;
and every few seconds everything is listed, because events may be lost.  `on_change` is called with a pod's uid
when something of it is different from what was known, so a worker is not woken by what it did itself.

A listing that was begun before a look does not undo it.  Once a look has failed with NotFound the thing is
gone.
"""

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterable, Sequence

from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet.pods.record import LABEL_POD_UID

log = logging.getLogger(__name__)

EVENT_PAUSE = 1.0
SETTLE = (0.01, 0.02, 0.05, 0.1)
"""When to look again at a container whose end was told but does not show yet."""
FAULT_PERIOD = 1.0
"""How often a runtime that does not answer is asked again."""


@dataclasses.dataclass(slots=True)
class PodView:
    sandboxes: dict[str, cri.Sandbox] = dataclasses.field(default_factory=dict)
    containers: dict[str, cri.Container] = dataclasses.field(default_factory=dict)

    def newest_sandboxes(self) -> list[cri.Sandbox]:
        return sorted(self.sandboxes.values(), key=lambda s: (s.attempt, s.created_at), reverse=True)


class RuntimeView:
    def __init__(
        self,
        runtime: cri.ContainerRuntime,
        clock: Clock,
        on_change: Callable[[str], None],
        last_words: Callable[[cri.Container], cri.Container] = lambda container: container,
    ) -> None:
        """`last_words` completes a container that has ended with its termination message."""
        self.pods: dict[str, PodView] = {}
        self.fault = "container runtime status check may not have completed yet"
        """Why the runtime cannot be used now; empty when it answers."""
        self.on_fault: Callable[[], None] = lambda: None
        """Called when `fault` comes or goes."""
        self._runtime = runtime
        self._clock = clock
        self._on_change = on_change
        self._last_words = last_words
        self._owner: dict[str, str] = {}
        self._turn = 0
        self._looked: dict[str, int] = {}

    def pod(self, uid: str) -> PodView:
        return self.pods.get(uid) or PodView()

    # -- one thing -------------------------------------------------------------------------------------------

    async def look_container(self, id: str) -> cri.Container | None:
        """Ask for one container; None when it is gone.  Tells nobody: the caller is who acted."""
        try:
            found = await self._runtime.container_status(id)
        except cri.NotFound:
            self._drop(id)
            return None
        self._put_container(found)
        return found

    async def look_sandbox(self, id: str) -> cri.Sandbox | None:
        try:
            found = await self._runtime.sandbox_status(id)
        except cri.NotFound:
            self._drop(id)
            return None
        self._put_sandbox(found)
        return found

    def gone(self, id: str) -> None:
        """The caller has removed it."""
        self._drop(id)

    def _put_container(self, found: cri.Container) -> bool:
        uid = found.labels.get(LABEL_POD_UID, "")
        if found.state is cri.ContainerState.EXITED:
            found = self._last_words(found)
        pod = self.pods.setdefault(uid, PodView())
        before = pod.containers.get(found.id)
        pod.containers[found.id] = found
        self._owner[found.id] = uid
        self._looked[found.id] = self._turn
        return before is None or before.state is not found.state

    def _put_sandbox(self, found: cri.Sandbox) -> bool:
        uid = found.uid or found.labels.get(LABEL_POD_UID, "")
        pod = self.pods.setdefault(uid, PodView())
        before = pod.sandboxes.get(found.id)
        pod.sandboxes[found.id] = found
        self._owner[found.id] = uid
        self._looked[found.id] = self._turn
        return before is None or before.state is not found.state

    def _drop(self, id: str) -> str | None:
        """Forget a thing; the uid of its pod, where it was known."""
        uid = self._owner.pop(id, None)
        self._looked.pop(id, None)
        if uid is None:
            return None
        pod = self.pods[uid]
        pod.containers.pop(id, None)
        pod.sandboxes.pop(id, None)
        if not pod.containers and not pod.sandboxes:
            del self.pods[uid]
        return uid

    # -- everything ------------------------------------------------------------------------------------------

    async def relist(self) -> None:
        """Compare with what the runtime has.  Raises RuntimeFault when it does not answer."""
        self._turn += 1
        turn = self._turn
        try:
            sandboxes = await self._runtime.list_sandboxes()
            containers = await self._runtime.list_containers()
        except cri.RuntimeFault as error:
            self._set_fault(f"container runtime is down: {error}")
            raise
        self._set_fault("")
        changed: set[str] = set()
        present: set[str] = set()
        for sandbox in sandboxes:
            present.add(sandbox.id)
            known = self._known_sandbox(sandbox.id)
            if known is None or known.state is not sandbox.state:
                before = self._owner.get(sandbox.id)
                found = await self.look_sandbox(sandbox.id)
                changed.add(found.uid if found is not None else before or sandbox.uid)
        for container in containers:
            present.add(container.id)
            seen = self._known_container(container.id)
            if seen is None or seen.state is not container.state:
                with contextlib.suppress(cri.NotFound):
                    await self.look_container(container.id)
                changed.add(container.labels.get(LABEL_POD_UID, ""))
        for id in [id for id in self._owner if id not in present and self._looked.get(id, 0) < turn]:
            uid = self._drop(id)
            if uid is not None:
                changed.add(uid)
        self._tell(changed)

    def _set_fault(self, fault: str) -> None:
        changed = bool(self.fault) != bool(fault)
        self.fault = fault
        if changed:
            self.on_fault()

    def _known_container(self, id: str) -> cri.Container | None:
        uid = self._owner.get(id)
        return self.pods[uid].containers.get(id) if uid is not None and uid in self.pods else None

    def _known_sandbox(self, id: str) -> cri.Sandbox | None:
        uid = self._owner.get(id)
        return self.pods[uid].sandboxes.get(id) if uid is not None and uid in self.pods else None

    async def relist_forever(self, period: float) -> None:
        while True:
            try:
                await self.relist()
            except cri.RuntimeFault as error:
                log.debug("the runtime could not be listed: %s", error)
            await self._clock.sleep(min(period, FAULT_PERIOD) if self.fault else period)

    async def follow_events(self) -> None:
        """Look at whatever the runtime says has changed."""
        while True:
            try:
                async for event in self._runtime.events():
                    await self._take(event)
            except cri.RuntimeFault as error:
                log.debug("the runtime's events ended: %s", error)
            await self._clock.sleep(EVENT_PAUSE)

    async def _take(self, event: cri.RuntimeEvent) -> None:
        known = self._known_container(event.id)
        if known is not None:
            # `DELETED` may mean no more than that the runtime has let go of the process; a removal that was not
            # ours shows in the next listing.
            ended = event.kind in (cri.EventKind.EXITED, cri.EventKind.DELETED)
            if ended and known.state is cri.ContainerState.EXITED:
                return
            if event.kind is cri.EventKind.STARTED and known.state is not cri.ContainerState.CREATED:
                return
            found = await self.look_container(event.id)
            for pause in SETTLE:
                # containerd tells of an end a moment before its own CRI knows of it.
                if not ended or found is None or found.state is not known.state:
                    break
                await self._clock.sleep(pause)
                found = await self.look_container(event.id)
            if found is None or found.state is not known.state:
                self._tell((self._owner.get(event.id) or known.labels.get(LABEL_POD_UID, ""),))
            return
        sandbox = self._known_sandbox(event.id)
        if sandbox is not None and event.kind in (cri.EventKind.EXITED, cri.EventKind.DELETED):
            again = await self.look_sandbox(event.id)
            if again is None or again.state is not sandbox.state:
                self._tell((sandbox.uid,))
        # Of what is not known nothing is told: its maker looks at it, or the next listing finds it.

    def _tell(self, uids: Iterable[str]) -> None:
        for uid in uids:
            self._on_change(uid)

    def uids(self) -> Sequence[str]:
        return list(self.pods)
