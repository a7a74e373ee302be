"""Pods on a private containerd: sandboxes, containers, logs, signals, figures and events."""

import asyncio
import pathlib
import subprocess

import pytest

from node.conftest import IMAGE, Node
from steersman.cri import runtime as cri
from steersman.cri.containerd import processes


async def test_a_pod_lives_from_sandbox_to_removal(node: Node) -> None:
    sandbox, container = await node.run("sh", "-c", "echo out; echo err >&2; exit 3")
    status = await node.until_ended(container)
    assert (status.state, status.exit_code, status.reason) == (cri.ContainerState.EXITED, 3, "Error")
    assert status.sandbox_id == sandbox
    # A container that ends at once has ended, for the shim, a moment before containerd notes its start.
    assert status.created_at <= min(status.started_at, status.finished_at)
    lines = node.log().splitlines()
    assert [line.split(" ", 1)[1] for line in sorted(lines, key=lambda line: line.split()[1])] == [
        "stderr F err",
        "stdout F out",
    ]
    box = await node.runtime.sandbox_status(sandbox)
    assert box.state is cri.SandboxState.READY
    assert box.ips[0].startswith("10.244.77.")
    await node.runtime.stop_sandbox(sandbox)
    assert (await node.runtime.sandbox_status(sandbox)).state is cri.SandboxState.NOT_READY
    await node.runtime.remove_sandbox(sandbox)
    assert await node.runtime.list_sandboxes() == []
    assert await node.runtime.list_containers() == []
    await node.runtime.remove_sandbox(sandbox)
    await node.runtime.stop_container(container, 1)
    with pytest.raises(cri.NotFound):
        await node.runtime.container_status(container)


async def test_a_stop_waits_for_the_grace_and_no_longer(node: Node) -> None:
    _, container = await node.run("sh", "-c", "trap 'exit 7' TERM; while true; do sleep 0.05; done")
    await node.runtime.stop_container(container, 10)
    assert (await node.runtime.container_status(container)).exit_code == 7
    _, stubborn = await node.run("sleep", "1000", pod="stubborn")
    await node.runtime.stop_container(stubborn, 0)
    assert (await node.runtime.container_status(stubborn)).exit_code == 137


async def test_memory_above_the_limit_ends_it_and_says_so(node: Node) -> None:
    config = node.sandbox_config()
    sandbox = await node.runtime.run_sandbox(config)
    # tmpfs counts to the group that wrote it.
    command = ["sh", "-c", "dd if=/dev/zero of=/dev/shm/x bs=1M count=60"]
    limits = cri.Resources(memory_limit=16 << 20)
    container = await node.add(sandbox, config, *command, resources=limits)
    status = await node.until_ended(container)
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


async def test_settings_reach_the_process(node: Node) -> None:
    (node.volumes / "v").mkdir()
    (node.volumes / "v/file").write_text("from the node")
    _, container = await node.run(
        "sh",
        "-c",
        "cat /data/file; echo; id -u; pwd; touch /data/x; cat /proc/1/environ; echo",
        mounts=[cri.Mount("/data", str(node.volumes / "v"), read_only=True)],
        env=[("data-1", "dashed")],
        working_dir="/tmp",
        security=cri.Security(run_as_user=1234, drop_capabilities=["ALL"]),
    )
    await node.until_ended(container)
    log = node.log()
    for expected in ("F from the node", "F 1234", "F /tmp", "Read-only file system", "data-1=dashed"):
        assert expected in log


async def test_what_the_node_mounts_later_is_seen_in_containers(node: Node) -> None:
    target = node.volumes / "tmpfs"
    target.mkdir()
    await asyncio.to_thread(subprocess.run, ["mount", "-t", "tmpfs", "tmpfs", str(target)], check=True)
    (target / "file").write_text("in memory")
    _, container = await node.run("cat", "/m/file", mounts=[cri.Mount("/m", str(target))])
    await node.until_ended(container)
    assert " in memory" in node.log()


async def test_what_cannot_start_says_why(node: Node) -> None:
    config = node.sandbox_config()
    sandbox = await node.runtime.run_sandbox(config)
    with pytest.raises(cri.RuntimeFault, match="executable file not found"):
        await node.add(sandbox, config, "nosuch")
    with pytest.raises(cri.RuntimeFault, match="reserved"):
        await node.runtime.run_sandbox(config)
    with pytest.raises(cri.RuntimeFault, match="not found"):
        await node.runtime.create_container(sandbox, cri.ContainerConfig("d", "steersman.local/none:1"), config)


