"""What a kind does before its objects are created, updated and deleted.

`Strategy` is what most kinds do; `registry/<kind>.py` holds those that differ, `registry/kinds.py` says which
is whose.  The facts that differ from kind to kind without any code are fields.

A hook gets trees that it may change: `new` is wholly the request's own, `old` is never changed.  Hooks decide
and raise `StatusError`; they do not write.  Two are exceptions: `begin` reserves what must be unique in the
cluster (addresses, ports) and returns what undoes the reservation, and `settle` writes what follows from a write.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steersman.api import field, meta, names, resources, schema, status
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver.registry.surroundings import Surroundings
from steersman.kit import http


@dataclasses.dataclass(frozen=True, slots=True)
class Context:
    """What a hook may know of the request."""

    services: Surroundings
    user: http.User
    namespace: str
    now: str
    """The time of the request as objects carry it."""
    dry_run: bool = False
    warnings: list[str] = dataclasses.field(default_factory=list)
    patient: bool = False
    """Whether a validation may take its time: nobody waits for it but its own client."""


def nothing() -> None:
    """An undo of nothing."""


Undo = Callable[[], None]


class LaboriousError(Exception):
    """A validation found out on the way that it takes longer than the loop should be held.

    It has done nothing yet, and is done again beside the loop with a patient context.
    """


class Strategy:
    generation = False
    """`metadata.generation` begins at 1 and grows when the desired state changes."""
    create_on_update = False
    """A PUT of what does not exist creates it."""
    unconditional_update = True
    """A PUT need not name the resourceVersion that it replaces."""
    storage_preconditions = False
    """Preconditions of a deletion are checked by the storage layer, which refuses in other words."""
    returns_deleted = False
    """A deletion answers with the object and not with a Status."""
    graceful = False
    """Deletion marks the object first and waits for somebody to finish it."""
    orphans_by_default = False
    """Dependents survive a deletion that does not say otherwise."""
    any_finalizer = False
    """Finalizers need no domain."""
    has_expressions = False
    """Validation compiles expressions, some 10 µs a character."""
    collected = True
    """The garbage collector follows its owner references."""
    status_keeps: Sequence[str] = ()
    """The metadata that a write to `status` leaves as it is."""
    status_keeps_metadata = False
    """A write to `status` leaves all of the metadata as it is, but for who owns it."""

    spelling = False
    """Something of the object is kept as the text that was sent: `spelt`, `spelt_anew` and `written` are asked."""

    made_annotations: Sequence[str] = ()
    """Annotations that stand for fields: the object shows them, its metadata alone does not."""

    metadata_checks = 3
    """How often an update reports what is wrong with labels, annotations and owners."""
    change_checks = 2
    """How often it reports metadata that may not change."""

    def __init__(self, resource: resources.Resource) -> None:
        self.resource = resource
        self.name_rule: meta.NameRule = names.dns1123_subdomain
        self.has_status = resource.subresource("status") is not None

    # spelling

    def spelt(self, tree: MutableTree, source: bytes) -> None:
        """Note how an object that was decoded from `source` is spelt there."""

    def spelt_anew(self, tree: MutableTree) -> None:
        """Forget it: a patch writes the object anew."""

    def written(self, tree: Tree) -> Tree:
        """The tree with that text in it, ready to be encoded."""
        return tree

    # create

    def arrived(self, new: MutableTree) -> None:
        """Complete what a client sent, after the defaults and before anything is owned."""

    def name(self, new: MutableTree, context: Context) -> None:
        """Name an object that has neither a name nor a generateName, for kinds that do so."""

    def prepare_create(self, new: MutableTree, context: Context) -> None:
        if self.has_status:
            new.pop("status", None)
            empty = self.empty_status()
            if empty is not None:
                new["status"] = empty
        if self.generation:
            new["metadata"]["generation"] = 1
        else:
            new["metadata"].pop("generation", None)

    def empty_status(self) -> dict[str, Any] | None:
        """What the API writes for a status that nobody filled in; None where it writes nothing."""
        if self.resource.custom:
            return None
        zero = schema.zero(schema.node_of(self.resource)).get("status")
        return None if zero is None else dict(zero)

    def validate_create(self, new: Tree, context: Context) -> Sequence[field.FieldError]:
        return ()

    def is_laborious(self, new: Tree, subresource: str = "") -> bool:
        """Whether validation may take long whatever the size of the object: it is done beside the loop then."""
        return self.has_expressions and not subresource

    def complete(self, new: MutableTree) -> None:
        """Fill in what an object gets when it is read back for the first time: nobody validates or owns it."""

    def begin(self, new: MutableTree, old: Tree | None, context: Context) -> Undo:
        """Reserve what the object needs; called last before the write.  The result takes it back."""
        return nothing

    def finish(self, new: Tree | None, old: Tree | None, context: Context) -> None:
        """After the write: give back what `old` held and `new` does not."""

    async def settle(self, new: Tree | None, old: Tree | None, context: Context) -> None:
        """After the write and before the answer: write what else follows from it."""

    # update

    def prepare_update(self, new: MutableTree, old: Tree, context: Context) -> None:
        if self.has_status:
            keep(new, old, "status")
        if self.generation and self.desired_changed(new, old):
            new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1

    def desired_changed(self, new: Tree, old: Tree) -> bool:
        """Whether the generation grows: anything but metadata and status differs."""
        return without_state(new) != without_state(old)

    def validate_update(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        return ()

    # status

    def prepare_status(self, new: MutableTree, old: Tree, context: Context) -> None:
        """Of a write to `status` only the status counts, and for most kinds the metadata."""
        for name in [*new, *old]:
            if name not in ("metadata", "status", "kind", "apiVersion"):
                keep(new, old, name)
        if self.status_keeps_metadata:
            new["metadata"] = {**old["metadata"], "managedFields": new["metadata"].get("managedFields") or []}
        for name in self.status_keeps:
            keep(new["metadata"], old["metadata"], name)

    def prepare(self, subresource: str, new: MutableTree, old: Tree, context: Context) -> None:
        """What of a write counts, by the sub-resource that was written to."""
        if subresource == "status":
            self.prepare_status(new, old, context)
        else:
            self.prepare_update(new, old, context)

    def validate_status(self, new: Tree, old: Tree, context: Context) -> Sequence[field.FieldError]:
        return ()

    # delete

    def grace(self, old: Tree, asked: int | None, context: Context) -> int | None:
        """Seconds until the object may go; None deletes at once.  Asked of graceful kinds only."""
        return asked

    def warn_delete(self, policy_given: bool, context: Context) -> None:
        """Say what a deletion does that the client may not expect."""

    def holds(self, new: MutableTree, context: Context) -> bool:
        """Mark an object that is to be deleted in the kind's own way; True keeps it for now."""
        return False

    def may_go(self, tree: Tree) -> bool:
        """Whether nobody holds an object that is marked for deletion."""
        return not tree["metadata"].get("finalizers")

    def precondition_failed(self, name: str, what: str, asked: str, found: str) -> status.StatusError:
        """The 409 for a deletion of another object than the client meant; `what` is UID or ResourceVersion."""
        if self.storage_preconditions:
            why = f"Precondition failed: {what} in precondition: {asked}, {what} in object meta: {found}"
            return status.conflict(self.resource.plural, self.resource.group, name, why)
        then = "deleted and then recreated" if what == "UID" else "modified"
        why = (
            f"the {what} in the precondition ({asked}) does not match the {what} in record ({found}). "
            f"The object might have been {then}"
        )
        return status.conflict(self.resource.kind, resources.split(self.resource.storage)[0], name, why)


def keep(new: MutableTree, old: Tree | Mapping[str, Any], name: str) -> None:
    """`new` gets back what `old` has under a name, nothing included."""
    if name in old:
        new[name] = old[name]
    else:
        new.pop(name, None)


def without_state(tree: Tree) -> dict[str, Any]:
    """The object without its type, metadata and status."""
    return {key: value for key, value in tree.items() if key not in ("kind", "apiVersion", "metadata", "status")}
