"""One resource in one version, over the store: keys, bytes, trees, and the writes.

    /registry/pods/default/web-0            a pod
    /registry/deployments.apps/default/web  a Deployment
    /registry/nodes/n1                      a Node: no namespace, one segment less

The same bytes serve every version of a resource; where versions differ in more than their name the served
form is derived once a revision and kept.  Nothing here decides: verbs and strategies do.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol, cast

from steersman.api import codec, resources, status
from steersman.api import schema as schemas
from steersman.api.schema.node import Node
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry import conversion
from steersman.apiserver.registry import layout as layouts
from steersman.apiserver.registry.strategy import Strategy
from steersman.store import protocol

ROOT = layouts.ROOT
DERIVED_KEPT = 4096


class Conversions(Protocol):
    """Between the versions of one resource, where somebody else (a webhook) makes one of the other."""

    def of(self, value: bytes) -> bytes:
        """Stored bytes in the version served.  Raises where `ensure` was not asked for them."""
        ...

    async def ensure(self, values: Iterable[bytes]) -> None:
        """Have these converted.  Raises StatusError."""
        ...

    async def storable(self, tree: Tree) -> Tree:
        """An object of the version served as it is stored.  Raises StatusError."""
        ...


class Registry:
    def __init__(
        self, resource: resources.Resource, strategy: Strategy, store: protocol.Store, node: Node | None = None
    ) -> None:
        self.resource = resource
        self.strategy = strategy
        self.store = store
        self.prefix = f"{ROOT}{resource.storage_prefix}/"
        self.layout = layouts.Layout(resource.kind, resource.api_version)
        self.stored = layouts.Layout(resource.kind, resource.storage)
        self.is_stored_version = resource.api_version == resource.storage
        self.to_served = conversion.find(resource.kind, resource.storage, resource.api_version)
        self.to_stored = conversion.find(resource.kind, resource.api_version, resource.storage)
        self.stored_group = resources.split(resource.storage)[0]
        """The group in which a refusal of validation names the kind."""
        self.conversions: Conversions | None = None
        """Where a webhook converts what is stored into the version served, and back."""
        self._node = node
        self._derived: dict[str, tuple[int, bytes]] = {}

    def reshape(self, shaped: Callable[[Tree], MutableTree]) -> None:
        """Serve what `shaped` makes of a stored object: its schema is another one than when it was written."""
        self.is_stored_version = False
        self.to_served = shaped

    @property
    def node(self) -> Node:
        """The type of an object in the version served."""
        if self._node is None:
            self._node = schemas.node_of(self.resource)
        return self._node

    @property
    def generation(self) -> bool:
        """Whether `metadata.generation` is kept."""
        return self.strategy.generation

    # keys

    def key(self, namespace: str, name: str) -> str:
        return f"{self.prefix}{namespace}/{name}" if self.resource.namespaced else f"{self.prefix}{name}"

    def range_prefix(self, namespace: str = "") -> str:
        """Where the keys of a collection begin."""
        return f"{self.prefix}{namespace}/" if namespace and self.resource.namespaced else self.prefix

    # reads

    def entry(self, namespace: str, name: str, at: int = 0) -> protocol.Entry | None:
        return self.store.get(self.key(namespace, name), at=at)

    def existing(self, namespace: str, name: str, at: int = 0) -> protocol.Entry:
        """Raises the 404 that a request for it gets."""
        found = self.entry(namespace, name, at)
        if found is None:
            raise self.not_found(name)
        return found

    def served(self, entry: protocol.Entry) -> bytes:
        """The object's bytes in the version served."""
        if self.is_stored_version:
            return entry.value
        if self.to_served is None:
            return self.stored.served_as(entry.value, self.layout)
        kept = self._derived.get(entry.key)
        if kept is not None and kept[0] == entry.revision:
            return kept[1]
        value = layouts.encode(self._converted(entry.value))
        if len(self._derived) >= DERIVED_KEPT:
            self._derived.clear()
        self._derived[entry.key] = (entry.revision, value)
        return value

    def tree(self, value: bytes) -> dict[str, Any]:
        """A fresh tree, in the version served, of bytes as stored.  It is the caller's."""
        if self.to_served is not None:
            return self._converted(value)
        tree: dict[str, Any] = layouts.decode(value)
        tree["apiVersion"] = self.resource.api_version
        if self.strategy.spelling:
            self.strategy.spelt(tree, value)
        return tree

    def _converted(self, value: bytes) -> dict[str, Any]:
        assert self.to_served is not None
        if self.conversions is not None:
            value = self.conversions.of(value)
        tree: dict[str, Any] = {"kind": self.resource.kind, "apiVersion": self.resource.api_version}
        tree.update(self.to_served(layouts.decode(value)))
        tree["apiVersion"] = self.resource.api_version
        return tree

    # writes

    async def storable(self, tree: Tree) -> Tree:
        """A tree in the version served as `packed` takes it.  Raises StatusError where it cannot be converted."""
        return tree if self.conversions is None else await self.conversions.storable(tree)

    def packed(self, tree: Tree) -> tuple[bytes, bytes]:
        """Head and tail as the store takes them, of a tree in the version served."""
        if self.strategy.spelling:
            tree = self.strategy.written(tree)
        return self.stored.pack(tree if self.to_stored is None else self.to_stored(tree))

    def unsettled(self, tail: bytes) -> bool:
        """Whether an object just packed may have to be `settled`."""
        return b":[]" in tail and not self.resource.custom

    def settled(self, tree: MutableTree) -> MutableTree:
        """The object as it comes back from storage, which does not tell an empty list from none."""
        return tree if self.resource.custom else cast(MutableTree, codec.settled(self.node, tree))

    def answer(self, tree: Tree, revision: int) -> dict[str, Any]:
        """A tree after its write, as the client gets it."""
        return layouts.stamped(tree, revision, self.resource.kind, self.resource.api_version)

    # refusals

    def not_found(self, name: str) -> status.StatusError:
        return status.not_found(self.resource.plural, self.resource.group, name)

    def conflict(self, name: str, why: str) -> status.StatusError:
        return status.conflict(self.resource.plural, self.resource.group, name, why)

    def already_exists(self, name: str) -> status.StatusError:
        return status.already_exists(self.resource.plural, self.resource.group, name)
