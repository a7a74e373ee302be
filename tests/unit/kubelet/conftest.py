import pathlib
from collections.abc import AsyncIterator

import pytest

from unit.kubelet.world import KubeletWorld


@pytest.fixture
async def world() -> AsyncIterator[KubeletWorld]:
    """A simulated node."""
    made = await KubeletWorld().start()
    yield made
    await made.close()
    assert not made.tasks.faults
    assert not made.kubelet.room.faults


@pytest.fixture
async def disk(tmp_path: pathlib.Path) -> AsyncIterator[KubeletWorld]:
    """A node whose pods have volumes."""
    made = await KubeletWorld(tmp_path).start()
    yield made
    await made.close()
    assert not made.tasks.faults
    assert not made.kubelet.room.faults
