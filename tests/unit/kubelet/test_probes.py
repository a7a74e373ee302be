"""Probes on a virtual clock, against a small server of our own behind the connector."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from steersman.cri import runtime as cri
from steersman.kit.virtual import VirtualClock
from steersman.kubelet.probes import ask, grpc, http, rules
from steersman.kubelet.probes.rules import Outcome
from unit.kubelet.world import KubeletWorld, container


class Answers:
    """What `exec` answers in the simulated runtime: scripted exit codes by command."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.asked = 0

    async def execute(self, target: cri.Container, command: Sequence[str], stdin: bytes) -> cri.ExecResult:
        self.asked += 1
        code = self.codes.get(command[0], 0)
        return cri.ExecResult(code, b"" if not code else b"not yet\n", b"")


async def world_with(answers: Answers) -> KubeletWorld:
    return await KubeletWorld(execute=answers.execute).start()


async def test_an_unready_container_is_running_but_not_ready() -> None:
    answers = Answers()
    answers.codes["check"] = 1
    world = await world_with(answers)
    await world.pod(containers=[container(readinessProbe={"exec": {"command": ["check"]}, "periodSeconds": 1})])
    await world.clock.advance(5)
    assert (world.status()["phase"], world.container()["ready"], world.container()["started"]) == (
        "Running",
        False,
        True,
    )
    assert world.condition("Ready")["message"] == "containers with unready status: [c]"
    assert ("Warning", "Unhealthy", "Readiness probe failed: not yet\n") in world.events()
    answers.codes["check"] = 0
    await world.clock.advance(1.1)
    assert world.container()["ready"]
    assert world.condition("Ready")["status"] == "True"
    answers.codes["check"] = 1
    await world.clock.advance(4)  # three failures in a row
    assert not world.container()["ready"]
    assert world.container()["restartCount"] == 0
    await world.close()


async def test_a_failed_liveness_probe_restarts_the_container() -> None:
    answers = Answers()
    world = await world_with(answers)
    probe = {"exec": {"command": ["check"]}, "periodSeconds": 2, "failureThreshold": 2}
    await world.pod(containers=[container(livenessProbe=probe)])
    await world.clock.advance(20)
    assert world.container()["restartCount"] == 0
    answers.codes["check"] = 1
    await world.clock.advance(5)
    assert ("Normal", "Killing", "Container c failed liveness probe, will be restarted") in world.events()
    assert world.container()["restartCount"] == 1
    await world.close()


async def test_a_startup_probe_holds_the_others_back() -> None:
    answers = Answers()
    answers.codes |= {"up": 1, "live": 1}
    world = await world_with(answers)
    startup = {"exec": {"command": ["up"]}, "periodSeconds": 1, "failureThreshold": 100}
    live = {"exec": {"command": ["live"]}, "periodSeconds": 1, "failureThreshold": 1}
    await world.pod(containers=[container(startupProbe=startup, livenessProbe=live)])
    await world.clock.advance(10)
    assert (world.container()["started"], world.container()["ready"]) == (False, False)
    assert world.container()["restartCount"] == 0
    answers.codes |= {"up": 0, "live": 0}
    await world.clock.advance(2)
    assert (world.container()["started"], world.container()["ready"]) == (True, True)
    answers.codes["live"] = 1
    await world.clock.advance(2)
    assert world.container()["restartCount"] == 1
    await world.close()


async def test_a_failed_startup_probe_ends_a_pod_that_never_restarts() -> None:
    answers = Answers()
    answers.codes["up"] = 1
    world = await world_with(answers)
    startup = {"exec": {"command": ["up"]}, "periodSeconds": 1, "failureThreshold": 3}
    await world.pod(containers=[container(startupProbe=startup)], restartPolicy="Never")
    await world.clock.advance(5)
    assert world.status()["phase"] == "Failed"
    assert ("Normal", "Killing", "Stopping container c") in world.events()
    await world.close()


async def test_probes_end_with_their_container() -> None:
    answers = Answers()
    world = await world_with(answers)
    await world.pod(containers=[container(readinessProbe={"exec": {"command": ["check"]}, "periodSeconds": 1})])
    await world.clock.advance(3)
    await world.delete()
    asked = answers.asked
    await world.clock.advance(10)
    assert answers.asked == asked
    await world.close()


class Wire:
    """A connector whose other side is a function."""

    def __init__(self, serve: Any) -> None:
        self.serve = serve

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.serve is None:
            raise ConnectionRefusedError(111, "refused")
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.server = server
        return await asyncio.open_connection(*server.sockets[0].getsockname()[:2])


