"""Exec by containerd's task service: a process in a container whose streams are pipes that we hold.

The process is made from the container's own specification (user, environment, directory, capabilities) with
another command.  Its end is what `Wait` says; what it wrote before that is read to the end.  A process that
leaves children behind which keep its output open does not keep us: after it has ended, its output is read for
`LINGER` seconds more and then let go, as a terminal would hang up.
"""

import asyncio
import contextlib
import json
import pathlib
import shutil
import signal
from collections.abc import Sequence

from steersman.cri import runtime as cri
from steersman.cri.containerd import fifo
from steersman.cri.containerd.connection import Connection
from steersman.kit.tasks import TaskGroup

LINGER = 1.0
_PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process"


async def open_exec(
    connection: Connection,
    tasks: TaskGroup,
    directory: pathlib.Path,
    container_id: str,
    exec_id: str,
    command: Sequence[str],
    *,
    stdin: bool,
    tty: bool,
) -> "ExecProcess":
    """Start `command`.  `directory` must not exist; it holds the pipes and goes with the process."""
    spec = await _process_spec(connection, container_id, command, tty)
    directory.mkdir(mode=0o700, parents=True)
    process = ExecProcess(connection, directory, container_id, exec_id, stdin=stdin, tty=tty)
    try:
        await process.start(spec, tasks)
    except BaseException:
        process.let_go()
        raise
    return process


async def _process_spec(connection: Connection, container_id: str, command: Sequence[str], tty: bool) -> bytes:
    answer = await connection.service(
        "containers", "Get", "GetContainerRequest", "GetContainerResponse", id=container_id
    )
    process = json.loads(answer.container.spec.value)["process"]
    process["args"] = list(command)
    process["terminal"] = tty
    process.pop("consoleSize", None)
    if tty and not any(value.startswith("TERM=") for value in process.get("env", ())):
        process["env"] = [*process.get("env", ()), "TERM=xterm"]
    return json.dumps(process).encode()


class ExecProcess:
    """One process.  Whoever opened it must `close` it."""

    def __init__(
        self,
        connection: Connection,
        directory: pathlib.Path,
        container_id: str,
        exec_id: str,
        *,
        stdin: bool,
        tty: bool,
    ) -> None:
        self._connection = connection
        self._directory = directory
        self._ids = {"container_id": container_id, "exec_id": exec_id}
        self._tty = tty
        self._stdin = fifo.Writer(directory / "stdin") if stdin else None
        self._readers = {1: fifo.Reader(directory / "stdout")}
        if not tty:
            self._readers[2] = fifo.Reader(directory / "stderr")
        self._output: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(16)
        self._open = len(self._readers)
        self._ended = asyncio.Event()
        self._code = 0
        self._fault: cri.RuntimeFault | None = None
        self._owner: TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, spec: bytes, tasks: TaskGroup) -> None:
        await self._connection.service(
            "tasks",
            "Exec",
            "ExecProcessRequest",
            "google.protobuf.Empty",
            **self._ids,
            stdin=str(self._directory / "stdin") if self._stdin else "",
            stdout=str(self._directory / "stdout"),
            stderr="" if self._tty else str(self._directory / "stderr"),
            terminal=self._tty,
            spec={"type_url": _PROCESS_TYPE, "value": spec},
        )
        try:
            await self._call("Start", "StartRequest", "StartResponse")
        except cri.RuntimeFault as error:
            await self._delete()
            text = f'failed to exec in container: failed to start exec "{self._ids["exec_id"]}": {error}'
            raise type(error)(text) from error
        except BaseException:
            await self._delete()
            raise
        if self._stdin is not None:
            self._stdin.started()
        for reader in self._readers.values():
            reader.started()
        name = self._ids["exec_id"]
        self._owner = tasks
        self._tasks.append(tasks.spawn(self._watch_end(), f"exec-end/{name}"))
        self._tasks.extend(
            tasks.spawn(self._pump(stream, reader), f"exec-output/{name}/{stream}")
            for stream, reader in self._readers.items()
        )

    async def _call(self, method: str, request: str, answer: str, **fields: object) -> object:
        return await self._connection.service("tasks", method, request, answer, **self._ids, **fields)

    async def _watch_end(self) -> None:
        try:
            answer = await self._connection.service("tasks", "Wait", "WaitRequest", "WaitResponse", **self._ids)
            self._code = answer.exit_status
        except cri.NotFound:
            self._code = 137  # the whole container went, and its processes with it
        except cri.RuntimeFault as error:
            self._fault = error
        self._ended.set()
        await self._connection.clock.sleep(LINGER)
        if self._open:
            self._open = 0
            await self._output.put(None)

    async def _delete(self) -> None:
        """Let the shim forget the process.  It waits two seconds for children that keep the output open."""
        with contextlib.suppress(cri.RuntimeFault):
            await self._call("DeleteProcess", "DeleteProcessRequest", "DeleteResponse")

    async def _pump(self, stream: int, reader: fifo.Reader) -> None:
        while data := await reader.read():
            await self._output.put((stream, data))
        if self._open:
            self._open -= 1
            if not self._open:
                await self._output.put(None)

    async def read(self) -> tuple[int, bytes] | None:
        if not self._open and self._output.empty():
            return None
        return await self._output.get()

    async def write(self, data: bytes) -> None:
        if self._stdin is not None:
            await self._stdin.write(data)

    async def close_input(self) -> None:
        if self._stdin is not None and not self._stdin.closed:
            self._stdin.close()
            with contextlib.suppress(cri.RuntimeFault):  # it may have ended
                await self._call("CloseIO", "CloseIORequest", "google.protobuf.Empty", stdin=True)

    async def resize(self, columns: int, rows: int) -> None:
        if self._tty:
            with contextlib.suppress(cri.RuntimeFault):
                await self._call("ResizePty", "ResizePtyRequest", "google.protobuf.Empty", width=columns, height=rows)

    async def wait(self) -> int:
        await self._ended.wait()
        if self._fault is not None:
            raise self._fault
        return self._code

    async def close(self) -> None:
        if not self._ended.is_set():
            with contextlib.suppress(cri.RuntimeFault):
                await self._call("Kill", "KillRequest", "google.protobuf.Empty", signal=int(signal.SIGKILL))
                async with self._connection.clock.timeout(5):
                    await self._ended.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.let_go()
        if self._owner is not None:
            try:
                self._owner.spawn(self._delete(), f"exec-delete/{self._ids['exec_id']}")
            except RuntimeError:  # everything is being closed
                await self._delete()

    def let_go(self) -> None:
        """Close the pipes and remove their directory."""
        for reader in self._readers.values():
            reader.close()
        if self._stdin is not None:
            self._stdin.close()
        shutil.rmtree(self._directory, ignore_errors=True)
