"""A simulated runtime on a virtual clock, and short ways to a running container."""

from typing import Any, Protocol

import pytest

from steersman.cri import runtime as cri
from steersman.cri.simulated import SimulatedRuntime
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def runtime(clock: VirtualClock) -> SimulatedRuntime:
    made = SimulatedRuntime(clock, SeededEntropy(1), "10.244.3.0/28")
    made.add_image("busybox")
    return made


def sandbox(name: str = "p", **fields: Any) -> cri.SandboxConfig:
    return cri.SandboxConfig(name, "default", f"uid-{name}", **fields)


class Run(Protocol):
    async def __call__(self, *command: str, pod: str = "p", annotations: dict[str, str] | None = None) -> str: ...


@pytest.fixture
def run(runtime: SimulatedRuntime) -> Run:
    """The id of a container that has just been started in a new pod."""

    async def started(*command: str, pod: str = "p", annotations: dict[str, str] | None = None) -> str:
        config = sandbox(pod, annotations=annotations or {})
        sandbox_id = await runtime.run_sandbox(config)
        id = await runtime.create_container(sandbox_id, cri.ContainerConfig("c", "busybox", command=command), config)
        await runtime.start_container(id)
        return id

    return started
