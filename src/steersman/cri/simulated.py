"""A container runtime in memory: neither root nor Linux, thousands of pods in one process.

Sandboxes get addresses from a range, containers go created -> running -> exited as their `script.Script`
says, on the clock that is given: with a virtual clock nothing happens unless a test advances it.  Latencies
are zero unless asked for.  It refuses what containerd refuses (a sandbox's name taken twice, starting what
runs already), because a kubelet that gets away with such a thing here would fail there.

Not promised: isolation of any kind, files, real processes.  `exec` answers what `execute` (an argument)
says; its default knows a handful of commands.
"""

import asyncio
import collections
import dataclasses
import hashlib
import ipaddress
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from steersman.cri import logs, memory_logs, reference, script, simulated_streams
from steersman.cri import runtime as cri
from steersman.cri.script import Script
from steersman.kit.clock import Clock, Timer
from steersman.kit.entropy import Entropy

EVENTS_KEPT = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Latencies:
    """How long each step takes, in seconds."""

    sandbox: float = 0.0
    create: float = 0.0
    start: float = 0.0
    pull: float = 0.0


@dataclasses.dataclass(slots=True)
class _Sandbox:
    view: cri.Sandbox
    config: cri.SandboxConfig
    address: int | None  # taken from the range; None for the node's own network, and after stop
    containers: dict[str, None] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class _Container:
    view: cri.Container
    config: cri.ContainerConfig
    script: Script
    name: str
    resources: cri.Resources
    timer: Timer | None = None
    ended: asyncio.Event | None = None  # made when somebody waits


