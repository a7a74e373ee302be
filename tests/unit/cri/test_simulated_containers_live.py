"""Life of simulated containers: created, running, exited, on the clock and as their script says."""

import asyncio
import pathlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import pytest

from steersman.cri import runtime as cri
from steersman.cri.simulated import Latencies, SimulatedRuntime
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock

Run: TypeAlias = Callable[..., Awaitable[str]]


def sandbox(name: str = "p", **fields: Any) -> cri.SandboxConfig:
    return cri.SandboxConfig(name, "default", f"uid-{name}", **fields)


async def test_a_server_runs_until_it_is_stopped(run: Run, runtime: SimulatedRuntime, clock: VirtualClock) -> None:
    id = await run("nginx")
    await clock.advance("2h")
    assert (await runtime.container_status(id)).state is cri.ContainerState.RUNNING
    await runtime.stop_container(id, 30)
    status = await runtime.container_status(id)
    assert (status.state, status.exit_code, status.reason) == (cri.ContainerState.EXITED, 143, "Error")


async def test_a_script_ends_by_itself_at_its_time(run: Run, runtime: SimulatedRuntime, clock: VirtualClock) -> None:
    id = await run("sh", "-c", "sleep 5; exit 3")
    await clock.advance(4.9)
    assert (await runtime.container_status(id)).state is cri.ContainerState.RUNNING
    await clock.advance(0.1)
    status = await runtime.container_status(id)
    assert (status.exit_code, status.reason) == (3, "Error")
    assert status.finished_at - status.started_at == pytest.approx(5)


async def test_an_annotation_says_more_than_the_command(
    run: Run, runtime: SimulatedRuntime, clock: VirtualClock
) -> None:
    id = await run("true", annotations={"steersman.dev/simulate.c": '{"runSeconds": 1, "oom": true}'})
    await clock.advance(1)
    status = await runtime.container_status(id)
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


async def test_a_wrong_annotation_is_refused_when_the_container_is_made(run: Run) -> None:
    with pytest.raises(cri.RuntimeFault, match="unknown field 'runsecond'"):
        await run("true", annotations={"steersman.dev/simulate": '{"runsecond": 1}'})


async def test_who_does_not_stop_in_its_grace_is_killed(
    run: Run, runtime: SimulatedRuntime, clock: VirtualClock
) -> None:
    id = await run("x", annotations={"steersman.dev/simulate": '{"stopSeconds": 60, "stopCode": 0}'})
    stopping = asyncio.ensure_future(runtime.stop_container(id, 10))
    await clock.advance(9)
    assert not stopping.done()
    await clock.advance(1)
    await stopping
    assert (await runtime.container_status(id)).exit_code == 137


async def test_who_stops_in_time_ends_as_it_likes(run: Run, runtime: SimulatedRuntime, clock: VirtualClock) -> None:
    id = await run("x", annotations={"steersman.dev/simulate": '{"stopSeconds": 3, "stopCode": 0}'})
    stopping = asyncio.ensure_future(runtime.stop_container(id, 10))
    await clock.advance(3)
    await stopping
    status = await runtime.container_status(id)
    assert (status.exit_code, status.reason) == (0, "Completed")


async def test_starting_can_fail(run: Run, runtime: SimulatedRuntime) -> None:
    with pytest.raises(cri.RuntimeFault, match="exec format error"):
        await run("x", annotations={"steersman.dev/simulate": '{"startFault": "exec format error"}'})
    (container,) = await runtime.list_containers()
    assert container.state is cri.ContainerState.EXITED


async def test_a_started_container_is_not_started_again(run: Run, runtime: SimulatedRuntime) -> None:
    id = await run("nginx")
    with pytest.raises(cri.RuntimeFault, match="not in created state"):
        await runtime.start_container(id)


async def test_a_sandbox_s_name_is_taken_once(runtime: SimulatedRuntime) -> None:
    await runtime.run_sandbox(sandbox())
    with pytest.raises(cri.RuntimeFault, match="is reserved for"):
        await runtime.run_sandbox(sandbox())
    await runtime.run_sandbox(sandbox(attempt=1))


