from collections.abc import AsyncIterator

import pytest

from unit.apiserver.admission.webhooks.hooks import Hook, HookedApi


@pytest.fixture
async def api() -> AsyncIterator[HookedApi]:
    """A started API server beside a webhook on loopback."""
    hook = Hook()
    await hook.start()
    try:
        made = HookedApi(hook)
        await made.server.start()
        yield made
        await made.server.close()
    finally:
        await hook.close()