class SimulatedRuntime:
    def __init__(
        self,
        clock: Clock,
        entropy: Entropy,
        pod_range: str = "10.244.0.0/24",
        *,
        latencies: Latencies = Latencies(),
        write_logs: bool = False,
        choose: Callable[[cri.ContainerConfig, cri.SandboxConfig], Script] | None = None,
        execute: simulated_streams.Execute | None = None,
        pull: Callable[[str], str] | None = None,
        connect: Callable[[cri.Sandbox, int], Awaitable[cri.Tunnel]] | None = None,
    ) -> None:
        """`choose` replaces `script.choose`; `pull` gives why an image cannot be pulled, empty when it can;
        `connect` answers port-forwards, which are refused otherwise."""
        self.clock = clock
        self.logs_in_memory = memory_logs.MemoryLogs()
        """Logs of containers for which no directory was given, or `write_logs` is off."""
        self.images: dict[str, cri.ImageStatus] = {}
        self._entropy = entropy
        self._range = ipaddress.ip_network(pod_range)
        self._next_address = int(self._range.network_address) + 2  # the first is the bridge's
        self._free: collections.deque[int] = collections.deque()
        self._latencies = latencies
        self._write_logs = write_logs
        self._choose = choose or _choose
        self._execute = execute or simulated_streams.execute_words
        self._pull = pull or (lambda image: "")
        self._connect = connect
        self._sandboxes: dict[str, _Sandbox] = {}
        self._containers: dict[str, _Container] = {}
        self._names: dict[str, str] = {}
        self._listeners: set[asyncio.Queue[cri.RuntimeEvent | None]] = set()
        self._down = False

    # --- what a test does to it

    def kill(self, id: str, exit_code: int = 137, reason: str = "") -> None:
        """End a running container now, as if its process had died."""
        self._end(self._container(id), exit_code, reason)

    def go_down(self) -> None:
        """Answer nothing until `come_back`, as a runtime that has died."""
        self._down = True
        for queue in self._listeners:
            queue.put_nowait(None)

    def come_back(self) -> None:
        self._down = False

    def shut_down(self) -> None:
        """Forget everything and leave no timer behind."""
        for container in self._containers.values():
            if container.timer is not None:
                container.timer.cancel()
        self._containers.clear()
        self._sandboxes.clear()
        self._names.clear()

    # --- sandboxes

    async def version(self) -> cri.Version:
        self._check()
        return cri.Version("simulated", "1.0.0", "v1")

    async def run_sandbox(self, config: cri.SandboxConfig) -> str:
        self._check()
        if self._latencies.sandbox:
            await self.clock.sleep(self._latencies.sandbox)
        name = f"{config.name}_{config.namespace}_{config.uid}_{config.attempt}"
        if name in self._names:
            taken = self._names[name]
            raise cri.RuntimeFault(f'failed to reserve sandbox name "{name}": name "{name}" is reserved for "{taken}"')
        address = None if config.namespaces.host_network else self._take_address()
        id = self._entropy.secret(32).hex()
        self._names[name] = id
        view = cri.Sandbox(
            id=id,
            name=config.name,
            namespace=config.namespace,
            uid=config.uid,
            attempt=config.attempt,
            state=cri.SandboxState.READY,
            created_at=self.clock.now(),
            labels=config.labels,
            annotations=config.annotations,
            ips=() if address is None else (str(ipaddress.ip_address(address)),),
            network_path="",
            pid=1,
        )
        self._sandboxes[id] = _Sandbox(view, config, address)
        self._tell(cri.EventKind.STARTED, id)
        return id

    async def stop_sandbox(self, id: str) -> None:
        self._check()
        sandbox = self._sandboxes.get(id)
        if sandbox is None or sandbox.view.state is cri.SandboxState.NOT_READY:
            return
        for container_id in sandbox.containers:
            self._end(self._containers[container_id], 137)
        if sandbox.address is not None:
            self._free.append(sandbox.address)
            sandbox.address = None
        sandbox.view = dataclasses.replace(sandbox.view, state=cri.SandboxState.NOT_READY)
        self._tell(cri.EventKind.EXITED, id)

    async def remove_sandbox(self, id: str) -> None:
        self._check()
        sandbox = self._sandboxes.get(id)
        if sandbox is None:
            return
        await self.stop_sandbox(id)
        for container_id in list(sandbox.containers):
            await self.remove_container(container_id)
        del self._sandboxes[id]
        view = sandbox.view
        self._names.pop(f"{view.name}_{view.namespace}_{view.uid}_{view.attempt}", None)
        self._tell(cri.EventKind.DELETED, id)

    async def sandbox_status(self, id: str) -> cri.Sandbox:
        self._check()
        if id not in self._sandboxes:
            raise cri.NotFound(f'an error occurred when try to find sandbox: "{id}": not found')
        return self._sandboxes[id].view

    async def list_sandboxes(self) -> Sequence[cri.Sandbox]:
        self._check()
        return [sandbox.view for sandbox in self._sandboxes.values()]

    # --- containers

    async def create_container(self, sandbox_id: str, config: cri.ContainerConfig, sandbox: cri.SandboxConfig) -> str:
        self._check()
        if self._latencies.create:
            await self.clock.sleep(self._latencies.create)
        owner = self._sandboxes.get(sandbox_id)
        if owner is None:
            raise cri.NotFound(f'failed to find sandbox id "{sandbox_id}": not found')
        if owner.view.state is not cri.SandboxState.READY:
            raise cri.RuntimeFault(f'sandbox "{sandbox_id}" is not running')
        image = self._image(config.image)
        if image is None:
            raise cri.NotFound(f'failed to get image from containerd "{config.image}": image not found')
        name = f"{config.name}_{sandbox.name}_{sandbox.namespace}_{sandbox.uid}_{config.attempt}"
        if name in self._names:
            taken = self._names[name]
            raise cri.RuntimeFault(
                f'failed to reserve container name "{name}": name "{name}" is reserved for "{taken}"'
            )
        try:
            chosen = self._choose(config, owner.config)
        except (ValueError, TypeError) as error:
            raise cri.RuntimeFault(str(error)) from error
        id = self._entropy.secret(32).hex()
        self._names[name] = id
        if self._write_logs and config.log_path and owner.config.log_directory:
            log_path = f"{owner.config.log_directory}/{config.log_path}"
        else:
            log_path = self.logs_in_memory.path(id)
        view = cri.Container(
            id=id,
            sandbox_id=sandbox_id,
            name=config.name,
            attempt=config.attempt,
            image=config.image,
            image_id=image.id,
            state=cri.ContainerState.CREATED,
            created_at=self.clock.now(),
            started_at=0.0,
            finished_at=0.0,
            exit_code=0,
            reason="",
            message="",
            labels=config.labels,
            annotations=config.annotations,
            log_path=log_path,
        )
        self._containers[id] = _Container(view, config, chosen, name, config.resources)
        owner.containers[id] = None
        return id

    async def start_container(self, id: str) -> None:
        self._check()
        if self._latencies.start:
            await self.clock.sleep(self._latencies.start)
        container = self._container(id)
        if container.view.state is not cri.ContainerState.CREATED:
            raise cri.RuntimeFault(f'container "{id}" is not in created state')
        if container.script.start_fault:
            now = self.clock.now()
            container.view = dataclasses.replace(
                container.view,
                state=cri.ContainerState.EXITED,
                finished_at=now,
                exit_code=128,
                reason="StartError",
                message=container.script.start_fault,
            )
            raise cri.RuntimeFault(container.script.start_fault)
        container.view = dataclasses.replace(
            container.view, state=cri.ContainerState.RUNNING, started_at=self.clock.now(), pid=1
        )
        self._log(container, container.script.output)
        self._tell(cri.EventKind.STARTED, id)
        seconds = container.script.run_seconds
        if seconds is not None:
            container.timer = self.clock.call_later(seconds, lambda: self._end_itself(container))

    def _end_itself(self, container: _Container) -> None:
        if container.script.oom:
            self._tell(cri.EventKind.OOM, container.view.id)
            self._end(container, 137, "OOMKilled")
        else:
            self._end(container, container.script.exit_code)

    async def stop_container(self, id: str, grace_seconds: float) -> None:
        self._check()
        container = self._containers.get(id)
        if container is None or container.view.state is not cri.ContainerState.RUNNING:
            return
        if container.script.stop_seconds > 0 and grace_seconds > 0:
            if container.ended is None:
                container.ended = asyncio.Event()
            code = container.script.stop_code if container.script.stop_seconds <= grace_seconds else 137
            timer = self.clock.call_later(
                min(container.script.stop_seconds, grace_seconds), lambda: self._end(container, code)
            )
            try:
                await container.ended.wait()
            finally:
                timer.cancel()
        else:
            killed = grace_seconds <= 0 or container.script.stop_seconds > 0
            self._end(container, 137 if killed else container.script.stop_code)

    async def remove_container(self, id: str) -> None:
        self._check()
        container = self._containers.get(id)
        if container is None:
            return
        self._end(container, 137)
        del self._containers[id]
        self._names.pop(container.name, None)
        self.logs_in_memory.forget(container.view.log_path)
        owner = self._sandboxes.get(container.view.sandbox_id)
        if owner is not None:
            owner.containers.pop(id, None)
        self._tell(cri.EventKind.DELETED, id)

    async def container_status(self, id: str) -> cri.Container:
        self._check()
        return self._container(id).view

    async def list_containers(self) -> Sequence[cri.Container]:
        self._check()
        return [container.view for container in self._containers.values()]

    async def update_resources(self, id: str, resources: cri.Resources) -> None:
        self._check()
        self._container(id).resources = resources

    async def reopen_log(self, id: str) -> None:
        self._check()
        container = self._container(id)
        if not container.view.log_path.startswith(memory_logs.PREFIX):
            pathlib.Path(container.view.log_path).touch()

    def write(self, id: str, text: str) -> None:
        """Let a container print (a test's helper)."""
        self._log(self._container(id), text)

    # --- streams

    async def exec_sync(self, id: str, command: Sequence[str], timeout_seconds: float) -> cri.ExecResult:
        self._check()
        container = self._running(id)
        try:
            async with self.clock.timeout(timeout_seconds or None):
                return await self._execute(container.view, command, b"")
        except TimeoutError as error:
            raise cri.ExecTimeout(f"command {_quoted(command)} timed out") from error

    async def exec(self, id: str, command: Sequence[str], *, stdin: bool, tty: bool) -> cri.Process:
        self._check()
        return simulated_streams.ExecProcess(self._execute, self._running(id).view, command, stdin)

    async def attach(self, id: str) -> cri.Process:
        self._check()
        container = self._running(id)
        if container.ended is None:
            container.ended = asyncio.Event()
        return simulated_streams.AttachedProcess(container.ended, lambda: container.view.exit_code)

    async def connect(self, sandbox_id: str, port: int) -> cri.Tunnel:
        sandbox = await self.sandbox_status(sandbox_id)
        if self._connect is None:
            raise ConnectionRefusedError(f"nothing listens on port {port} of the simulated pod {sandbox.name}")
        return await self._connect(sandbox, port)

    # --- images

    async def pull_image(self, image: str, credentials: cri.Credentials | None = None) -> str:
        self._check()
        try:
            name = reference.normal(image)
        except ValueError as error:
            raise cri.ImagePullFault(f'failed to parse image reference "{image}": {error}') from error
        if self._latencies.pull:
            await self.clock.sleep(self._latencies.pull)
        refused = self._pull(image)
        if refused:
            raise cri.ImagePullFault(refused)
        return self.add_image(name)

    def add_image(self, name: str, size: int = 1_000_000) -> str:
        """An image that is there without a pull; returns its id."""
        name = reference.normal(name)
        digest = "sha256:" + hashlib.sha256(name.encode()).hexdigest()
        repository = str(reference.parse(name).repository)
        self.images[name] = cri.ImageStatus(digest, (name,), (f"{repository}@{digest}",), size)
        return digest

    async def image_status(self, image: str) -> cri.ImageStatus | None:
        self._check()
        return self._image(image)

    async def list_images(self) -> Sequence[cri.ImageStatus]:
        self._check()
        return list(self.images.values())

    async def remove_image(self, image: str) -> None:
        self._check()
        found = self._image(image)
        if found is not None:
            for tag in found.tags:
                self.images.pop(tag, None)

    async def load_image(self, path: str) -> Sequence[str]:
        from steersman.cri import archive

        self._check()
        names = [reference.normal(name) for name in archive.names(pathlib.Path(path))]
        for name in names:
            self.add_image(name)
        return names

    # --- figures and events

    async def stats(self) -> Sequence[cri.ContainerStats]:
        self._check()
        now = self.clock.now()
        return [
            cri.ContainerStats(
                id,
                int((now - container.view.started_at) * container.script.cpu_cores * 1e9),
                container.script.memory_bytes,
                now,
            )
            for id, container in self._containers.items()
            if container.view.state is cri.ContainerState.RUNNING
        ]

    async def events(self) -> AsyncIterator[cri.RuntimeEvent]:
        self._check()
        queue: asyncio.Queue[cri.RuntimeEvent | None] = asyncio.Queue(EVENTS_KEPT)
        self._listeners.add(queue)
        try:
            while True:
                event = await queue.get()
                if event is None:
                    raise cri.Unreachable("the simulated runtime is down")
                yield event
        finally:
            self._listeners.discard(queue)

    async def close(self) -> None:
        """Containers run on: another kubelet may take this runtime over."""

    # --- within

    def _check(self) -> None:
        if self._down:
            raise cri.Unreachable("the simulated runtime is down")

    def _container(self, id: str) -> _Container:
        container = self._containers.get(id)
        if container is None:
            raise cri.NotFound(f'an error occurred when try to find container "{id}": not found')
        return container

    def _running(self, id: str) -> _Container:
        container = self._container(id)
        if container.view.state is not cri.ContainerState.RUNNING:
            state = container.view.state.value.upper()
            raise cri.RuntimeFault(f"container is in CONTAINER_{state} state")
        return container

    def _image(self, image: str) -> cri.ImageStatus | None:
        if image in self.images:
            return self.images[image]
        if reference.is_id(image):
            return next((status for status in self.images.values() if status.id.endswith(image)), None)
        try:
            return self.images.get(reference.normal(image))
        except ValueError:
            return None

    def _take_address(self) -> int:
        last = int(self._range.broadcast_address) - (1 if self._range.version == 4 else 0)
        if self._next_address <= last:
            self._next_address += 1
            return self._next_address - 1
        if self._free:
            return self._free.popleft()
        raise cri.RuntimeFault(f"failed to allocate for range 0: no IP addresses available in range set: {self._range}")

    def _end(self, container: _Container, exit_code: int, reason: str = "") -> None:
        if container.view.state is not cri.ContainerState.RUNNING:
            return
        if container.timer is not None:
            container.timer.cancel()
            container.timer = None
        container.view = dataclasses.replace(
            container.view,
            state=cri.ContainerState.EXITED,
            finished_at=self.clock.now(),
            exit_code=exit_code,
            reason=reason or ("Completed" if exit_code == 0 else "Error"),
            pid=0,
        )
        if container.ended is not None:
            container.ended.set()
        self._tell(cri.EventKind.EXITED, container.view.id, exit_code)

    def _tell(self, kind: cri.EventKind, id: str, exit_code: int = 0) -> None:
        if not self._listeners or self._down:
            return
        event = cri.RuntimeEvent(kind, id, exit_code)
        for queue in self._listeners:
            if not queue.full():  # events are hints and may be lost
                queue.put_nowait(event)

    def _log(self, container: _Container, text: str) -> None:
        if not text:
            return
        data = b"".join(logs.line(self.clock.now(), "stdout", line.encode()) for line in text.splitlines())
        name = container.view.log_path
        if name.startswith(memory_logs.PREFIX):
            self.logs_in_memory.write(name, data)
            return
        path = pathlib.Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(data)


def _choose(config: cri.ContainerConfig, sandbox: cri.SandboxConfig) -> Script:
    return script.choose(config.name, sandbox.annotations, [*config.command, *config.args])


def _quoted(command: Sequence[str]) -> str:
    return '"' + " ".join(command) + '"'
