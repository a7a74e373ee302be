"""postStart and preStop, and the one grace that they share with the stop signal."""

from collections.abc import Sequence

from steersman.cri import runtime as cri
from unit.kubelet.world import KubeletWorld, container


class Hooks:
    """What `exec` answers: a code by command, and what was asked."""

    def __init__(self, **codes: int) -> None:
        self.codes = codes
        self.asked: list[str] = []

    async def execute(self, target: cri.Container, command: Sequence[str], stdin: bytes) -> cri.ExecResult:
        self.asked.append(command[0])
        return cri.ExecResult(self.codes.get(command[0], 0), b"", b"")


async def test_pre_stop_runs_before_the_container_is_stopped() -> None:
    hooks = Hooks()
    world = await KubeletWorld(execute=hooks.execute).start()
    await world.pod(containers=[container(lifecycle={"preStop": {"exec": {"command": ["bye"]}}})])
    assert hooks.asked == []
    await world.delete()
    await world.clock.advance(1)
    assert hooks.asked == ["bye"]
    assert not world.has()
    await world.close()


async def test_a_pre_stop_sleep_takes_from_the_grace() -> None:
    world = await KubeletWorld().start()
    meta = {"annotations": {"steersman.dev/simulate": '{"stopSeconds": 1000}'}}
    await world.pod(meta=meta, containers=[container(lifecycle={"preStop": {"sleep": {"seconds": 4}}})])
    await world.delete(grace=10)
    await world.clock.advance(9)
    assert world.has()
    await world.clock.advance(2)
    assert not world.has()
    await world.close()


async def test_a_failed_pre_stop_is_told_and_stops_all_the_same() -> None:
    hooks = Hooks(bye=1)
    world = await KubeletWorld(execute=hooks.execute).start()
    await world.pod(containers=[container(lifecycle={"preStop": {"exec": {"command": ["bye"]}}})])
    await world.delete()
    await world.clock.advance(1)
    assert ("Warning", "FailedPreStopHook", "PreStopHook failed") in world.events()
    assert not world.has()
    await world.close()


async def test_a_failed_post_start_ends_the_container() -> None:
    hooks = Hooks(hello=1)
    world = await KubeletWorld(execute=hooks.execute).start()
    pod = await world.pod(containers=[container(lifecycle={"postStart": {"exec": {"command": ["hello"]}}})])
    await world.clock.advance(1)
    assert ("Warning", "FailedPostStartHook", "PostStartHook failed") in world.events()
    assert ("Normal", "Killing", "FailedPostStartHook") in world.events()
    waiting = world.container()["state"]["waiting"]
    assert waiting["reason"] == "PostStartHookError"
    assert waiting["message"] == (
        f'Exec lifecycle hook ([hello]) for Container "c" in Pod "p_a({pod["metadata"]["uid"]})" failed - '
        "error: command 'hello' exited with 1: , message: \"\""
    )
    assert "BackOff" in world.reasons()
    hooks.codes["hello"] = 0
    await world.clock.advance(30)
    assert "running" in world.container()["state"]
    await world.close()
