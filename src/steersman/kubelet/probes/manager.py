"""Probes on time: one small task for each probe of each running container.

A worker ends by itself when its container is no longer the pod's newest running one (`watch` says which are).
Verdicts are kept by container id; `on_change` is called with the pod's uid when one changes.  While a pod ends
only readiness is still asked for.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence

from steersman.api.tree import Tree
from steersman.cri.runtime import Container
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.record import Probed
from steersman.kubelet.probes import rules
from steersman.kubelet.probes.ask import Asker
from steersman.kubelet.probes.rules import Outcome
from steersman.kubelet.tell import WARNING, Teller

FIRST_DELAY = 1.0
"""A process needs a moment before it listens; asked sooner, it would be told unhealthy and asked again only a
period later.  (The reference's first question comes as late, when it has noticed that the container runs.)"""


@dataclasses.dataclass(slots=True)
class _Target:
    """One container that is probed."""

    uid: str
    pod: Tree
    container: Tree
    id: str
    started_at: float
    ips: Sequence[str]
    states: dict[str, rules.State]
    tasks: dict[str, asyncio.Task[None]]


class Probes:
    def __init__(
        self,
        asker: Asker,
        clock: Clock,
        tasks: TaskGroup,
        tell: Teller,
        on_change: Callable[[str], None],
    ) -> None:
        self._asker = asker
        self._clock = clock
        self._tasks = tasks
        self._tell = tell
        self._on_change = on_change
        self._targets: dict[str, _Target] = {}
        self._by_pod: dict[str, set[str]] = {}

    def watch(self, pod: Tree, running: Mapping[str, Container], ips: Sequence[str], *, ending: bool = False) -> None:
        """Probe these containers (by name) of the pod, and no others of it."""
        uid = spec.uid(pod)
        wanted: dict[str, tuple[Tree, Container]] = {}
        for field in ("initContainers", "containers"):
            for container in pod["spec"].get(field) or ():
                found = running.get(container["name"])
                if found is None or not rules.has_probes(container):
                    continue
                if field == "initContainers" and not spec.is_sidecar(container):
                    continue
                wanted[found.id] = (container, found)
        for id in self._by_pod.get(uid, set()) - set(wanted):
            self._drop(id)
        for id, (container, found) in wanted.items():
            if id not in self._targets:
                self._begin(uid, pod, container, found, ips)
            target = self._targets[id]
            target.ips = ips
            if ending:
                for kind in (rules.STARTUP, rules.LIVENESS):
                    task = target.tasks.pop(kind, None)
                    if task is not None:
                        task.cancel()

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        for id in self._by_pod.pop(uid, set()):
            self._drop(id)

    def probed(self, uid: str) -> dict[str, Probed]:
        """The verdicts on the pod's containers, by container id."""
        return {id: self._verdict(self._targets[id]) for id in self._by_pod.get(uid, ())}

    def _verdict(self, target: _Target) -> Probed:
        def of(kind: str) -> Outcome | None:
            state = target.states.get(kind)
            return state.verdict if state else None

        startup = of(rules.STARTUP)
        return Probed(
            started=startup in (None, Outcome.SUCCESS),
            ready=of(rules.READINESS) in (None, Outcome.SUCCESS),
            startup_failed=startup is Outcome.FAILURE,
            liveness_failed=of(rules.LIVENESS) is Outcome.FAILURE,
        )

    def _begin(self, uid: str, pod: Tree, container: Tree, found: Container, ips: Sequence[str]) -> None:
        kinds = [kind for kind in rules.KINDS if rules.probe_of(container, kind)]
        states = {kind: rules.initial(kind) for kind in kinds}
        reported = _reported(pod, container["name"], found.id)
        if rules.STARTUP in kinds and reported.get("started"):
            states[rules.STARTUP] = rules.State(Outcome.SUCCESS)
        if rules.READINESS in kinds and reported.get("ready"):
            states[rules.READINESS] = rules.State(Outcome.SUCCESS)
        target = _Target(uid, pod, container, found.id, found.started_at, ips, states, {})
        self._targets[found.id] = target
        self._by_pod.setdefault(uid, set()).add(found.id)
        first = rules.STARTUP if rules.STARTUP in kinds and not reported.get("started") else ""
        for kind in kinds:
            if kind == first or (not first and kind != rules.STARTUP):
                self._spawn(target, kind)

    def _spawn(self, target: _Target, kind: str) -> None:
        name = f"{kind} probe {spec.namespace(target.pod)}/{spec.name(target.pod)}/{target.container['name']}"
        target.tasks[kind] = self._tasks.spawn(self._work(target, kind), name)

    def _drop(self, id: str) -> None:
        target = self._targets.pop(id, None)
        if target is None:
            return
        ids = self._by_pod.get(target.uid)
        if ids is not None:
            ids.discard(id)
            if not ids:
                del self._by_pod[target.uid]
        for task in target.tasks.values():
            task.cancel()

    async def _work(self, target: _Target, kind: str) -> None:
        """Ask, wait a period, ask again; a failed startup or liveness probe has said all it can."""
        probe = rules.probe_of(target.container, kind)
        assert probe is not None
        limits = rules.timing(probe)
        # A container that started in the future did so before the clock was set back: just now, for all we know.
        age = max(self._clock.now() - target.started_at, 0.0)
        await self._clock.sleep(max(limits.initial_delay, FIRST_DELAY) - age)
        while True:
            began = self._clock.monotonic()
            outcome, text = await self._asker.ask(probe, target.container, target.id, target.ips, limits.timeout)
            if self._targets.get(target.id) is not target:
                return
            self._say(target, kind, outcome, text)
            before = target.states[kind]
            state = target.states[kind] = rules.after(before, outcome, limits)
            if state.verdict is not before.verdict:
                self._on_change(target.uid)
            if kind == rules.STARTUP and state.verdict is Outcome.SUCCESS:
                for other in target.states:
                    if other != rules.STARTUP:
                        self._spawn(target, other)
                return
            if kind != rules.READINESS and state.verdict is Outcome.FAILURE:
                return
            await self._clock.sleep(max(limits.period - (self._clock.monotonic() - began), 0.0))

    def _say(self, target: _Target, kind: str, outcome: Outcome, text: str) -> None:
        if outcome is Outcome.SUCCESS:
            return
        word = kind.capitalize()
        if outcome is Outcome.WARNING:
            message = f"{word} probe warning: {text}"
            self._tell.container(target.pod, target.container["name"], WARNING, "ProbeWarning", message)
            return
        message = f"{word} probe failed: {text}"
        if outcome is Outcome.UNKNOWN:
            message = f"{word} probe errored and resulted in unknown state: {text}"
        self._tell.container(target.pod, target.container["name"], WARNING, "Unhealthy", message)


def _reported(pod: Tree, name: str, id: str) -> Tree:
    """What was reported of this very container, by a kubelet before a restart; empty where nothing was."""
    status = pod.get("status") or {}
    for key in ("initContainerStatuses", "containerStatuses"):
        for one in status.get(key) or ():
            if one.get("name") == name and str(one.get("containerID") or "").endswith(f"//{id}"):
                found: Tree = one
                return found
    return {}
