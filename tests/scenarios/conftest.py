from collections.abc import AsyncIterator

import pytest

from scenarios.virtual_cluster import VirtualCluster


@pytest.fixture
async def cluster() -> AsyncIterator[VirtualCluster]:
    made = VirtualCluster()
    await made.start()
    yield made
    for node in made.nodes.values():
        await node.tasks.close()
    await made.close()
    assert not made.tasks.faults
