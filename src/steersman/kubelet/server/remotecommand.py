"""Exec and attach: a process' streams and a client's channel, joined until either ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from steersman.cri import runtime as cri
from steersman.kit import channels, http
from steersman.kit.http import Channel

log = logging.getLogger(__name__)

OpenProcess = Callable[[], Awaitable[cri.Process]]


def upgrade(
    request: http.Request, open_process: OpenProcess, command: Sequence[str], *, stdin: bool, what: str
) -> http.Upgrade | None:
    """The agreement to serve it; None where the client's protocols are not ours.

    `what` begins the words of a failure: `error executing command in container`.
    """
    protocol = channels.negotiate(request.headers.get("sec-websocket-protocol", ""), channels.REMOTE_COMMAND)
    if protocol is None:
        return None

    async def serve(channel: Channel) -> None:
        remote = channels.RemoteCommand(channel, protocol)
        await remote.send(channels.STDOUT, b"")  # tells the client that the connection stands
        try:
            process = await open_process()
        except (cri.RuntimeFault, ConnectionError) as error:
            await remote.finish(channels.failed(f"{what}: {error}"))
            return
        try:
            await _join(process, remote, command, stdin=stdin, what=what)
        except ConnectionError:
            log.debug("the client of an exec or attach has gone")
        finally:
            await process.close()

    return http.Upgrade(protocol, serve)


async def _join(
    process: cri.Process, remote: channels.RemoteCommand, command: Sequence[str], *, stdin: bool, what: str
) -> None:
    """Returns when the process has ended and the client knows, or when the client has gone."""
    output = asyncio.ensure_future(_output(process, remote, command, what))
    input = asyncio.ensure_future(_input(process, remote, stdin=stdin))
    try:
        await asyncio.wait((output, input), return_when=asyncio.FIRST_COMPLETED)
        if output.done():
            output.result()
        else:
            input.result()
    finally:
        for task in (output, input):
            task.cancel()
        await asyncio.gather(output, input, return_exceptions=True)


async def _output(process: cri.Process, remote: channels.RemoteCommand, command: Sequence[str], what: str) -> None:
    while (piece := await process.read()) is not None:
        await remote.send(*piece)
    try:
        code = await process.wait()
    except cri.RuntimeFault as error:
        await remote.finish(channels.failed(f"{what}: {error}"))
        return
    # An attach has no command and does not report how the container ended.
    await remote.finish(channels.exited(code, command) if command else channels.success())


async def _input(process: cri.Process, remote: channels.RemoteCommand, *, stdin: bool) -> None:
    """Ends when the client has gone."""
    while (message := await remote.receive()) is not None:
        match message:
            case channels.Input(data) if stdin:
                await process.write(data)
            case channels.InputEnded() if stdin:
                await process.close_input()
            case channels.Resized(columns, rows):
                await process.resize(columns, rows)
            case _:
                pass
