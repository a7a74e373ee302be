"""What is served at one moment, as far as discovery needs to know."""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from steersman.api import resources


def no_schema(resource: resources.Resource) -> "Published | None":
    """Custom resources without a published schema."""
    return None


class Published(dict[str, Any]):
    """A custom resource's schema as OpenAPI shows it; made once, so that what it is made of is looked at once."""

    @functools.cached_property
    def digest(self) -> str:
        return hashlib.sha512(repr(dict(self)).encode()).hexdigest()


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """A value made anew when anything changes; the table is what documents are kept by."""

    table: resources.Table
    address: str = "127.0.0.1:6443"
    """Host and port that `/api` names."""
    paths: Sequence[str] = ()
    """Further paths that `/` lists: health checks, metrics."""
    custom_schema: Callable[[resources.Resource], Published | None] = no_schema
    """The OpenAPI v3 schema of a custom resource's version."""
    stale: frozenset[tuple[str, str]] = frozenset()
    """Group and version of aggregated APIs that do not answer."""
