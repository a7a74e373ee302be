from collections.abc import AsyncIterator

import pytest

from unit.client.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.close()
    assert not made.tasks.faults
