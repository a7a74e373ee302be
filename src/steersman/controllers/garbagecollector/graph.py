"""The graph of owners: for every object a few facts, and who hangs on whom.

Pure data.  A node is known by its uid.  An owner that is referred to but has not been seen is a `Virtual`
node: only the server can say whether it is absent, and until it did, nobody who hangs on it is deleted.

Invariants: `dependents` of a node are exactly the objects whose owner references carry its uid; a virtual
node has dependents (`check`).
"""

import dataclasses
from collections.abc import Iterable, Sequence

import msgspec

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Owner(msgspec.Struct, frozen=True):
    """An owner reference."""

    apiVersion: str  # noqa: N815  the API's spelling
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    blockOwnerDeletion: bool | None = None  # noqa: N815


class _Meta(msgspec.Struct):
    name: str
    uid: str = ""
    namespace: str = ""
    resourceVersion: str = ""  # noqa: N815
    deletionTimestamp: str | None = None  # noqa: N815
    finalizers: list[str] | None = None
    ownerReferences: list[Owner] | None = None  # noqa: N815


class _Object(msgspec.Struct):
    metadata: _Meta


_object = msgspec.json.Decoder(_Object)


@dataclasses.dataclass(slots=True, eq=False)
class Node:
    """An object.  `resource` is the key of its collection; empty for a virtual node."""

    uid: str
    resource: str
    api_version: str
    kind: str
    namespace: str
    name: str
    owners: Sequence[Owner] = ()
    finalizers: frozenset[str] = frozenset()
    deleting: bool = False
    virtual: bool = False
    dependents: "dict[str, Node]" = dataclasses.field(default_factory=dict)

    @property
    def deleting_dependents(self) -> bool:
        """Whether it waits for its dependents to go before it."""
        return self.deleting and FOREGROUND in self.finalizers

    @property
    def orphaning(self) -> bool:
        return self.deleting and ORPHAN in self.finalizers

    def blocking(self) -> "list[Node]":
        """The dependents that keep it from going."""
        return [
            each
            for each in self.dependents.values()
            if any(owner.uid == self.uid and owner.blockOwnerDeletion for owner in each.owners)
        ]

    def __repr__(self) -> str:
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"Node({self.kind} {where}{' virtual' if self.virtual else ''})"


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """An object that came in: whether it is new, the owners it had, and whether it now begins to wait."""

    node: Node
    is_new: bool
    old_owners: Sequence[Owner]
    begins_to_wait: bool


class Graph:
    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}

    def put(self, raw: bytes, resource: str, api_version: str, kind: str) -> Seen | None:
        """Take in an object as JSON; says what is new of it (None for what has no uid)."""
        meta = _object.decode(raw).metadata
        if not meta.uid:
            return None
        node = self.nodes.get(meta.uid)
        if node is None:
            node = self.nodes[meta.uid] = Node(meta.uid, resource, api_version, kind, meta.namespace, meta.name)
            is_new = True
        else:
            is_new = node.virtual
        owners, waited = node.owners, node.deleting_dependents
        node.resource, node.api_version, node.kind = resource, api_version, kind
        node.namespace, node.name, node.virtual = meta.namespace, meta.name, False
        node.deleting = meta.deletionTimestamp is not None
        node.finalizers = frozenset(meta.finalizers or ())
        self._connect(node, meta.ownerReferences or ())
        return Seen(node, is_new, owners, node.deleting_dependents and not waited)

    def _connect(self, node: Node, owners: Sequence[Owner]) -> None:
        wanted = {owner.uid for owner in owners}
        for old in node.owners:
            if old.uid not in wanted:
                self._part(old.uid, node)
        for owner in owners:
            there = self.nodes.get(owner.uid)
            if there is None:
                there = self.nodes[owner.uid] = Node(
                    owner.uid, "", owner.apiVersion, owner.kind, node.namespace, owner.name, virtual=True
                )
            there.dependents[node.uid] = node
        node.owners = tuple(owners)

    def _part(self, owner_uid: str, node: Node) -> None:
        owner = self.nodes.get(owner_uid)
        if owner is not None:
            owner.dependents.pop(node.uid, None)
            if owner.virtual and not owner.dependents:
                del self.nodes[owner_uid]

    def remove(self, uid: str) -> Sequence[Node]:
        """Forget an object; returns those that hung on it."""
        node = self.nodes.pop(uid, None)
        if node is None:
            return ()
        for owner in node.owners:
            self._part(owner.uid, node)
        left = list(node.dependents.values())
        if left:
            # It stays as a name until the last dependent is gone.
            self.nodes[uid] = Node(
                uid, "", node.api_version, node.kind, node.namespace, node.name, virtual=True,
                dependents=node.dependents,
            )  # fmt: skip
        return left

    def of(self, resource: str) -> Iterable[Node]:
        return [node for node in self.nodes.values() if node.resource == resource]

    def check(self) -> None:
        """Assert the invariants."""
        for node in self.nodes.values():
            expected = {
                other.uid for other in self.nodes.values() if any(owner.uid == node.uid for owner in other.owners)
            }
            assert set(node.dependents) == expected, node
            assert not node.virtual or node.dependents, node
