"""Processes of simulated containers: what `exec` and `attach` of `simulated.SimulatedRuntime` give.

There is no process.  An exec's whole output is what an `Execute` function answers, once its input has ended
where it reads any; an attached container says nothing and can be waited for.
"""

import asyncio
import collections
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from steersman.cri import runtime as cri
from steersman.cri import script

Execute: TypeAlias = Callable[[cri.Container, Sequence[str], bytes], Awaitable[cri.ExecResult]]
"""(container, command, what was written to standard input) to output and exit code."""


async def execute_words(container: cri.Container, command: Sequence[str], stdin: bytes) -> cri.ExecResult:
    """The default `execute`: the commands that `script.understand` knows, `cat` and `hostname`; all else succeeds."""
    if list(command) == ["cat"]:
        return cri.ExecResult(0, stdin, b"")
    if list(command) == ["hostname"]:
        return cri.ExecResult(0, container.labels.get("io.kubernetes.pod.name", "").encode() + b"\n", b"")
    understood = script.understand(command)
    return cri.ExecResult(understood.exit_code, understood.output.encode(), b"")


class ExecProcess:
    """A process that runs when its input has ended (at once when it has none)."""

    def __init__(self, execute: Execute, container: cri.Container, command: Sequence[str], stdin: bool) -> None:
        self._execute = execute
        self._container = container
        self._command = command
        self._input = bytearray()
        self._ended_input = asyncio.Event()
        self._wants_input = stdin and list(command) == ["cat"]
        self._output: collections.deque[tuple[int, bytes]] | None = None
        self._lock = asyncio.Lock()
        self._code = 0

    async def _run(self) -> collections.deque[tuple[int, bytes]]:
        async with self._lock:
            if self._output is None:
                if self._wants_input:
                    await self._ended_input.wait()
                result = await self._execute(self._container, self._command, bytes(self._input))
                self._code = result.exit_code
                self._output = collections.deque(
                    (stream, data) for stream, data in ((1, result.stdout), (2, result.stderr)) if data
                )
        return self._output

    async def read(self) -> tuple[int, bytes] | None:
        output = await self._run()
        return output.popleft() if output else None

    async def write(self, data: bytes) -> None:
        self._input += data

    async def close_input(self) -> None:
        self._ended_input.set()

    async def resize(self, columns: int, rows: int) -> None:
        pass

    async def wait(self) -> int:
        await self._run()
        return self._code

    async def close(self) -> None:
        self._ended_input.set()


class AttachedProcess:
    """A container that says nothing more; its end can be awaited."""

    def __init__(self, ended: asyncio.Event, exit_code: Callable[[], int]) -> None:
        self._ended = ended
        self._exit_code = exit_code

    async def read(self) -> tuple[int, bytes] | None:
        await self._ended.wait()
        return None

    async def write(self, data: bytes) -> None:
        pass

    async def close_input(self) -> None:
        pass

    async def resize(self, columns: int, rows: int) -> None:
        pass

    async def wait(self) -> int:
        await self._ended.wait()
        return self._exit_code()

    async def close(self) -> None:
        pass
