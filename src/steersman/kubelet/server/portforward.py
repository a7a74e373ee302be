"""Port-forward: tunnels to a pod's ports through a client's channel, in both of its framings.

kubectl speaks SPDY inside WebSocket messages: for each local connection it opens an error stream and a data
stream with the same `requestid`.  Other clients name the ports in the request and get a pair of channels a
port, one connection each.  A port that nobody listens on is said on its error stream, and only there.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence

from steersman.cri import runtime as cri
from steersman.kit import channels, http, spdy
from steersman.kit.http import Channel
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)

Dial = Callable[[int], Awaitable[cri.Tunnel]]


def upgrade(request: http.Request, dial: Dial, name: str, ports: Sequence[int]) -> http.Upgrade | None:
    """The agreement to serve it; None where the client's protocols are not ours.  `name` is for messages."""
    protocol = channels.negotiate(request.headers.get("sec-websocket-protocol", ""), channels.PORT_FORWARD)
    if protocol is None:
        return None

    async def serve(channel: Channel) -> None:
        tasks = TaskGroup(f"port-forward {name}")
        try:
            if protocol == channels.SPDY_TUNNEL:
                await _SpdyForward(channel, dial, name, tasks).run()
            else:
                await _forward_channels(channels.PortForward(channel, protocol, ports), dial, name, tasks)
        except ConnectionError:
            log.debug("the client of a port-forward has gone")
        finally:
            await tasks.close()

    return http.Upgrade(protocol, serve)


def _refusal(port: int, name: str, error: Exception) -> str:
    said = str(error)
    if isinstance(error, OSError) and error.errno:
        said = os.strerror(error.errno).lower()  # asyncio's own text says less: "Connect call failed"
    return f"error forwarding port {port} to pod {name}, uid : failed to connect to localhost:{port}: {said}"


async def _forward_channels(forward: channels.PortForward, dial: Dial, name: str, tasks: TaskGroup) -> None:
    await forward.start()
    tunnels: dict[int, cri.Tunnel] = {}
    failed: set[int] = set()

    async def output(index: int, tunnel: cri.Tunnel) -> None:
        try:
            while data := await tunnel.read():
                await forward.send(index, data)
        except ConnectionError:
            pass

    async def tunnel_of(index: int) -> cri.Tunnel | None:
        if index in tunnels or index in failed:
            return tunnels.get(index)
        port = forward.ports[index]
        try:
            tunnels[index] = await dial(port)
        except (OSError, cri.RuntimeFault) as error:
            failed.add(index)
            await forward.fail(index, _refusal(port, name, error))
            return None
        tasks.spawn(output(index, tunnels[index]), f"port {port}")
        return tunnels[index]

    try:
        for index in range(len(forward.ports)):  # a server may speak first
            await tunnel_of(index)
        while (message := await forward.receive()) is not None:
            tunnel = await tunnel_of(message[0])
            if tunnel is not None:
                try:
                    await tunnel.write(message[1])
                except ConnectionError as error:
                    await forward.fail(message[0], _refusal(forward.ports[message[0]], name, error))
    finally:
        for tunnel in tunnels.values():
            await tunnel.close()


class _Pair:
    """The two streams of one local connection, and what the client sent before the tunnel stood."""

    def __init__(self) -> None:
        self.error: int | None = None
        self.data: int | None = None
        self.port = 0
        self.input: asyncio.Queue[bytes | None] = asyncio.Queue(64)


class _SpdyForward:
    def __init__(self, channel: Channel, dial: Dial, name: str, tasks: TaskGroup) -> None:
        self._channel = channel
        self._dial = dial
        self._name = name
        self._tasks = tasks
        self._session = spdy.Session(spdy.Role.SERVER)
        self._pairs: dict[str, _Pair] = {}
        self._by_data: dict[int, _Pair] = {}
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        while (message := await self._channel.receive()) is not None:
            try:
                events = self._session.receive(message)
            except spdy.ProtocolError as error:
                log.info("port-forward to %s: %s", self._name, error)
                return
            for event in events:
                await self._take(event)
            await self._flush()

    async def _flush(self) -> None:
        async with self._sending:  # what is taken out first must leave first
            data = self._session.outgoing()
            if data:
                await self._channel.send(data)

    async def _take(self, event: spdy.Event) -> None:
        match event:
            case spdy.Opened(stream, headers, fin):
                self._open(stream, headers)
                if fin and stream in self._by_data:
                    await self._by_data[stream].input.put(None)
            case spdy.Data(stream, payload, fin) if stream in self._by_data:
                pair = self._by_data[stream]
                if payload:
                    await pair.input.put(payload)
                if fin:
                    await pair.input.put(None)
            case spdy.WasReset(stream, _) if stream in self._by_data:
                await self._by_data.pop(stream).input.put(None)
            case _:
                pass

    def _open(self, stream: int, headers: Mapping[str, str]) -> None:
        kind, request = headers.get("streamtype", ""), headers.get("requestid", "")
        port = headers.get("port", "")
        if kind not in ("error", "data") or not port.isdigit() or not 0 < int(port) < 65536:
            self._session.reset(stream, spdy.REFUSED_STREAM)
            return
        # Old clients send no request id: their data stream follows the error stream.
        request = request or str(stream if kind == "error" else stream - 2)
        self._session.reply(stream)
        pair = self._pairs.setdefault(request, _Pair())
        pair.port = int(port)
        if kind == "error":
            pair.error = stream
        else:
            pair.data = stream
            self._by_data[stream] = pair
        if pair.error is not None and pair.data is not None:
            del self._pairs[request]
            self._tasks.spawn(self._forward(pair, pair.data, pair.error), f"port {pair.port}")

    async def _forward(self, pair: _Pair, data: int, error: int) -> None:
        try:
            await self._carry(pair, data, error)
            self._session.end(data)
            self._session.end(error)
            await self._flush()
        except ConnectionError:
            pass  # the client has gone; `run` sees it
        finally:
            self._by_data.pop(data, None)
            while not pair.input.empty():  # whoever waits to put something there
                pair.input.get_nowait()

    async def _carry(self, pair: _Pair, data: int, error: int) -> None:
        """Returns when the pod's side has ended, or could not be reached."""
        try:
            tunnel = await self._dial(pair.port)
        except (OSError, cri.RuntimeFault) as fault:
            self._session.send(error, _refusal(pair.port, self._name, fault).encode())
            return
        input = self._tasks.spawn(self._input(pair, tunnel), f"port {pair.port} input")
        try:
            while data in self._session.streams and (piece := await tunnel.read()):
                if data in self._session.streams:
                    self._session.send(data, piece)
                    await self._flush()
        finally:
            input.cancel()
            await tunnel.close()

    async def _input(self, pair: _Pair, tunnel: cri.Tunnel) -> None:
        try:
            while (piece := await pair.input.get()) is not None:
                await tunnel.write(piece)
        except ConnectionError:
            return  # reading says how it ended
        await tunnel.close_input()