async def test_a_removed_sandbox_takes_its_containers_along(run: Run, runtime: SimulatedRuntime) -> None:
    id = await run("nginx")
    (box,) = await runtime.list_sandboxes()
    await runtime.remove_sandbox(box.id)
    assert await runtime.list_containers() == []
    with pytest.raises(cri.NotFound):
        await runtime.container_status(id)


async def test_stopping_and_removing_what_is_gone_succeeds(runtime: SimulatedRuntime) -> None:
    await runtime.stop_container("gone", 0)
    await runtime.remove_container("gone")
    await runtime.stop_sandbox("gone")
    await runtime.remove_sandbox("gone")


async def test_a_stopped_sandbox_takes_no_containers(run: Run, runtime: SimulatedRuntime) -> None:
    await run("nginx")
    (box,) = await runtime.list_sandboxes()
    await runtime.stop_sandbox(box.id)
    with pytest.raises(cri.RuntimeFault, match="is not running"):
        await runtime.create_container(box.id, cri.ContainerConfig("d", "busybox"), sandbox())


async def test_addresses_come_from_the_range_and_come_back(runtime: SimulatedRuntime) -> None:
    ids = [await runtime.run_sandbox(sandbox(f"p{n}")) for n in range(13)]
    addresses = [(await runtime.sandbox_status(id)).ips for id in ids]
    assert addresses[0] == ("10.244.3.2",)
    assert len(set(addresses)) == 13
    with pytest.raises(cri.RuntimeFault, match="no IP addresses available"):
        await runtime.run_sandbox(sandbox("one-more"))
    await runtime.stop_sandbox(ids[4])
    again = await runtime.run_sandbox(sandbox("one-more"))
    assert (await runtime.sandbox_status(again)).ips == addresses[4]


async def test_a_pod_on_the_node_s_network_has_no_address_of_its_own(runtime: SimulatedRuntime) -> None:
    id = await runtime.run_sandbox(sandbox(namespaces=cri.NamespaceOptions(host_network=True)))
    assert (await runtime.sandbox_status(id)).ips == ()


async def test_latencies_take_virtual_time(clock: VirtualClock) -> None:
    runtime = SimulatedRuntime(clock, SeededEntropy(1), latencies=Latencies(sandbox=2.0))
    making = asyncio.ensure_future(runtime.run_sandbox(sandbox()))
    await clock.advance(1.9)
    assert not making.done()
    await clock.advance(0.1)
    assert making.done()


async def test_events_hint_at_each_change(run: Run, runtime: SimulatedRuntime, clock: VirtualClock) -> None:
    seen = []

    async def listen() -> None:
        async for event in runtime.events():
            seen.append((event.kind.value, event.exit_code))

    listening = asyncio.ensure_future(listen())
    await clock.settle()
    id = await run("sh", "-c", "exit 7")
    await clock.advance(1)
    await runtime.remove_container(id)
    await clock.settle()
    assert seen == [("started", 0), ("started", 0), ("exited", 7), ("deleted", 0)]
    listening.cancel()


async def test_a_runtime_that_is_down_cannot_be_reached_and_loses_nothing(run: Run, runtime: SimulatedRuntime) -> None:
    id = await run("nginx")
    runtime.go_down()
    with pytest.raises(cri.Unreachable):
        await runtime.list_containers()
    runtime.come_back()
    assert (await runtime.container_status(id)).state is cri.ContainerState.RUNNING


async def test_another_kubelet_finds_everything_after_close(run: Run, runtime: SimulatedRuntime) -> None:
    await run("nginx")
    await runtime.close()
    assert len(await runtime.list_containers()) == 1


async def test_an_image_must_be_there_before_its_container(runtime: SimulatedRuntime) -> None:
    id = await runtime.run_sandbox(sandbox())
    with pytest.raises(cri.NotFound, match="image not found"):
        await runtime.create_container(id, cri.ContainerConfig("c", "nginx"), sandbox())
    await runtime.pull_image("nginx")
    await runtime.create_container(id, cri.ContainerConfig("c", "nginx"), sandbox())


