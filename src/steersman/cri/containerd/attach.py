"""Attach: the streams of a container's own process, through containerd's streaming server.

Here the detour over SPDY is needed: CRI itself reads the container's output (it writes the log), and only its
server hands on what is not yet a whole line, such as a shell's prompt.  The server listens on the loopback of
the node's network namespace and gives out addresses that are good for once.
"""

import asyncio
import contextlib
import urllib.parse
from collections.abc import Awaitable, Callable

from steersman.cri import runtime as cri
from steersman.kit import netns, spdy
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup

PROTOCOL = "v4.channel.k8s.io"


class AttachedProcess:
    """The client's end of one attach.  Whoever opened it must `close` it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        exit_code: Callable[[], Awaitable[int]],
        *,
        stdin: bool,
        tty: bool,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._exit_code = exit_code
        self._session = spdy.Session(spdy.Role.CLIENT)
        self._output: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(16)
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._names = {self._session.open({"streamtype": "error"}): 3}
        self._stdin = self._session.open({"streamtype": "stdin"}) if stdin else None
        self._names[self._session.open({"streamtype": "stdout"})] = 1
        if not tty:
            self._names[self._session.open({"streamtype": "stderr"})] = 2
        self._resize = self._session.open({"streamtype": "resize"}) if tty else None

    async def start(self, tasks: TaskGroup, name: str) -> None:
        await self._flush()
        self._task = tasks.spawn(self._pump(), f"attach/{name}")

    async def _flush(self) -> None:
        data = self._session.outgoing()
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def _pump(self) -> None:
        running = {stream for stream in self._names if self._names[stream] in (1, 2)}
        try:
            while running:
                data = await self._reader.read(65536)
                if not data:
                    break
                for event in self._session.receive(data):
                    if isinstance(event, spdy.Data) and self._names.get(event.stream) in (1, 2) and event.payload:
                        await self._output.put((self._names[event.stream], event.payload))
                    if (isinstance(event, spdy.Data | spdy.Replied) and event.fin) or isinstance(event, spdy.WasReset):
                        running.discard(event.stream)
                await self._flush()
        except (ConnectionError, spdy.ProtocolError):
            pass  # the container or its daemon has gone; `wait` says which
        self._ended.set()
        await self._output.put(None)

    async def read(self) -> tuple[int, bytes] | None:
        if self._ended.is_set() and self._output.empty():
            return None
        return await self._output.get()

    async def write(self, data: bytes) -> None:
        if self._stdin is not None and not self._ended.is_set():
            with contextlib.suppress(ConnectionError, ValueError):
                self._session.send(self._stdin, data)
                await self._flush()

    async def close_input(self) -> None:
        if self._stdin is not None and not self._ended.is_set():
            with contextlib.suppress(ConnectionError):
                self._session.end(self._stdin)
                await self._flush()

    async def resize(self, columns: int, rows: int) -> None:
        if self._resize is not None and not self._ended.is_set():
            with contextlib.suppress(ConnectionError, ValueError):
                self._session.send(self._resize, b'{"Width":%d,"Height":%d}\n' % (columns, rows))
                await self._flush()

    async def wait(self) -> int:
        await self._ended.wait()
        return await self._exit_code()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


async def open_attach(
    url: str,
    network: str,
    clock: Clock,
    tasks: TaskGroup,
    exit_code: Callable[[], Awaitable[int]],
    *,
    stdin: bool,
    tty: bool,
) -> AttachedProcess:
    """Connect to an address that CRI's `Attach` gave; `network` is the daemon's namespace, empty for ours."""
    parts = urllib.parse.urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    if network:
        reader, writer = await asyncio.open_connection(sock=await netns.connect(network, host, port, clock))
    else:
        reader, writer = await asyncio.open_connection(host, port)
    try:
        head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 0\r\n"
            f"Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: {PROTOCOL}\r\n\r\n"
        )
        writer.write(head.encode())
        with clock.busy():
            answer = await reader.readuntil(b"\r\n\r\n")
        first = answer.split(b"\r\n", 1)[0].decode("ascii", "replace")
        if " 101 " not in first:
            raise cri.RuntimeFault(f"containerd's streaming server refused: {first}")
        process = AttachedProcess(reader, writer, exit_code, stdin=stdin, tty=tty)
        await process.start(tasks, parts.path.rsplit("/", 1)[-1])
    except (OSError, asyncio.IncompleteReadError) as error:
        writer.close()
        raise cri.RuntimeFault(f"containerd's streaming server cannot be reached: {error}") from error
    except BaseException:
        writer.close()
        raise
    return process
