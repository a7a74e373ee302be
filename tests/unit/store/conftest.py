"""Every backend under the same behaviour: a test that takes `store` runs once for each."""

import pathlib
from collections.abc import AsyncIterator

import pytest

from steersman.kit import clock
from steersman.store import memory, protocol, sqlite

Store = memory.MemoryStore | sqlite.SqliteStore


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> AsyncIterator[Store]:
    opened: Store
    if request.param == "memory":
        opened = memory.MemoryStore()
    else:
        opened = await sqlite.SqliteStore.open(tmp_path / "store.db", clock=clock.RealClock())
    yield opened
    opened.check()
    await opened.close()


def checked(store: Store) -> protocol.Store:
    """Never called: the type checker proves with it that both backends are what the protocol says."""
    return store
