"""Putting a new object into the store: what create, apply and an update that creates have in common.

The order is the reference's, because clients see it in what an object owns and in which error comes first:
managed fields of what was sent and defaulted, mutating admission, name and uid, the kind's preparation,
validation, validating admission, the write.
"""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

from steersman.api import field, meta, names, status
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver import plugged
from steersman.apiserver.call import LARGE, Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.registry.strategy import LaboriousError
from steersman.store import protocol

NAME_ATTEMPTS = 8


class Written:
    """What a write came to.  `revision` 0: a dry run of a create, which has none.  `entry` is what is stored,
    where the object is as the store has it."""

    __slots__ = ("created", "entry", "revision", "tree")

    def __init__(
        self, tree: Tree, revision: int, *, created: bool = False, entry: protocol.Entry | None = None
    ) -> None:
        self.tree = tree
        self.revision = revision
        self.created = created
        self.entry = entry


async def insert(
    call: Call, new: MutableTree, options: optioned.WriteOptions, *, entries: Sequence[Tree] | None = None
) -> Written:
    """Store a new object.  `new` is ours, typed, defaulted and in the version served.

    `entries` are its managed fields where somebody (apply) has computed them.
    """
    strategy = call.registry.strategy
    metadata = _begin(call, new)
    if entries is None:
        entries = await call.apart(plugged.owned, call, None, new, optioned.manager_of(options, call.request))
    _set_entries(metadata, entries)
    context = call.context(options.dry_run)
    attributes = plugged.attributes(call, "CREATE", new, None, dry_run=options.dry_run)
    new = await plugged.mutate(call, attributes)
    metadata = new["metadata"]
    strategy.name(new, context)
    generate = str(metadata.get("generateName") or "") if not metadata.get("name") else ""
    metadata["creationTimestamp"] = context.now
    metadata["uid"] = call.services.entropy.uuid()
    if generate:
        metadata["name"] = names.generated(generate, call.services.entropy.suffix())
    undo = strategy.begin(new, None, context)
    try:
        strategy.prepare_create(new, context)
        try:
            await call.apart(_validate, call, new, context, size=LARGE + 1 if strategy.is_laborious(new) else 0)
        except LaboriousError:
            await call.services.aside.run(_validate, call, new, dataclasses.replace(context, patient=True))
        attributes.name, attributes.object = metadata["name"], new
        await plugged.validate(call, attributes)
        strategy.complete(new)
        written = await _named(call, new, options, generate)
    except asyncio.CancelledError:
        raise  # the write may still happen: what it reserved stays reserved
    except BaseException:
        undo()
        raise
    if options.dry_run:
        undo()
    strategy.finish(new, None, context)
    if not options.dry_run:
        await strategy.settle(new, None, context)
    return written


async def _named(call: Call, new: MutableTree, options: optioned.WriteOptions, generate: str) -> Written:
    """Write under the name, or under others made like it where that one is taken."""
    metadata = new["metadata"]
    for _ in range(NAME_ATTEMPTS):
        try:
            return await _store(call, new, options)
        except protocol.Mismatch as error:
            if not generate:
                raise _exists(call, metadata["name"], error.current) from error
        metadata["name"] = names.generated(generate, call.services.entropy.suffix())
    raise _exhausted(call, metadata["name"])


def _begin(call: Call, new: MutableTree) -> MutableTree:
    """The metadata, with what only the server may say taken out."""
    metadata: MutableTree = new.setdefault("metadata", {})
    for name in ("uid", "creationTimestamp", "deletionTimestamp", "selfLink"):
        metadata.pop(name, None)
    metadata.pop("deletionGracePeriodSeconds", None)
    return metadata


def _validate(call: Call, new: Tree, context: Any) -> None:
    registry, resource = call.registry, call.resource
    strategy = registry.strategy

    def check(tree: Tree) -> list[field.FieldError]:
        errors = meta.create(
            tree["metadata"], namespaced=resource.namespaced, name_rule=strategy.name_rule,
            any_finalizer=strategy.any_finalizer,
        )  # fmt: skip
        errors += plugged.validation_create(resource, tree)
        errors += strategy.validate_create(tree, context)
        return errors

    errors = plugged.complaints(call, new, check)
    if errors:
        raise status.invalid(resource.kind, registry.stored_group, new["metadata"].get("name") or "", errors)
    call.warnings += plugged.warnings(resource, new, None)


async def _store(call: Call, new: MutableTree, options: optioned.WriteOptions) -> Written:
    """Raises Mismatch where the name is taken."""
    registry, store = call.registry, call.services.store
    key = registry.key(call.info.namespace, new["metadata"]["name"])
    if options.dry_run:
        current = store.get(key)
        if current is not None:
            raise protocol.Mismatch(key, current)
        return Written(registry.settled(new), 0, created=True)
    if new["metadata"].get("resourceVersion") not in (None, "", "0"):
        raise status.failure(500, "", "resourceVersion should not be set on objects to be created")
    new, head, tail = await call.apart(packed, call, new, await registry.storable(new))
    entry = await store.put(key, head, tail, expect=0, author=call.author)
    return Written(new, entry.revision, created=True, entry=entry)


def packed(call: Call, new: MutableTree, stored: Tree) -> tuple[MutableTree, bytes, bytes]:
    """The object as it comes back from storage, and head and tail of what is stored: it, in the version stored.

    Refuses to store what no request could bring as a whole: patch by patch, objects would grow without end.
    """
    registry, limit = call.registry, call.services.config.body_limit
    head, tail = registry.packed(stored)
    if registry.unsettled(tail):
        new = registry.settled(new)
        head, tail = registry.packed(new)
    if len(head) + len(tail) > limit:
        raise status.too_large(f"limit is {limit}")
    return new, head, tail


def _set_entries(metadata: MutableTree, entries: Sequence[Tree]) -> None:
    if entries:
        metadata["managedFields"] = list(entries)
    else:
        metadata.pop("managedFields", None)


def _exists(call: Call, name: str, current: protocol.Entry | None) -> status.StatusError:
    error = call.registry.already_exists(name)
    if current is not None and b'"deletionTimestamp":' in current.value:
        tree = call.registry.tree(current.value)
        if tree["metadata"].get("deletionTimestamp"):
            error.tree["message"] = f"object is being deleted: {error.tree['message']}"
    return error


def _exhausted(call: Call, name: str) -> status.StatusError:
    """The 409 of a server that cannot think of a free name."""
    resource = call.resource
    text = (
        f"{status.qualified(resource.plural, resource.group)} {status.quoted(name)} already exists, "
        "the server was not able to generate a unique name for the object"
    )
    error = call.registry.already_exists(name)
    error.tree["message"] = text
    return error
