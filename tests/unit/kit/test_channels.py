"""The framing of exec, attach and port-forward over WebSocket messages."""

import json

import pytest

from steersman.kit import channels
from steersman.kit.channels import Input, InputEnded, RemoteCommand, Resized


class Wire:
    """A channel that has messages ready and remembers what it was given."""

    def __init__(self, *messages: bytes) -> None:
        self.waiting = list(messages)
        self.sent: list[bytes] = []

    async def receive(self) -> bytes | None:
        return self.waiting.pop(0) if self.waiting else None

    async def send(self, message: bytes) -> None:
        self.sent.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        pass


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("v5.channel.k8s.io, v4.channel.k8s.io", "v5.channel.k8s.io"),
        ("v4.channel.k8s.io", "v4.channel.k8s.io"),
        ("v9.channel.k8s.io,channel.k8s.io", "channel.k8s.io"),
        ("", ""),
        ("chat", None),
    ],
)
def test_the_client_s_first_protocol_that_is_spoken_is_taken(offered: str, chosen: str | None) -> None:
    assert channels.negotiate(offered, channels.REMOTE_COMMAND) == chosen


async def test_what_the_client_sends_is_told_apart() -> None:
    wire = Wire(b"\0ls\n", b"", b'\4{"Width":80,"Height":24}', b"\4nonsense", b"\1ignored", b"\xff\0")
    remote = RemoteCommand(wire, channels.V5)
    assert await remote.receive() == Input(b"ls\n")
    assert await remote.receive() == Resized(80, 24)
    assert await remote.receive() == InputEnded()
    assert await remote.receive() is None


async def test_output_and_the_end_go_to_their_channels() -> None:
    wire = Wire()
    remote = RemoteCommand(wire, channels.V4)
    await remote.send(channels.STDERR, b"oh")
    await remote.finish(channels.exited(3, ["sh", "-c", "exit 3"]))
    assert wire.sent[0] == b"\2oh"
    assert wire.sent[1][:1] == b"\3"
    status = json.loads(wire.sent[1][1:])
    assert (status["status"], status["reason"]) == ("Failure", "NonZeroExitCode")
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_success_is_said_too_but_not_by_the_oldest_protocol() -> None:
    new, old = Wire(), Wire()
    await RemoteCommand(new, channels.V5).finish(channels.exited(0, ["true"]))
    await RemoteCommand(old, channels.V1).finish(channels.exited(0, ["true"]))
    assert new.sent == [b'\3{"metadata":{},"status":"Success"}']
    assert old.sent == []


async def test_base64_carries_the_same() -> None:
    wire = Wire(b"0bHMK", b"x", b"0***")
    remote = RemoteCommand(wire, channels.V4_BASE64)
    assert await remote.receive() == Input(b"ls\n")
    assert await remote.receive() is None
    await remote.send(channels.STDOUT, b"hi")
    assert wire.sent == [b"1aGk="]


async def test_ports_have_a_pair_of_channels_each_and_say_their_number() -> None:
    wire = Wire(b"\0GET", b"\3no input here", b"\2SSH", b"\7far")
    forward = channels.PortForward(wire, channels.V4, [80, 8022])
    await forward.start()
    assert wire.sent == [b"\0\x50\0", b"\1\x50\0", b"\2\x56\x1f", b"\3\x56\x1f"]
    assert await forward.receive() == (0, b"GET")
    assert await forward.receive() == (1, b"SSH")
    assert await forward.receive() is None
    await forward.fail(1, "refused")
    assert wire.sent[-1] == b"\3refused"
