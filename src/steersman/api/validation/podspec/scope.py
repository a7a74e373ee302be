"""What the rules of a pod's spec must know of their surroundings."""

import dataclasses
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(slots=True)
class Scope:
    pod: bool = False
    """The spec of a Pod itself, not of a template."""
    name: str = ""
    """The pod's name, where it is known."""
    grace: int | None = None
    """terminationGracePeriodSeconds."""
    restart: str = ""
    """The pod's restart policy."""
    host_users: bool = True
    volumes: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """The volumes that are sound, by name."""
    claims: frozenset[str] = frozenset()
    """The names in spec.resourceClaims."""
