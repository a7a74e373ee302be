"""Hooks around a container's life, and its end: preStop, the stop signal, the grace.

The grace is one budget: what preStop takes is no longer left for the signal, but two seconds always are.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Any

from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kit.clock import Clock
from steersman.kubelet.pods import spec
from steersman.kubelet.probes import http
from steersman.kubelet.probes.connector import Connector
from steersman.kubelet.tell import NORMAL, WARNING, Teller

MINIMUM = 2.0


class HookFault(Exception):
    """A hook failed; the text says how, `kind` which one it was."""

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.kind = kind


class Lifecycle:
    def __init__(self, runtime: cri.ContainerRuntime, clock: Clock, tell: Teller, connector: Connector) -> None:
        self._runtime = runtime
        self._clock = clock
        self._tell = tell
        self._connector = connector

    async def post_start(self, pod: Tree, container: Tree, id: str, ips: Sequence[str]) -> None:
        """Run the postStart hook, where there is one.  Raises HookFault."""
        hook = (container.get("lifecycle") or {}).get("postStart")
        if not hook:
            return
        try:
            await self._hook(hook, container, id, ips, None)
        except HookFault as error:
            name = container["name"]
            self._tell.container(pod, name, WARNING, "FailedPostStartHook", "PostStartHook failed")
            raise HookFault(
                f'{error.kind} for Container "{name}" in Pod "{spec.full_name(pod)}" failed - {error}'
            ) from error

    async def stop(self, pod: Tree, running: cri.Container, message: str, grace: float, ips: Sequence[str]) -> None:
        """End one running container within its grace, and tell of it."""
        found = spec.container_named(pod, running.labels.get("io.kubernetes.container.name") or running.name)
        name = found[1]["name"] if found else running.name
        self._tell.container(pod, name, NORMAL, "Killing", message or f"Stopping container {name}")
        hook = (found[1].get("lifecycle") or {}).get("preStop") if found else None
        if hook and grace > 0:
            began = self._clock.monotonic()
            try:
                async with self._clock.timeout(grace):
                    await self._hook(hook, found[1] if found else {}, running.id, ips, grace)
            except TimeoutError:
                pass
            except HookFault:
                self._tell.container(pod, name, WARNING, "FailedPreStopHook", "PreStopHook failed")
            grace -= self._clock.monotonic() - began
        await self._runtime.stop_container(running.id, max(grace, MINIMUM))

    async def stop_all(
        self, pod: Tree, running: Sequence[cri.Container], grace: float, ips: Sequence[str], message: str = ""
    ) -> None:
        """End the containers of a pod: main ones side by side, then sidecars, the last one first."""
        sidecars = [c["name"] for c in spec.init_containers(pod) if spec.is_sidecar(c)]
        first = [c for c in running if c.name not in sidecars]
        began = self._clock.monotonic()
        await _together([self.stop(pod, c, message, grace, ips) for c in first])
        for name in reversed(sidecars):
            for container in running:
                if container.name == name:
                    left = max(grace - (self._clock.monotonic() - began), 0.0)
                    await self.stop(pod, container, message, left, ips)

    async def _hook(self, hook: Tree, container: Tree, id: str, ips: Sequence[str], limit: float | None) -> None:
        if hook.get("exec"):
            await self._exec(hook["exec"].get("command") or (), id, limit)
        elif hook.get("sleep"):
            await self._clock.sleep(float(hook["sleep"].get("seconds") or 0))
        elif hook.get("httpGet"):
            await self._http(hook["httpGet"], container, ips)

    async def _exec(self, command: Sequence[str], id: str, limit: float | None) -> None:
        words = " ".join(command)
        kind = f"Exec lifecycle hook ([{words}])"
        try:
            result = await self._runtime.exec_sync(id, command, limit or 0)
        except cri.RuntimeFault as error:
            raise HookFault(f'error: {error}, message: ""', kind) from error
        if result.exit_code:
            said = result.stderr.decode(errors="replace")
            output = json.dumps((result.stdout + result.stderr).decode(errors="replace"))
            why = f"error: command '{words}' exited with {result.exit_code}: {said}, message: {output}"
            raise HookFault(why, kind)

    async def _http(self, action: Tree, container: Tree, ips: Sequence[str]) -> None:
        kind = f"HTTP lifecycle hook ({action.get('path') or ''})"
        try:
            answer = await http.fetch(self._connector, http.request_of(action, container, ips[0] if ips else ""))
        except (OSError, http.HttpFault, http.BadPort) as error:
            raise HookFault(f"error: {error}", kind) from error
        if not 200 <= answer.status < 400:
            raise HookFault(f"error: HTTP hook failed with statuscode: {answer.status}", kind)


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """All side by side; the first fault is raised when all have ended."""
    if len(work) == 1:
        await work[0]
        return
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result
