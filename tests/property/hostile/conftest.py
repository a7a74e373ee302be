from collections.abc import Iterator

import pytest

from property.hostile.target import Target


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    """One server for all shots: what one leaves behind, the next one meets."""
    made = Target()
    yield made
    made.alive()
    made.close()