async def test_pods_reach_each_other(node: Node) -> None:
    sandbox, _ = await node.run("httpd", "-f", "-p", "8080", pod="server")
    (address,) = (await node.runtime.sandbox_status(sandbox)).ips
    _, client = await node.run(
        "sh", "-c", f"while ! echo 'GET / HTTP/1.0' | nc -w 2 {address} 8080; do sleep 0.05; done", pod="client"
    )
    await node.until_ended(client)
    assert "HTTP/1." in node.log("client")


async def test_events_tell_of_starts_and_ends_but_not_of_execs(node: Node) -> None:
    seen: list[cri.RuntimeEvent] = []

    async def listen() -> None:
        async for event in node.runtime.events():
            seen.append(event)

    listening = asyncio.ensure_future(listen())
    await asyncio.sleep(0.1)
    _, container = await node.run("sleep", "1000")
    await node.runtime.exec_sync(container, ["true"], 5)
    await node.runtime.stop_container(container, 0)
    async with node.clock.timeout(5):
        while not any(event.kind is cri.EventKind.EXITED for event in seen):
            await node.clock.sleep(0.01)
    mine = [event for event in seen if event.id == container]
    assert mine[:2] == [
        cri.RuntimeEvent(cri.EventKind.STARTED, container),
        cri.RuntimeEvent(cri.EventKind.EXITED, container, 137),
    ]
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_figures_are_of_running_containers(node: Node) -> None:
    _, container = await node.run("sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 1000")
    async with node.clock.timeout(5):
        while True:
            (stats,) = await node.runtime.stats()
            if stats.cpu_nanoseconds > 20_000_000:
                break
            await asyncio.sleep(0.02)
    assert stats.id == container
    assert stats.memory_bytes > 0


async def test_logs_are_written_to_the_new_file_after_rotation(node: Node) -> None:
    _, container = await node.run("sh", "-c", "echo one; while [ ! -e /tmp/go ]; do sleep 0.02; done; echo two")
    log = node.logs / "p/c/0.log"
    while "one" not in log.read_text():
        await node.clock.sleep(0.01)
    log.rename(log.with_suffix(".old"))
    await node.runtime.reopen_log(container)
    await node.runtime.exec_sync(container, ["touch", "/tmp/go"], 5)
    await node.until_ended(container)
    assert "two" in node.log()
    assert "one" not in node.log()


async def test_limits_change_while_it_runs(node: Node) -> None:
    _, container = await node.run("sleep", "1000", resources=cri.Resources(memory_limit=32 << 20))
    await node.runtime.update_resources(container, cri.Resources(memory_limit=64 << 20))
    answer = await node.runtime.exec_sync(
        container,
        ["sh", "-c", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max"],
        5,
    )
    assert answer.stdout.strip() == str(64 << 20).encode()


async def test_images_come_from_archives_and_not_from_anywhere_else(node: Node) -> None:
    status = await node.runtime.image_status(IMAGE)
    assert status is not None
    assert IMAGE in status.tags
    assert status.size > 0
    assert any(IMAGE in image.tags for image in await node.runtime.list_images())
    with pytest.raises(cri.ImagePullFault, match=r"connection refused|127\.0\.0\.1"):
        await node.runtime.pull_image("registry.example.com/none:1")
    with pytest.raises(cri.RuntimeFault, match="cannot load"):
        await node.runtime.load_image(str(node.folder / "none.tar"))
    await node.runtime.remove_image(IMAGE)
    assert await node.runtime.image_status(IMAGE) is None


async def test_pods_with_a_shared_process_namespace_see_each_other(node: Node) -> None:
    options = cri.NamespaceOptions(shared_pid=True)
    config = node.sandbox_config(namespaces=options)
    sandbox = await node.runtime.run_sandbox(config)
    await node.add(sandbox, config, "sleep", "1000", namespaces=options)
    other = await node.add(sandbox, config, "sh", "-c", "cat /proc/[0-9]*/cmdline", name="d", namespaces=options)
    await node.until_ended(other)
    log = node.log(container="d")
    assert "/pause" in log
    assert "sleep" in log


async def test_a_pod_on_the_node_s_network_is_in_the_node_s_namespace(node: Node) -> None:
    config = node.sandbox_config(namespaces=cri.NamespaceOptions(host_network=True))
    sandbox = await node.runtime.run_sandbox(config)
    status = await node.runtime.sandbox_status(sandbox)
    assert status.ips == ()
    assert pathlib.Path(status.network_path).readlink() == pathlib.Path(node.place.network).readlink()
    assert processes.find(status.pid) is not None
