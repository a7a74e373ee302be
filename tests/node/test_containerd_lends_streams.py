"""Exec, attach and port-forward into real containers."""

import asyncio

import pytest

from node.conftest import Node
from steersman.cri import runtime as cri


async def drained(process: cri.Process) -> dict[int, bytes]:
    found = {1: b"", 2: b""}
    while (piece := await process.read()) is not None:
        found[piece[0]] += piece[1]
    return found


async def until(process: cri.Process, text: bytes) -> bytes:
    """What it says up to `text`."""
    heard = b""
    while text not in heard:
        piece = await process.read()
        assert piece is not None, heard
        heard += piece[1]
    return heard


async def test_exec_sync_gives_output_and_code(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    answer = await node.runtime.exec_sync(container, ["sh", "-c", "echo out; echo err >&2; exit 3"], 5)
    assert answer == cri.ExecResult(3, b"out\n", b"err\n")
    with pytest.raises(cri.ExecTimeout):
        await node.runtime.exec_sync(container, ["sleep", "60"], 1)
    with pytest.raises(cri.RuntimeFault, match="executable file not found"):
        await node.runtime.exec_sync(container, ["nosuch"], 1)


async def test_an_exec_s_streams_are_apart_and_its_input_ends(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    process = await node.runtime.exec(container, ["sh", "-c", "cat; echo err >&2; exit 4"], stdin=True, tty=False)
    await process.write(b"hello\n")
    await process.close_input()
    assert await drained(process) == {1: b"hello\n", 2: b"err\n"}
    assert await process.wait() == 4
    await process.close()


async def test_much_goes_through_in_both_directions(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    process = await node.runtime.exec(container, ["cat"], stdin=True, tty=False)
    sent = b"0123456789abcdef" * (1 << 16)

    async def write() -> None:
        await process.write(sent)
        await process.close_input()

    writing = asyncio.ensure_future(write())
    assert (await drained(process))[1] == sent
    await writing
    assert await process.wait() == 0
    await process.close()


async def test_a_terminal_has_a_size_and_echoes(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    process = await node.runtime.exec(container, ["sh"], stdin=True, tty=True)
    await process.resize(100, 40)
    await process.write(b"stty size; tty; exit 5\n")
    heard = (await drained(process))[1]
    assert b"40 100" in heard
    assert b"/dev/pts/" in heard
    assert await process.wait() == 5
    await process.close()


async def test_an_exec_that_is_let_go_is_killed(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    process = await node.runtime.exec(container, ["sleep", "987"], stdin=False, tty=False)
    await process.close()
    answer = await node.runtime.exec_sync(container, ["sh", "-c", "cat /proc/[0-9]*/cmdline"], 5)
    assert b"987" not in answer.stdout
    assert list((node.place.directory / "fifo").iterdir()) == []


async def test_a_child_that_keeps_the_output_open_does_not_keep_us(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    process = await node.runtime.exec(container, ["sh", "-c", "echo done; sleep 600 &"], stdin=False, tty=False)
    async with node.clock.timeout(5):
        assert (await drained(process))[1] == b"done\n"
        assert await process.wait() == 0
    await process.close()


async def test_an_exec_ends_with_its_container(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    process = await node.runtime.exec(container, ["sleep", "1000"], stdin=False, tty=False)
    await node.runtime.stop_container(container, 0)
    async with node.clock.timeout(5):
        assert await drained(process) == {1: b"", 2: b""}
        assert await process.wait() == 137
    await process.close()


async def test_what_cannot_be_executed_says_why_and_leaves_nothing(node: Node) -> None:
    _, container = await node.run("sleep", "1000")
    with pytest.raises(cri.RuntimeFault, match="executable file not found"):
        await node.runtime.exec(container, ["nosuch"], stdin=True, tty=False)
    assert list((node.place.directory / "fifo").iterdir()) == []
    with pytest.raises(cri.NotFound):
        await node.runtime.exec("nosuch", ["true"], stdin=False, tty=False)


async def test_attach_sees_a_prompt_before_its_line_ends(node: Node) -> None:
    _, container = await node.run("sh", stdin=True, tty=True)
    process = await node.runtime.attach(container)
    await process.resize(90, 30)
    await process.write(b"stty size; printf 'name? '; read n; echo hello $n; exit 3\n")
    await until(process, b"name? ")
    await process.write(b"world\n")
    heard = await until(process, b"hello world")
    assert b"hello world" in heard
    while await process.read() is not None:
        pass
    assert await process.wait() == 3
    await process.close()


async def test_attach_gives_input_to_the_container_and_letting_go_leaves_it(node: Node) -> None:
    _, container = await node.run("sh", "-c", "while read line; do echo got $line; done", stdin=True)
    process = await node.runtime.attach(container)
    await process.write(b"one\n")
    await until(process, b"got one\n")
    await process.close()
    assert (await node.runtime.container_status(container)).state is cri.ContainerState.RUNNING
    again = await node.runtime.attach(container)
    await again.write(b"two\n")
    await until(again, b"got two\n")
    await again.close()


async def test_the_end_of_an_attach_s_input_ends_a_container_that_reads_once(node: Node) -> None:
    _, container = await node.run("cat", stdin=True, stdin_once=True)
    process = await node.runtime.attach(container)
    await process.write(b"last\n")
    await until(process, b"last\n")
    await process.close_input()
    assert await process.wait() == 0
    await process.close()


async def test_a_tunnel_reaches_a_port_in_the_pod(node: Node) -> None:
    sandbox, container = await node.run("sh", "-c", "nc -l -p 8080 -e cat; sleep 1000")
    async with node.clock.timeout(5):
        while True:
            try:
                tunnel = await node.runtime.connect(sandbox, 8080)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
    await tunnel.write(b"ping")
    assert await tunnel.read() == b"ping"
    await tunnel.close_input()
    assert await tunnel.read() == b""
    await tunnel.close()
    with pytest.raises(ConnectionRefusedError):
        await node.runtime.connect(sandbox, 8081)
    assert container
