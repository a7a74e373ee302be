"""What admission is asked about: one write, before it happens.

`object` is replaced by mutating plug-ins (`put`, `replace`), never changed in place: parts of it may belong to
what is stored or to an in-process caller.  Whoever runs the chain reads `object` back afterwards.
"""

import dataclasses
import enum
from collections.abc import Sequence
from typing import Any

from steersman.api import resources, status, tree
from steersman.api.tree import Tree
from steersman.kit import http


@dataclasses.dataclass(slots=True)
class Rounds:
    """Mutation happens in one round, or in two: the second when something that clients bring changed the object."""

    again: bool = False
    """Set by whoever wants the second."""
    is_second: bool = False
    kept: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What a plug-in remembers from the first, by its name."""


class Operation(enum.StrEnum):
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@dataclasses.dataclass(slots=True)
class Attributes:
    operation: Operation
    resource: resources.Resource
    namespace: str
    """Of the request; for a Namespace itself its own name or nothing, both are understood."""
    name: str
    """From the URL, on creation from the object; empty while it is to be generated."""
    user: http.User
    object: Tree | None = None
    """What is to be stored, or posted to a sub-resource (a Binding, an Eviction, a TokenRequest)."""
    old: Tree | None = None
    """What is stored, for UPDATE and DELETE."""
    subresource: str = ""
    dry_run: bool = False
    options: Tree = dataclasses.field(default_factory=dict)
    warnings: list[str] = dataclasses.field(default_factory=list)
    query: Sequence[tuple[str, str]] = ()
    """Of the request: its options, where `options` does not have them."""
    rounds: Rounds | None = None

    @property
    def new(self) -> Tree:
        """The object of a write that has one."""
        assert self.object is not None, self.operation
        return self.object

    def at(self, *path: str, default: Any = None) -> Any:
        """A value of the object."""
        return tree.at(self.new, *path, default=default)

    def put(self, value: Any, *path: str) -> None:
        self.object = tree.edited(self.new, value, *path)

    def forbidden(self, why: str) -> status.StatusError:
        """The 403 of this write, naming the object as well as it is known."""
        name = self.name
        if not name:
            meta = (self.object or {}).get("metadata") or {}
            name = meta.get("name") or meta.get("generateName") or "Unknown"
        return status.forbidden(self.resource.plural, self.resource.group, name, why)