def saying(head: str, body: str = "") -> Any:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    return serve


async def asked(serve: Any, probe: Any) -> tuple[Outcome, str]:
    wire = Wire(serve)
    asker = ask.Asker(None, VirtualClock(), wire)  # type: ignore[arg-type]  # no exec here
    answer = await asker.ask(probe, {"ports": [{"name": "web", "containerPort": 80}]}, "id", ["10.0.0.1"], 1)
    if serve is not None:
        wire.server.close()
        await wire.server.wait_closed()
    return answer


async def test_http_answers_below_400_are_healthy() -> None:
    get = {"httpGet": {"path": "/", "port": "web"}}
    assert (await asked(saying("HTTP/1.1 204 No Content"), get))[0] is Outcome.SUCCESS
    elsewhere = saying("HTTP/1.1 302 Found\r\nLocation: http://other/", "x")
    assert await asked(elsewhere, get) == (Outcome.WARNING, "Probe terminated redirects, Response body: x")
    assert await asked(saying("HTTP/1.1 500 Oops", "x"), get) == (
        Outcome.FAILURE, "HTTP probe failed with statuscode: 500",
    )  # fmt: skip


async def test_nobody_answering_is_told_as_go_tells_it() -> None:
    refused = 'Get "http://10.0.0.1:80/": dial tcp 10.0.0.1:80: connect: connection refused'
    assert await asked(None, {"httpGet": {"path": "/", "port": 80}}) == (Outcome.FAILURE, refused)
    assert await asked(None, {"tcpSocket": {"port": 80}}) == (
        Outcome.FAILURE, "dial tcp 10.0.0.1:80: connect: connection refused",
    )  # fmt: skip


async def test_grpc_health_is_read_from_the_first_message() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(grpc.PREFACE))
        writer.write(grpc.frame(grpc.SETTINGS, 0, 0))
        writer.write(grpc.frame(grpc.HEADERS, grpc.END_HEADERS, 1, b"\x88"))
        writer.write(grpc.frame(grpc.DATA, 0, 1, b"\x00\x00\x00\x00\x02\x08" + bytes((status,))))
        await writer.drain()
        await reader.read()
        writer.close()

    status = grpc.SERVING
    assert await asked(serve, {"grpc": {"port": 80}}) == (Outcome.SUCCESS, "service healthy")
    status = grpc.NOT_SERVING
    assert (await asked(serve, {"grpc": {"port": 80}}))[1] == 'service unhealthy (responded with "NOT_SERVING")'


@pytest.mark.parametrize("kind", rules.KINDS)
def test_verdicts_change_only_at_their_threshold(kind: str) -> None:
    limits = rules.Timing(successes=2, failures=3)
    state = rules.initial(kind)
    first = state.verdict
    state = rules.after(state, Outcome.SUCCESS, limits)
    assert state.verdict is first
    state = rules.after(rules.after(state, Outcome.UNKNOWN, limits), Outcome.SUCCESS, limits)
    assert state.verdict is Outcome.SUCCESS
    for _ in range(2):
        state = rules.after(state, Outcome.FAILURE, limits)
        assert state.verdict is Outcome.SUCCESS
    assert rules.after(state, Outcome.FAILURE, limits).verdict is Outcome.FAILURE


def test_a_request_is_made_from_the_action() -> None:
    action = {"path": "x?y=1", "port": "web", "scheme": "HTTPS", "httpHeaders": [{"name": "A", "value": "b"}]}
    made = http.request_of(action, {"ports": [{"name": "web", "containerPort": 8443}]}, "fd00::1")
    assert made.url == "https://[fd00::1]:8443/x?y=1"
    assert made.headers == [("A", "b")]
    with pytest.raises(http.BadPort):
        http.request_of({"port": "none"}, {"name": "c"}, "10.0.0.1")


async def test_a_restarted_kubelet_does_not_make_ready_pods_unready() -> None:
    world = await world_with(Answers())
    probe = {"exec": {"command": ["check"]}, "periodSeconds": 30, "initialDelaySeconds": 20}
    await world.pod(containers=[container(readinessProbe=probe, startupProbe=probe)])
    await world.clock.advance(100)
    assert world.container()["ready"]
    await world.crash()
    writes = world.status_writes()
    await world.boot()
    await world.clock.advance(60)
    assert world.container()["ready"]
    assert world.status_writes() == writes
    await world.close()
