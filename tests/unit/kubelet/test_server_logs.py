"""Logs through the kubelet's server: which lines, from where, until when, and the refusals' words."""

import asyncio
import pathlib

import pytest

from steersman.cri import logs
from steersman.cri.simulated import SimulatedRuntime
from steersman.kit import http
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock
from steersman.kubelet.server.pods import ContainerRef, PodRef
from steersman.kubelet.server.server import Server


class OnePod:
    """The kubelet's records, with one pod in them."""

    def __init__(self, container: ContainerRef) -> None:
        self.container = container

    def find(self, namespace: str, name: str) -> PodRef | None:
        if (namespace, name) != ("default", "p"):
            return None
        return PodRef("default", "p", "u", "box", {"c": self.container})

    def refs(self) -> list[PodRef]:
        found = self.find("default", "p")
        return [found] if found else []

    def all(self) -> list[dict[str, object]]:
        return []


class World:
    def __init__(self, folder: pathlib.Path) -> None:
        self.clock = VirtualClock()
        self.path = folder / "0.log"
        self.pods = OnePod(ContainerRef("c", id="1", running=True, log_path=str(self.path)))
        self.server = Server("n", self.pods, SimulatedRuntime(self.clock, SeededEntropy(1)), self.clock)

    def write(self, *lines: str, at: float | None = None, stream: str = "stdout", partial: bool = False) -> None:
        with self.path.open("ab") as file:
            for line in lines:
                moment = self.clock.now() if at is None else at
                file.write(logs.line(moment, stream, line.encode(), partial=partial))

    async def ask(self, *query: tuple[str, str], path: str = "/containerLogs/default/p/c") -> http.Answer:
        return await self.server.handle(http.Request("GET", path, query))

    async def read(self, *query: tuple[str, str]) -> str:
        answer = await self.ask(*query)
        assert isinstance(answer, http.Stream), answer
        return b"".join([frame async for frame in answer.frames]).decode()

    def end(self) -> None:
        self.pods.container = ContainerRef("c", id="1", running=False, log_path=str(self.path))


@pytest.fixture
def world(tmp_path: pathlib.Path) -> World:
    return World(tmp_path)


async def test_all_lines_come_in_order_and_partial_ones_are_joined(world: World) -> None:
    world.write("one")
    world.write("tw", partial=True)
    world.write("o")
    world.write("three", stream="stderr")
    assert await world.read() == "one\ntwo\nthree\n"


async def test_tail_takes_the_last_lines(world: World) -> None:
    world.write(*(f"line {n}" for n in range(10_000)))
    assert await world.read(("tailLines", "2")) == "line 9998\nline 9999\n"
    assert await world.read(("tailLines", "0")) == ""
    assert (await world.read(("tailLines", "99999"))).count("\n") == 10_000


async def test_timestamps_stand_before_whole_lines_only(world: World) -> None:
    world.write("a", partial=True)
    world.write("b")
    assert await world.read(("timestamps", "true")) == "2026-01-01T00:00:00.000000000Z ab\n"


async def test_since_leaves_older_lines_out(world: World) -> None:
    world.write("old", at=world.clock.now() - 100)
    world.write("new", at=world.clock.now() - 5)
    assert await world.read(("sinceSeconds", "10")) == "new\n"
    assert await world.read(("sinceTime", "2025-12-31T23:59:00Z")) == "new\n"


async def test_bytes_are_limited_exactly(world: World) -> None:
    world.write("12345", "67890")
    assert await world.read(("limitBytes", "8")) == "12345\n67"


async def test_one_stream_can_be_asked_for(world: World) -> None:
    world.write("out")
    world.write("err", stream="stderr")
    assert await world.read(("stream", "Stderr")) == "err\n"


async def test_an_unfinished_last_line_is_shown(world: World) -> None:
    world.write("whole")
    with world.path.open("ab") as file:
        file.write(logs.line(0, "stdout", b"half")[:-1])
    assert await world.read() == "whole\nhalf\n"


async def follow(world: World, *query: tuple[str, str]) -> tuple["asyncio.Future[None]", list[bytes]]:
    answer = await world.ask(("follow", "true"), *query)
    assert isinstance(answer, http.Stream)
    shown: list[bytes] = []

    async def collect() -> None:
        async for frame in answer.frames:
            shown.append(frame)

    return asyncio.ensure_future(collect()), shown


