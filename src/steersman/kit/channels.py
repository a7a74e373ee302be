"""How exec, attach and port-forward share one WebSocket: Kubernetes' channel protocols.

Every message begins with a byte that names its channel, the rest is payload:

    exec, attach    0 stdin, 1 stdout, 2 stderr, 3 error (a Status, once, at the end), 4 resize (JSON),
                    255 (from v5 on): the channel named by the second byte is closed, which is how the end of
                    standard input is said
    port-forward    for the n-th port asked: 2n data, 2n+1 error; the first message on each is the port's
                    number, little endian

The `base64.` variants carry the same, the channel as an ASCII digit and the payload in base64, for clients
that cannot send bytes.  kubectl forwards ports by SPDY inside WebSocket messages instead (`kit.spdy`).
"""

import base64
import binascii
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from steersman.kit.http import Channel

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
V1, V1_BASE64, V4_BASE64 = "channel.k8s.io", "base64.channel.k8s.io", "v4.base64.channel.k8s.io"
REMOTE_COMMAND = (V5, V4, V4_BASE64, V1, V1_BASE64, "")

SPDY_TUNNEL = "SPDY/3.1+portforward.k8s.io"
PORT_FORWARD = (SPDY_TUNNEL, V4, V4_BASE64, "portforward.k8s.io", "")


def negotiate(offered: str, spoken: Sequence[str]) -> str | None:
    """The first of the client's sub-protocols that we speak; a client that names none speaks the oldest."""
    names = [name.strip() for name in offered.split(",") if name.strip()]
    if not names:
        return "" if "" in spoken else None
    return next((name for name in names if name in spoken), None)


@dataclasses.dataclass(frozen=True, slots=True)
class Input:
    """Bytes for standard input."""

    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class InputEnded:
    pass


@dataclasses.dataclass(frozen=True, slots=True)
class Resized:
    columns: int
    rows: int


FromClient: TypeAlias = Input | InputEnded | Resized


class RemoteCommand:
    """The server's end of an exec or attach."""

    def __init__(self, channel: Channel, protocol: str) -> None:
        self._frames = _Frames(channel, protocol)
        self._has_status = protocol in (V5, V4, V4_BASE64)

    async def receive(self) -> FromClient | None:
        """What the client says next; None once it has gone.  What makes no sense is passed over."""
        while True:
            frame = await self._frames.receive()
            if frame is None:
                return None
            number, payload = frame
            if number == STDIN:
                if payload:
                    return Input(payload)
            elif number == CLOSE:
                if payload[:1] == bytes((STDIN,)):
                    return InputEnded()
            elif number == RESIZE:
                size = _size(payload)
                if size is not None:
                    return size

    async def send(self, stream: int, data: bytes) -> None:
        """Output: `STDOUT` or `STDERR`.  Raises ConnectionError once the client has gone."""
        await self._frames.send(stream, data)

    async def finish(self, status: Mapping[str, Any]) -> None:
        """The last word: how it ended."""
        if self._has_status:
            await self._frames.send(ERROR, json.dumps(status, separators=(",", ":")).encode())
        elif status.get("status") != "Success":
            await self._frames.send(ERROR, str(status.get("message", "")).encode())


def _size(payload: bytes) -> Resized | None:
    try:
        size = json.loads(payload)
        return Resized(int(size["Width"]), int(size["Height"]))
    except (ValueError, KeyError, TypeError):
        return None


def success() -> dict[str, Any]:
    return {"metadata": {}, "status": "Success"}


def exited(code: int, command: Sequence[str]) -> dict[str, Any]:
    """The Status of a process that ended with `code`."""
    if code == 0:
        return success()
    text = f"error executing command [{' '.join(command)}], exit code {code}"
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: {text}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def failed(message: str) -> dict[str, Any]:
    """The Status where there was no exit code: the process could not be run, or was lost."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {message}",
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }


class PortForward:
    """The server's end of a port-forward in the old framing: ports are known from the request."""

    def __init__(self, channel: Channel, protocol: str, ports: Sequence[int]) -> None:
        self._frames = _Frames(channel, protocol)
        self.ports = tuple(ports)

    async def start(self) -> None:
        """Say which channels belong to which port."""
        for index, port in enumerate(self.ports):
            number = port.to_bytes(2, "little")
            await self._frames.send(2 * index, number)
            await self._frames.send(2 * index + 1, number)

    async def receive(self) -> tuple[int, bytes] | None:
        """(index of the port, bytes); None once the client has gone."""
        while True:
            frame = await self._frames.receive()
            if frame is None:
                return None
            number, payload = frame
            if number % 2 == 0 and number // 2 < len(self.ports) and payload:
                return number // 2, payload

    async def send(self, index: int, data: bytes) -> None:
        await self._frames.send(2 * index, data)

    async def fail(self, index: int, message: str) -> None:
        await self._frames.send(2 * index + 1, message.encode())


class _Frames:
    """Channel number and payload, in bytes or base64."""

    def __init__(self, channel: Channel, protocol: str) -> None:
        self._channel = channel
        self._base64 = "base64." in protocol

    async def receive(self) -> tuple[int, bytes] | None:
        while True:
            message = await self._channel.receive()
            if message is None:
                return None
            if not message:
                continue
            if not self._base64:
                return message[0], message[1:]
            if not 0x30 <= message[0] <= 0x39:
                continue
            try:
                return message[0] - 0x30, base64.b64decode(message[1:], validate=True)
            except binascii.Error:
                continue

    async def send(self, number: int, payload: bytes) -> None:
        if self._base64:
            await self._channel.send(b"%d" % number + base64.b64encode(payload))
        else:
            await self._channel.send(bytes((number,)) + payload)
