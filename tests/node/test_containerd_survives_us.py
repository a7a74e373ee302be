"""The daemon and its containers outlive our process and their own daemon, and go without trace when told."""

import pathlib
import signal

import pytest

from node.conftest import Node
from steersman.cri import runtime as cri
from steersman.cri.containerd import processes
from steersman.cri.containerd.daemon import Daemon
from steersman.cri.containerd.runtime import ContainerdRuntime
from steersman.kit.entropy import SystemEntropy


async def test_another_instance_finds_the_daemon_and_its_containers(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    other = Daemon(node.place, node.clock)
    assert await other.start() is False
    assert other.process == node.daemon.process
    runtime = ContainerdRuntime(other, node.clock, SystemEntropy(), node.tasks)
    assert (await runtime.container_status(container)).state is cri.ContainerState.RUNNING
    await runtime.close()


async def test_containers_run_on_while_their_daemon_is_away(node: Node) -> None:
    sandbox, container = await node.run("sleep", "1000")
    before = await node.runtime.container_status(container)
    await node.daemon.end()
    with pytest.raises(cri.Unreachable):
        await node.runtime.version()
    assert await node.daemon.start() is True
    after = await node.runtime.container_status(container)
    assert (after.state, after.pid, after.started_at) == (before.state, before.pid, before.started_at)
    # It joined the mount namespace of before: its sandbox still takes containers and lends streams.
    config = node.sandbox_config()
    second = await node.add(sandbox, config, "sh", "-c", "echo again", name="d")
    await node.until_ended(second)
    assert "again" in node.log(container="d")
    assert (await node.runtime.exec_sync(container, ["echo", "hi"], 5)).stdout == b"hi\n"
    process = await node.runtime.exec(container, ["echo", "hi"], stdin=False, tty=False)
    assert await process.read() == (1, b"hi\n")
    await process.close()


async def test_what_ended_while_the_daemon_was_away_is_known_afterwards(node: Node) -> None:
    _, container = await node.run("sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 9")
    pid = (await node.runtime.container_status(container)).pid
    await node.daemon.end()
    process = processes.find(pid)
    assert process is not None
    process.signal(signal.SIGKILL)
    await node.daemon.start()
    status = await node.until_ended(container)
    assert status.exit_code == 137


async def test_a_daemon_that_was_killed_is_started_again(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    assert node.daemon.process is not None
    node.daemon.process.kill()
    watching = node.tasks.spawn(node.daemon.supervise(0.02), "supervise")
    async with node.clock.timeout(10):
        while True:
            try:
                status = await node.runtime.container_status(container)
                break
            except cri.Unreachable:
                await node.clock.sleep(0.02)
    assert status.state is cri.ContainerState.RUNNING
    watching.cancel()


async def test_stop_ends_everything_whatever_runs(node: Node) -> None:
    await node.run("sh", "-c", "trap '' TERM; sleep 1000 & sleep 1000")
    await node.run("sleep", "1000", pod="q")
    assert node.traces()["processes"]
    assert node.traces()["control groups"]
    await node.runtime.close()
    assert await node.daemon.stop() == []
    assert node.traces() == {"mounts": [], "processes": [], "control groups": []}
    assert await node.daemon.stop() == []
    # A node that starts again has its images and none of its pods.
    await node.start()
    assert all(box.state is cri.SandboxState.NOT_READY for box in await node.runtime.list_sandboxes())
    for box in await node.runtime.list_sandboxes():
        await node.runtime.remove_sandbox(box.id)
    assert await node.runtime.list_containers() == []
    await node.run("true", pod="again")


async def test_stop_ends_what_a_dead_daemon_left(node: Node) -> None:
    await node.run("sleep", "1000")
    assert node.daemon.process is not None
    node.daemon.process.kill()
    assert await Daemon(node.place, node.clock).stop() == []
    assert node.traces() == {"mounts": [], "processes": [], "control groups": []}


async def test_a_daemon_that_cannot_start_says_why(node: Node) -> None:
    await node.daemon.end()
    (node.place.directory / "root").rename(node.place.directory / "kept")
    (node.place.directory / "root").write_text("not a directory")
    try:
        with pytest.raises((cri.RuntimeFault, OSError)):
            await node.daemon.start()
    finally:
        (node.place.directory / "root").unlink()
        (node.place.directory / "kept").rename(node.place.directory / "root")


async def test_a_directory_with_a_long_name_has_its_socket_elsewhere(tmp_path: pathlib.Path, namespace: str) -> None:
    node = Node(tmp_path / ("long " + "x" * 100), namespace)
    try:
        await node.daemon.start()
        assert len(str(node.daemon.socket)) < 100
        assert (await node.connected().version()).name == "containerd"
    finally:
        assert await node.daemon.stop() == []
    assert not node.daemon.socket.parent.exists()
    assert node.traces() == {"mounts": [], "processes": [], "control groups": []}
