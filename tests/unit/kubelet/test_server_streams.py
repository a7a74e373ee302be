"""Exec, attach and port-forward through the kubelet's server, against clients that speak their framing."""

import asyncio
import json

import pytest

from steersman.cri import runtime as cri
from steersman.cri.simulated import SimulatedRuntime
from steersman.kit import http, spdy
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock
from steersman.kubelet.server.pods import ContainerRef, PodRef
from steersman.kubelet.server.server import Server


class Wire:
    """Both ends of a connection of messages: the server's as a channel, the client's by `say` and `heard`."""

    def __init__(self) -> None:
        self._to_server: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.heard: list[bytes] = []
        self.gone = False

    def say(self, message: bytes | None) -> None:
        self._to_server.put_nowait(message)

    async def receive(self) -> bytes | None:
        return await self._to_server.get()

    async def send(self, message: bytes) -> None:
        if self.gone:
            raise ConnectionResetError("the client has gone")
        self.heard.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        pass


class EchoTunnel:
    """A port that gives everything back and ends when its input ends."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = False

    async def read(self) -> bytes:
        return await self._pieces.get()

    async def write(self, data: bytes) -> None:
        self._pieces.put_nowait(data)

    async def close_input(self) -> None:
        self._pieces.put_nowait(b"")

    async def close(self) -> None:
        self.closed = True


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.tunnels: list[EchoTunnel] = []
        self.runtime = SimulatedRuntime(self.clock, SeededEntropy(1), connect=self._connect)
        self.server = Server("n", self, self.runtime, self.clock)
        self.pod: PodRef | None = None
        self.container_id = ""

    async def _connect(self, sandbox: cri.Sandbox, port: int) -> cri.Tunnel:
        if port != 80:
            raise ConnectionRefusedError(111, "Connection refused")
        self.tunnels.append(EchoTunnel())
        return self.tunnels[-1]

    async def start(self) -> None:
        self.runtime.add_image("busybox")
        config = cri.SandboxConfig("p", "default", "u")
        box = await self.runtime.run_sandbox(config)
        id = await self.runtime.create_container(box, cri.ContainerConfig("c", "busybox"), config)
        await self.runtime.start_container(id)
        self.container_id = id
        self.pod = PodRef("default", "p", "u", box, {"c": ContainerRef("c", id=id, running=True)})

    def find(self, namespace: str, name: str) -> PodRef | None:
        return self.pod if name == "p" else None

    def refs(self) -> list[PodRef]:
        return [self.pod] if self.pod else []

    def all(self) -> list[dict[str, object]]:
        return []

    async def ask(self, path: str, *query: tuple[str, str], protocol: str = "v5.channel.k8s.io") -> http.Answer:
        return await self.server.handle(http.Request("POST", path, query, {"sec-websocket-protocol": protocol}))

    async def open(
        self, path: str, *query: tuple[str, str], protocol: str = "v5.channel.k8s.io"
    ) -> tuple[Wire, "asyncio.Future[None]"]:
        answer = await self.ask(path, *query, protocol=protocol)
        assert isinstance(answer, http.Upgrade), answer
        assert answer.protocol == protocol
        wire = Wire()
        return wire, asyncio.ensure_future(answer.serve(wire))


@pytest.fixture
async def world() -> World:
    made = World()
    await made.start()
    return made


def status(message: bytes) -> dict[str, object]:
    assert message[:1] == b"\3"
    decoded: dict[str, object] = json.loads(message[1:])
    return decoded


async def test_an_exec_s_output_and_code_arrive(world: World) -> None:
    wire, serving = await world.open(
        "/exec/default/p/c", ("command", "sh"), ("command", "-c"), ("command", "echo hi; exit 3"), ("output", "1")
    )
    await serving
    assert wire.heard[0] == b"\1"
    assert wire.heard[1] == b"\1hi\n"
    assert status(wire.heard[2])["details"] == {"causes": [{"reason": "ExitCode", "message": "3"}]}


async def test_an_exec_reads_its_input_to_the_end(world: World) -> None:
    wire, serving = await world.open("/exec/default/p/c", ("command", "cat"), ("input", "1"), ("output", "1"))
    wire.say(b"\0piped")
    wire.say(b"\xff\0")
    await serving
    assert wire.heard[1] == b"\1piped"
    assert status(wire.heard[2])["status"] == "Success"


async def test_a_client_that_goes_ends_the_exec(world: World) -> None:
    wire, serving = await world.open("/exec/default/p/c", ("command", "cat"), ("stdin", "true"), ("stdout", "true"))
    wire.say(None)
    await serving
    assert len(wire.heard) == 1


async def test_what_cannot_be_run_is_told_on_the_error_channel(world: World) -> None:
    id = world.container_id
    wire, serving = await world.open("/exec/default/p/c", ("command", "x"), ("output", "1"))
    world.runtime.kill(id)
    await serving
    told = status(wire.heard[-1])
    assert told["reason"] == "InternalError"
    assert "error executing command in container: " in str(told["message"])


async def test_attach_ends_with_the_container_and_without_a_code(world: World) -> None:
    id = world.container_id
    wire, serving = await world.open("/attach/default/p/c", ("output", "1"))
    await world.clock.settle()
    world.runtime.kill(id, 5)
    await serving
    assert status(wire.heard[-1])["status"] == "Success"


@pytest.mark.parametrize(
    ("path", "query", "code", "words"),
    [
        ("/exec/default/q/c", (("command", "x"), ("output", "1")), 404, "pod does not exist"),
        ("/exec/default/p/other-uid/c", (("command", "x"), ("output", "1")), 404, "pod does not exist"),
        ("/exec/default/p/d", (("command", "x"), ("output", "1")), 500, 'container not found ("d")'),
        ("/exec/default/p/c", (("output", "1"),), 400, "at least 1 command"),
        ("/exec/default/p/c", (("command", "x"),), 400, "at least 1 of stdin, stdout, stderr"),
        ("/portForward/default/q", (), 404, "pod does not exist"),
        ("/portForward/default/p", (("port", "0"),), 400, 'cannot be "0"'),
        ("/nosuch", (), 404, "404 page not found"),
    ],
)
async def test_refusals(world: World, path: str, query: tuple[tuple[str, str], ...], code: int, words: str) -> None:
    answer = await world.ask(path, *query)
    assert isinstance(answer, http.Response)
    assert answer.status == code
    assert words in answer.body.decode()


async def test_a_client_of_other_protocols_is_refused(world: World) -> None:
    answer = await world.ask("/exec/default/p/c", ("command", "x"), ("output", "1"), protocol="chat")
    assert isinstance(answer, http.Response)
    assert answer.status == 400


class SpdyClient:
    def __init__(self, world: World, wire: Wire) -> None:
        self.session = spdy.Session(spdy.Role.CLIENT)
        self._world, self._wire = world, wire

    def open(self, port: int, request: str) -> tuple[int, int]:
        headers = {"port": str(port), "requestID": request}
        error = self.session.open({"streamType": "error", **headers})
        self.session.end(error)
        return error, self.session.open({"streamType": "data", **headers})

    async def exchange(self) -> list[spdy.Event]:
        self._wire.say(self.session.outgoing())
        await self._world.clock.settle()
        heard, self._wire.heard = b"".join(self._wire.heard), []
        return self.session.receive(heard)


TUNNEL = "SPDY/3.1+portforward.k8s.io"


async def test_kubectl_forwards_a_port_by_spdy_in_messages(world: World) -> None:
    wire, serving = await world.open("/portForward/default/p", protocol=TUNNEL)
    client = SpdyClient(world, wire)
    error, data = client.open(80, "0")
    assert await client.exchange() == [spdy.Replied(error, {}, False), spdy.Replied(data, {}, False)]
    client.session.send(data, b"hello")
    assert await client.exchange() == [spdy.Data(data, b"hello", False)]
    client.session.end(data)
    assert await client.exchange() == [spdy.Data(data, b"", True), spdy.Data(error, b"", True)]
    assert world.tunnels[0].closed
    assert client.session.streams == {}
    wire.say(None)
    await serving


async def test_several_connections_share_the_session(world: World) -> None:
    wire, serving = await world.open("/portForward/default/p", protocol=TUNNEL)
    client = SpdyClient(world, wire)
    streams = [client.open(80, str(n))[1] for n in range(5)]
    await client.exchange()
    for stream in streams:
        client.session.send(stream, str(stream).encode())
    assert {(event.stream, event.payload) for event in await client.exchange() if isinstance(event, spdy.Data)} == {
        (stream, str(stream).encode()) for stream in streams
    }
    wire.say(None)
    await serving
    assert all(tunnel.closed for tunnel in world.tunnels)


async def test_a_refused_port_is_told_on_its_error_stream(world: World) -> None:
    wire, serving = await world.open("/portForward/default/p", protocol=TUNNEL)
    client = SpdyClient(world, wire)
    error, data = client.open(81, "0")
    events = await client.exchange()
    told = next(event for event in events if isinstance(event, spdy.Data) and event.stream == error)
    assert told.payload.startswith(b"error forwarding port 81 to pod ")
    assert spdy.Data(data, b"", True) in events
    wire.say(None)
    await serving


async def test_other_clients_forward_ports_by_channels(world: World) -> None:
    wire, serving = await world.open(
        "/portForward/default/p", ("port", "80"), ("port", "81"), protocol="v4.channel.k8s.io"
    )
    await world.clock.settle()
    assert wire.heard[:4] == [b"\0\x50\0", b"\1\x50\0", b"\2\x51\0", b"\3\x51\0"]
    assert wire.heard[4].startswith(b"\3error forwarding port 81")
    wire.say(b"\0hello")
    await world.clock.settle()
    assert wire.heard[5] == b"\0hello"
    wire.say(None)
    await serving
    assert world.tunnels[0].closed


async def test_figures_have_a_rate_from_the_second_sample_on(world: World) -> None:
    async def summary() -> dict[str, float]:
        answer = await world.server.handle(http.Request("GET", "/stats/summary"))
        assert isinstance(answer, http.Response)
        cpu: dict[str, float] = json.loads(answer.body)["pods"][0]["containers"][0]["cpu"]
        return cpu

    assert "usageNanoCores" not in await summary()
    await world.clock.advance(10)
    assert (await summary())["usageNanoCores"] == pytest.approx(0.01e9, rel=0.01)


async def test_metrics_are_prometheus_text(world: World) -> None:
    await world.clock.advance(10)
    answer = await world.server.handle(http.Request("GET", "/metrics/resource"))
    assert isinstance(answer, http.Response)
    text = answer.body.decode()
    assert 'container_cpu_usage_seconds_total{container="c",namespace="default",pod="p"} 0.1' in text
    assert "# TYPE node_memory_working_set_bytes gauge" in text


async def test_health_configuration_and_pods(world: World) -> None:
    for path, expected in (
        ("/healthz", b"ok"),
        ("/configz", b'{"kubeletconfig":{}}'),
        ("/pods", b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}'),
    ):
        answer = await world.server.handle(http.Request("GET", path))
        assert isinstance(answer, http.Response)
        assert answer.body == expected


async def test_logs_of_simulated_containers_come_from_memory(world: World) -> None:
    world.runtime.write(world.container_id, "one\ntwo")
    path = (await world.runtime.container_status(world.container_id)).log_path
    world.pod = PodRef("default", "p", "u", "box", {"c": ContainerRef("c", world.container_id, True, path)})
    request = http.Request("GET", "/containerLogs/default/p/c", [("tailLines", "1")])
    answer = await world.server.handle(request)
    assert isinstance(answer, http.Stream)
    assert [frame async for frame in answer.frames] == [b"two\n"]