async def test_a_follower_sees_lines_as_they_come_and_ends_with_the_container(world: World) -> None:
    world.write("one")
    following, shown = await follow(world)
    await world.clock.advance(1)
    assert b"".join(shown) == b"one\n"
    world.write("two")
    await world.clock.advance(0.1)
    assert b"".join(shown) == b"one\ntwo\n"
    world.write("last words")
    world.end()
    await world.clock.advance(0.1)
    await following
    assert b"".join(shown) == b"one\ntwo\nlast words\n"


async def test_a_follower_goes_on_through_rotation(world: World) -> None:
    world.write("one")
    following, shown = await follow(world)
    await world.clock.advance(1)
    world.write("two")
    world.path.rename(world.path.with_suffix(".rotated"))
    world.write("three")
    await world.clock.advance(1)
    assert b"".join(shown) == b"one\ntwo\nthree\n"
    world.end()
    await world.clock.advance(1)
    await following


async def test_a_follower_of_nothing_yet_waits_for_the_file(world: World) -> None:
    following, shown = await follow(world)
    await world.clock.advance(1)
    world.write("first")
    await world.clock.advance(0.1)
    assert shown == [b"first\n"]
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_follower_ends_when_the_container_is_another(world: World) -> None:
    world.write("one")
    following, _ = await follow(world)
    await world.clock.advance(1)
    world.pods.container = ContainerRef("c", id="2", running=True, log_path=str(world.path))
    await world.clock.advance(1)
    await following


async def test_a_container_without_a_file_has_no_lines(world: World) -> None:
    assert await world.read() == ""


async def test_previous_is_the_attempt_before(world: World, tmp_path: pathlib.Path) -> None:
    (tmp_path / "before.log").write_bytes(logs.line(0, "stdout", b"died"))
    path = str(tmp_path / "before.log")
    world.pods.container = ContainerRef("c", id="1", running=True, log_path=str(world.path), previous_log_path=path)
    assert await world.read(("previous", "true")) == "died\n"


async def test_a_follower_closes_its_file(world: World) -> None:
    world.write("one")
    answer = await world.ask(("follow", "true"))
    assert isinstance(answer, http.Stream)
    frames = answer.frames
    assert await anext(frames) == b"one\n"
    open_files = len(list(pathlib.Path("/proc/self/fd").iterdir()))
    await answer.aclose()
    assert len(list(pathlib.Path("/proc/self/fd").iterdir())) == open_files - 1


@pytest.mark.parametrize(
    ("container", "query", "code", "words"),
    [
        (
            ContainerRef("c", waiting="ContainerCreating"),
            (),
            400,
            'container "c" in pod "p" is waiting to start: ContainerCreating',
        ),
        (
            ContainerRef("c", waiting="ImagePullBackOff"),
            (),
            400,
            'container "c" in pod "p" is waiting to start: trying and failing to pull image',
        ),
        (
            ContainerRef("c", id="1", log_path="/x"),
            (("previous", "true"),),
            400,
            'previous terminated container "c" in pod "p" not found',
        ),
        (ContainerRef("c"), (), 400, 'container "c" in pod "p" is not available'),
        (ContainerRef("c", id="1", log_path="/x"), (("tailLines", "-1"),), 422, '{"message":"Invalid request."}'),
        (ContainerRef("c", id="1", log_path="/x"), (("sinceTime", "today"),), 422, '{"message":"Invalid request."}'),
    ],
)
async def test_refusals_are_in_the_kubelet_s_words(
    world: World, container: ContainerRef, query: tuple[tuple[str, str], ...], code: int, words: str
) -> None:
    world.pods.container = container
    answer = await world.ask(*query)
    assert isinstance(answer, http.Response)
    assert (answer.status, answer.body.decode().strip()) == (code, words)


async def test_unknown_pods_and_containers_are_not_found(world: World) -> None:
    for path, words in (
        ("/containerLogs/default/q/c", 'pod "q" does not exist'),
        ("/containerLogs/default/p/d", 'container "d" not found in pod "p"'),
    ):
        answer = await world.ask(path=path)
        assert isinstance(answer, http.Response)
        assert (answer.status, answer.body.decode().strip()) == (404, words)
