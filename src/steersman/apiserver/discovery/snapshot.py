"""What is served at one moment, as far as discovery needs to know."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steersman.api import resources
from steersman.api.tree import Tree


def no_schema(resource: resources.Resource) -> Tree | None:
    """Custom resources without a published schema."""
    return None


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """A value made anew when anything changes; the table is what documents are kept by."""

    table: resources.Table
    address: str = "127.0.0.1:6443"
    """Host and port that `/api` names."""
    paths: Sequence[str] = ()
    """Further paths that `/` lists: health checks, metrics."""
    custom_schema: Callable[[resources.Resource], Mapping[str, Any] | None] = no_schema
    """The OpenAPI v3 schema of a custom resource's version."""
    stale: frozenset[tuple[str, str]] = frozenset()
    """Group and version of aggregated APIs that do not answer."""
