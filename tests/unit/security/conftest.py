from collections.abc import AsyncIterator

import pytest

from unit.apiserver.serving import Api


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """A started API server with the service account that pods need."""
    made = Api()
    await made.server.start()
    await made.make("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    yield made
    await made.server.close()
