from collections.abc import AsyncIterator

import pytest

from unit.apiserver.admission.policies.bound import PolicyApi


@pytest.fixture
async def api() -> AsyncIterator[PolicyApi]:
    """A started API server without policies."""
    made = PolicyApi()
    await made.server.start()
    yield made
    await made.server.close()