async def test_a_pull_can_be_refused(clock: VirtualClock) -> None:
    runtime = SimulatedRuntime(clock, SeededEntropy(1), pull=lambda image: f"no route to {image}")
    with pytest.raises(cri.ImagePullFault, match="no route to nginx"):
        await runtime.pull_image("nginx")
    assert await runtime.image_status("nginx") is None


async def test_an_image_is_found_by_each_of_its_names(runtime: SimulatedRuntime) -> None:
    id = await runtime.pull_image("nginx")
    for name in ("nginx", "nginx:latest", "docker.io/library/nginx", id):
        status = await runtime.image_status(name)
        assert status is not None
        assert status.id == id


async def test_exec_answers_and_times_out(run: Run, clock: VirtualClock) -> None:
    async def execute(container: cri.Container, command: Sequence[str], stdin: bytes) -> cri.ExecResult:
        await clock.sleep(60)
        return cri.ExecResult(0, b"", b"")

    slow = SimulatedRuntime(clock, SeededEntropy(2), execute=execute)
    slow.add_image("busybox")
    box = await slow.run_sandbox(sandbox())
    id = await slow.create_container(box, cri.ContainerConfig("c", "busybox"), sandbox())
    await slow.start_container(id)
    asking = asyncio.ensure_future(slow.exec_sync(id, ["true"], 1))
    await clock.advance(1)
    with pytest.raises(cri.ExecTimeout):
        await asking


async def test_exec_in_what_does_not_run_is_refused(run: Run, runtime: SimulatedRuntime) -> None:
    id = await run("true")
    runtime.kill(id, 0)
    with pytest.raises(cri.RuntimeFault, match="CONTAINER_EXITED"):
        await runtime.exec_sync(id, ["true"], 1)


async def test_cat_gives_back_its_input(run: Run, runtime: SimulatedRuntime) -> None:
    process = await runtime.exec(await run("nginx"), ["cat"], stdin=True, tty=False)
    await process.write(b"hello")
    await process.close_input()
    assert await process.read() == (1, b"hello")
    assert await process.read() is None
    assert await process.wait() == 0


async def test_processor_time_grows_with_the_clock(run: Run, runtime: SimulatedRuntime, clock: VirtualClock) -> None:
    await run("x", annotations={"steersman.dev/simulate": '{"cpuCores": 0.5}'})
    await clock.advance(10)
    (stats,) = await runtime.stats()
    assert stats.cpu_nanoseconds == pytest.approx(5e9)


async def test_logs_are_written_where_asked(clock: VirtualClock, tmp_path: pathlib.Path) -> None:
    runtime = SimulatedRuntime(clock, SeededEntropy(1), write_logs=True)
    runtime.add_image("busybox")
    config = sandbox(log_directory=str(tmp_path))
    box = await runtime.run_sandbox(config)
    made = cri.ContainerConfig("c", "busybox", command=["echo", "hello"], log_path="c/0.log")
    id = await runtime.create_container(box, made, config)
    await runtime.start_container(id)
    assert (tmp_path / "c/0.log").read_text() == "2026-01-01T00:00:00.000000000Z stdout F hello\n"


async def test_a_thousand_pods_are_cheap() -> None:
    clock = VirtualClock()
    runtime = SimulatedRuntime(clock, SeededEntropy(1), "10.0.0.0/16")
    runtime.add_image("busybox")
    for n in range(1000):
        config = sandbox(f"p{n}")
        box = await runtime.run_sandbox(config)
        await runtime.start_container(await runtime.create_container(box, cri.ContainerConfig("c", "busybox"), config))
    assert len(await runtime.list_containers()) == 1000
    assert clock.pending == 0  # a server costs no timer


async def test_logs_are_kept_in_memory_otherwise_and_go_with_the_container(run: Run, runtime: SimulatedRuntime) -> None:
    id = await run("echo", "hello")
    runtime.write(id, "more")
    path = (await runtime.container_status(id)).log_path
    lines = runtime.logs_in_memory.open(path).read(1000).splitlines()
    assert [line.split(b" ", 3)[3] for line in lines] == [b"hello", b"more"]
    await runtime.remove_container(id)
    with pytest.raises(FileNotFoundError):
        runtime.logs_in_memory.open(path)
