"""`ContainerRuntime` over a containerd: CRI by gRPC, its own services for exec and events.

Made for one node's private daemon (`daemon.Daemon`), which must answer.  Everything is asked anew: nothing
is remembered here but connections, so another instance after a restart sees all there is.
"""

import dataclasses
import json
import pathlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from cri_api.v1 import api_pb2 as pb

from steersman.cri import reference
from steersman.cri import runtime as cri
from steersman.cri.containerd import attach, convert, events, images, streams, tunnel
from steersman.cri.containerd.connection import Connection
from steersman.cri.containerd.daemon import Daemon
from steersman.kit.clock import Clock
from steersman.kit.entropy import Entropy
from steersman.kit.tasks import TaskGroup

MAX_EXEC_OUTPUT = 16 << 20

KILLED = 128 + 9
OOM_SETTLES = (0.02, 0.05, 0.1)
"""When to ask again why a container was killed."""


class ContainerdRuntime:
    def __init__(self, daemon: Daemon, clock: Clock, entropy: Entropy, tasks: TaskGroup) -> None:
        """`tasks` owns what pumps the streams of exec and attach."""
        self._place = daemon.place
        self._socket = daemon.socket
        self._clock = clock
        self._entropy = entropy
        self._tasks = tasks
        self._connection = Connection(daemon.socket, clock)
        self._cgroup = "/" + daemon.place.cgroup.strip("/")
        self._snapshotter = daemon.snapshotter
        self._network = daemon.place.network

    async def prepare(self) -> None:
        """Have the image that sandboxes need.  Once after the daemon has started."""
        await images.ensure_pause(self._connection, self._socket, self._place.directory, self._snapshotter)

    async def version(self) -> cri.Version:
        answer = await self._ask("Version", pb.VersionRequest(), pb.VersionResponse)
        return cri.Version(answer.runtime_name, answer.runtime_version, answer.runtime_api_version)

    # --- sandboxes

    def _sandbox_config(self, config: cri.SandboxConfig) -> Any:
        below = config.cgroup_parent.strip("/")
        return convert.sandbox_config(config, f"{self._cgroup}/{below}" if below else self._cgroup)

    async def run_sandbox(self, config: cri.SandboxConfig) -> str:
        request = pb.RunPodSandboxRequest(config=self._sandbox_config(config), runtime_handler=config.runtime_handler)
        return str((await self._ask("RunPodSandbox", request, pb.RunPodSandboxResponse)).pod_sandbox_id)

    async def stop_sandbox(self, id: str) -> None:
        await self._forgiving("StopPodSandbox", pb.StopPodSandboxRequest(pod_sandbox_id=id), pb.StopPodSandboxResponse)

    async def remove_sandbox(self, id: str) -> None:
        await self._forgiving(
            "RemovePodSandbox", pb.RemovePodSandboxRequest(pod_sandbox_id=id), pb.RemovePodSandboxResponse
        )

    async def sandbox_status(self, id: str) -> cri.Sandbox:
        request = pb.PodSandboxStatusRequest(pod_sandbox_id=id, verbose=True)
        answer = await self._ask("PodSandboxStatus", request, pb.PodSandboxStatusResponse)
        pid = int(json.loads(answer.info.get("info") or "{}").get("pid") or 0)
        # The path that containerd knows exists in its own mount namespace only; the process' is everybody's.
        path = f"/proc/{pid}/ns/net" if pid else ""
        return dataclasses.replace(convert.sandbox(answer.status), pid=pid, network_path=path)

    async def list_sandboxes(self) -> Sequence[cri.Sandbox]:
        answer = await self._ask("ListPodSandbox", pb.ListPodSandboxRequest(), pb.ListPodSandboxResponse)
        return [convert.sandbox(item) for item in answer.items]

    # --- containers

    async def create_container(self, sandbox_id: str, config: cri.ContainerConfig, sandbox: cri.SandboxConfig) -> str:
        request = pb.CreateContainerRequest(
            pod_sandbox_id=sandbox_id,
            config=convert.container_config(config),
            sandbox_config=self._sandbox_config(sandbox),
        )
        return str((await self._ask("CreateContainer", request, pb.CreateContainerResponse)).container_id)

    async def start_container(self, id: str) -> None:
        await self._ask("StartContainer", pb.StartContainerRequest(container_id=id), pb.StartContainerResponse)

    async def stop_container(self, id: str, grace_seconds: float) -> None:
        request = pb.StopContainerRequest(container_id=id, timeout=convert.whole_seconds(grace_seconds))
        await self._forgiving("StopContainer", request, pb.StopContainerResponse)

    async def remove_container(self, id: str) -> None:
        await self._forgiving("RemoveContainer", pb.RemoveContainerRequest(container_id=id), pb.RemoveContainerResponse)

    async def container_status(self, id: str) -> cri.Container:
        found = await self._container(id)
        for pause in OOM_SETTLES:
            # That the kernel killed it for its memory comes by an event of its own, often after its end.
            recent = self._clock.now() - found.finished_at < 1.0
            if not (recent and found.exit_code == KILLED and found.reason == "Error"):
                break
            await self._clock.sleep(pause)
            found = await self._container(id)
        return found

    async def _container(self, id: str) -> cri.Container:
        answer, info = await self._status(id)
        return convert.container(answer.status, str(info.get("sandboxID") or ""), int(info.get("pid") or 0))

    async def _status(self, id: str) -> tuple[Any, dict[str, Any]]:
        request = pb.ContainerStatusRequest(container_id=id, verbose=True)
        answer = await self._ask("ContainerStatus", request, pb.ContainerStatusResponse)
        return answer, json.loads(answer.info.get("info") or "{}")

    async def list_containers(self) -> Sequence[cri.Container]:
        answer = await self._ask("ListContainers", pb.ListContainersRequest(), pb.ListContainersResponse)
        return [convert.listed_container(item) for item in answer.containers]

    async def update_resources(self, id: str, resources: cri.Resources) -> None:
        request = pb.UpdateContainerResourcesRequest(container_id=id, linux=convert.resources(resources))
        await self._ask("UpdateContainerResources", request, pb.UpdateContainerResourcesResponse)

    async def reopen_log(self, id: str) -> None:
        await self._ask(
            "ReopenContainerLog", pb.ReopenContainerLogRequest(container_id=id), pb.ReopenContainerLogResponse
        )

    # --- streams

    async def exec_sync(self, id: str, command: Sequence[str], timeout_seconds: float) -> cri.ExecResult:
        request = pb.ExecSyncRequest(container_id=id, cmd=list(command), timeout=convert.whole_seconds(timeout_seconds))
        answer = await self._ask("ExecSync", request, pb.ExecSyncResponse)
        return cri.ExecResult(answer.exit_code, answer.stdout[:MAX_EXEC_OUTPUT], answer.stderr[:MAX_EXEC_OUTPUT])

    async def exec(self, id: str, command: Sequence[str], *, stdin: bool, tty: bool) -> cri.Process:
        exec_id = self._entropy.secret(16).hex()
        directory = self._place.directory / "fifo" / exec_id
        return await streams.open_exec(
            self._connection, self._tasks, directory, id, exec_id, command, stdin=stdin, tty=tty
        )

    async def attach(self, id: str) -> cri.Process:
        _, info = await self._status(id)
        config = info.get("config") or {}
        stdin, tty = bool(config.get("stdin")), bool(config.get("tty"))
        request = pb.AttachRequest(container_id=id, stdin=stdin, stdout=True, stderr=not tty, tty=tty)
        url = (await self._ask("Attach", request, pb.AttachResponse)).url

        async def exit_code() -> int:
            while True:
                status = await self.container_status(id)
                if status.state is not cri.ContainerState.RUNNING:
                    return status.exit_code
                await self._clock.sleep(0.02)

        return await attach.open_attach(url, self._network, self._clock, self._tasks, exit_code, stdin=stdin, tty=tty)

    async def connect(self, sandbox_id: str, port: int) -> cri.Tunnel:
        sandbox = await self.sandbox_status(sandbox_id)
        if not sandbox.network_path:
            raise ConnectionRefusedError(f"sandbox {sandbox_id} does not run")
        try:
            return await tunnel.dial(sandbox.network_path, port, self._clock)
        except FileNotFoundError as error:
            raise ConnectionRefusedError(f"sandbox {sandbox_id} has ended") from error

    # --- images

    async def pull_image(self, image: str, credentials: cri.Credentials | None = None) -> str:
        request = pb.PullImageRequest(image=pb.ImageSpec(image=image))
        if credentials is not None:
            request.auth.username = credentials.username
            request.auth.password = credentials.password
            request.auth.identity_token = credentials.identity_token
            try:
                request.auth.server_address = reference.parse(image).host
            except ValueError as error:
                raise cri.ImagePullFault(f'failed to parse image reference "{image}": {error}') from error
        try:
            answer = await self._connection.cri("PullImage", request, pb.PullImageResponse, image=True)
        except cri.Unreachable:
            raise
        except cri.RuntimeFault as error:
            raise cri.ImagePullFault(str(error)) from error
        return str(answer.image_ref)

    async def image_status(self, image: str) -> cri.ImageStatus | None:
        found = await images.status(self._connection, image)
        return None if found is None else convert.image(found)

    async def list_images(self) -> Sequence[cri.ImageStatus]:
        answer = await self._connection.cri("ListImages", pb.ListImagesRequest(), pb.ListImagesResponse, image=True)
        return [convert.image(item) for item in answer.images]

    async def remove_image(self, image: str) -> None:
        request = pb.RemoveImageRequest(image=pb.ImageSpec(image=image))
        await self._connection.cri("RemoveImage", request, pb.RemoveImageResponse, image=True)

    async def load_image(self, path: str) -> Sequence[str]:
        return await images.load(self._connection, self._socket, pathlib.Path(path), self._snapshotter)

    # --- figures and events

    async def stats(self) -> Sequence[cri.ContainerStats]:
        answer = await self._ask("ListContainerStats", pb.ListContainerStatsRequest(), pb.ListContainerStatsResponse)
        return [convert.stats(item) for item in answer.stats]

    async def events(self) -> AsyncIterator[cri.RuntimeEvent]:
        async for envelope in self._connection.subscribe(*events.FILTERS):
            event = events.read(envelope)
            if event is not None:
                yield event

    async def close(self) -> None:
        await self._connection.close()

    # --- within

    async def _ask(self, method: str, request: Any, answer: Any) -> Any:
        return await self._connection.cri(method, request, answer)

    async def _forgiving(self, method: str, request: Any, answer: Any) -> None:
        """For stopping and removing: what is gone is well gone."""
        try:
            await self._ask(method, request, answer)
        except cri.NotFound:
            pass
