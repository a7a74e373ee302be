"""Logs are rotated by size; old ones are compressed, then removed."""

import gzip
import pathlib

import pytest

from steersman.cri import rotation
from steersman.cri import runtime as cri
from steersman.cri.rotation import Plan
from steersman.cri.simulated import SimulatedRuntime
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"0.log": 100}, Plan()),
        ({"0.log": 101}, Plan(rotate=True)),
        ({"0.log": 101, "0.log.1": 5}, Plan(True, compress=("0.log.1",))),
        ({"0.log": 101, "0.log.1.gz": 5, "0.log.2": 5}, Plan(True, compress=("0.log.2",))),
        (
            {"0.log": 101, "0.log.1.gz": 5, "0.log.2.gz": 5, "0.log.3.gz": 5, "0.log.4": 5},
            Plan(True, compress=("0.log.4",), remove=("0.log.1.gz",)),
        ),
        ({"0.log": 101, "0.log.1.tmp": 5, "1.log": 999}, Plan(True, remove=("0.log.1.tmp",))),
        ({"0.log": 1, "0.log.1": 999}, Plan()),
    ],
)
def test_plan(sizes: dict[str, int], expected: Plan) -> None:
    assert rotation.plan("0.log", sizes, max_bytes=100) == expected


async def test_a_container_s_log_is_rotated_again_and_again(tmp_path: pathlib.Path) -> None:
    clock = VirtualClock()
    runtime = SimulatedRuntime(clock, SeededEntropy(1), write_logs=True)
    runtime.add_image("busybox")
    config = cri.SandboxConfig("p", "default", "u", log_directory=str(tmp_path))
    box = await runtime.run_sandbox(config)
    id = await runtime.create_container(box, cri.ContainerConfig("c", "busybox", log_path="c/0.log"), config)
    await runtime.start_container(id)
    path = (await runtime.container_status(id)).log_path
    for n in range(8):
        runtime.write(id, f"line {n} " + "x" * 100)
        assert await rotation.sweep(runtime, {id: path}, clock, max_bytes=100) == [id]
        assert await rotation.sweep(runtime, {id: path}, clock, max_bytes=100) == []
        await clock.advance("1m")
    files = sorted(entry.name for entry in (tmp_path / "c").iterdir())
    assert files == [
        "0.log",
        "0.log.20260101-000400.gz",
        "0.log.20260101-000500.gz",
        "0.log.20260101-000600.gz",
        "0.log.20260101-000700",
    ]
    assert b"line 5" in gzip.decompress((tmp_path / "c/0.log.20260101-000500.gz").read_bytes())


async def test_a_log_that_cannot_be_reopened_keeps_its_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "0.log"
    path.write_text("x" * 200)
    clock = VirtualClock()
    runtime = SimulatedRuntime(clock, SeededEntropy(1))
    assert await rotation.sweep(runtime, {"unknown": str(path), "none": "simulated:1"}, clock, max_bytes=100) == []
    assert path.stat().st_size == 200
