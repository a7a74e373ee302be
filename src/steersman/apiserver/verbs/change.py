"""Changing an object that is there: what update, patch, apply and the sub-resources have in common.

`change` reads the object, lets `make` say what it should be, and writes it if nobody wrote in between;
otherwise it begins anew.  Where the client named the revision that it wants to replace, the new beginning finds
another one and refuses.

A change that makes nothing different is not written: the revision stays.  A change that takes the last
finalizer from an object marked for deletion deletes it.
"""

import asyncio
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

from steersman.api import field, meta, status
from steersman.api.apply import managed
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver import plugged
from steersman.apiserver.call import LARGE, Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.registry.strategy import Context, LaboriousError, nothing
from steersman.apiserver.verbs import insert as inserting
from steersman.apiserver.verbs import permission
from steersman.apiserver.verbs.insert import Written
from steersman.store import protocol

ATTEMPTS = 100
_STAMPED = ("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")

Fresh = Callable[[], dict[str, Any]]
"""Gives the present object as a tree of one's own."""
Make = Callable[[Fresh], "MutableTree | Proposal"]


class Proposal:
    """What an object should be, with its managed fields where `make` computed them."""

    __slots__ = ("entries", "tree")

    def __init__(self, tree: MutableTree, entries: Sequence[Tree] | None = None) -> None:
        self.tree = tree
        self.entries = entries


async def change(
    call: Call,
    make: Make,
    options: optioned.WriteOptions,
    *,
    absent: Callable[[], "MutableTree | Proposal"] | None = None,
    unconditional: bool = True,
    attempts: int = ATTEMPTS,
) -> Written:
    """Write what `make` makes of the present object.

    `make` returns a tree that is wholly its own, and is called anew after a lost race.  `absent` makes the object
    where there is none; without it that is a 404.  `unconditional` False: a tree without resourceVersion is
    refused.
    """
    registry, store = call.registry, call.services.store
    namespace, name = call.info.namespace, call.info.name
    for attempt in range(attempts):
        entry = store.get(registry.key(namespace, name))
        if entry is None:
            if absent is None:
                raise registry.not_found(name)
            permission.check_create(call)
            made = await call.apart(absent)
            if not isinstance(made, Proposal):
                made = Proposal(made)
            return await inserting.insert(call, made.tree, options, entries=made.entries)
        size = len(entry.value)
        old = await call.apart(registry.tree, entry.value, size=size)
        proposed = await call.apart(make, functools.partial(registry.tree, entry.value), size=size)
        if not isinstance(proposed, Proposal):
            proposed = Proposal(proposed)
        try:
            return await _write(call, entry, old, proposed, options, unconditional=unconditional)
        except protocol.Mismatch as error:
            if attempt + 1 == attempts:
                raise registry.conflict(name, status.MODIFIED) from error
            await call.services.clock.sleep(min(0.001 * attempt, 0.02))
    raise AssertionError("unreachable")


async def _write(
    call: Call,
    entry: protocol.Entry,
    old: dict[str, Any],
    proposed: Proposal,
    options: optioned.WriteOptions,
    *,
    unconditional: bool,
) -> Written:
    registry, name = call.registry, call.info.name
    strategy, subresource = registry.strategy, call.info.subresource
    new, before = proposed.tree, old["metadata"]
    metadata: MutableTree = new["metadata"]
    context = call.context(options.dry_run)

    given = metadata.get("resourceVersion")
    if given not in (None, "", "0", str(entry.revision)):
        raise registry.conflict(name, status.MODIFIED)
    _keep_system_fields(metadata, before)
    metadata["resourceVersion"] = str(entry.revision)
    entries = proposed.entries
    if entries is None:
        manager = optioned.manager_of(options, call.request)
        entries = await call.apart(plugged.owned, call, old, new, manager, size=len(entry.value))
    _set_entries(metadata, entries)

    attributes = plugged.attributes(call, "UPDATE", new, old, dry_run=options.dry_run)
    new = await plugged.mutate(call, attributes)
    if _only_times_differ(new, old):
        new["metadata"]["managedFields"] = before["managedFields"]
    if given in (None, "", "0") and not unconditional:
        raise _needs_revision(call)
    _keep(new["metadata"], before, "generation")
    undo = strategy.begin(new, old, context) if not subresource else nothing
    try:
        strategy.prepare(subresource, new, old, context)
        _keep_system_fields(new["metadata"], before)
        size = LARGE + 1 if strategy.is_laborious(new, subresource) else len(entry.value)
        try:
            await call.apart(_validate, call, new, old, context, size=size)
        except LaboriousError:
            await call.services.aside.run(_validate, call, new, old, dataclasses.replace(context, patient=True))
        attributes.object = new
        await plugged.validate(call, attributes)
        written = await _store(call, entry, new, old, options)
    except asyncio.CancelledError:
        raise  # the write may still happen: what it reserved stays reserved
    except BaseException:
        undo()
        raise
    if options.dry_run:
        undo()
    return written


async def _store(
    call: Call, entry: protocol.Entry, new: MutableTree, old: dict[str, Any], options: optioned.WriteOptions
) -> Written:
    """Raises Mismatch where somebody else was faster."""
    registry, metadata = call.registry, new["metadata"]
    if metadata.get("deletionTimestamp") and registry.strategy.may_go(new) and _marked(old["metadata"]):
        return await _remove(call, entry, new, old, options)
    if new == old:
        return Written(old, entry.revision)
    if options.dry_run:
        return Written(registry.settled(new), entry.revision)
    as_sent = new
    new, head, tail = await call.apart(
        inserting.packed, call, new, await call.registry.storable(new), size=len(entry.value)
    )  # fmt: skip
    if new is not as_sent and new == old:
        return Written(old, entry.revision)
    written = await call.services.store.put(entry.key, head, tail, expect=entry.revision, author=call.author)
    registry.strategy.finish(new, old, call.context())
    await registry.strategy.settle(new, old, call.context())
    return Written(new, written.revision, entry=written)


def _validate(call: Call, new: Tree, old: Tree, context: Context) -> None:
    registry, resource = call.registry, call.resource
    strategy = registry.strategy

    def check(tree: Tree) -> list[field.FieldError]:
        errors = meta.update(
            tree["metadata"], old["metadata"], repeats=strategy.metadata_checks, change_repeats=strategy.change_checks,
            any_finalizer=strategy.any_finalizer,
        )  # fmt: skip
        errors += plugged.validation_update(resource, tree, old, call.info.subresource)
        if call.info.subresource == "status":
            errors += strategy.validate_status(tree, old, context)
        else:
            errors += strategy.validate_update(tree, old, context)
        return errors

    errors = plugged.complaints(call, new, check)
    if errors:
        raise status.invalid(resource.kind, registry.stored_group, new["metadata"].get("name") or "", errors)
    if not call.info.subresource:
        call.warnings += plugged.warnings(resource, new, old)


def _needs_revision(call: Call) -> status.StatusError:
    path = field.Path("metadata").child("resourceVersion")
    error = field.invalid(path, 0, "must be specified for an update")
    return status.invalid(call.resource.plural, call.resource.group, call.info.name, [error])


def _marked(before: Tree) -> bool:
    return bool(before.get("deletionTimestamp")) and not before.get("deletionGracePeriodSeconds")


async def _remove(
    call: Call, entry: protocol.Entry, new: MutableTree, old: Tree, options: optioned.WriteOptions
) -> Written:
    """The last finalizer is gone: so is the object."""
    if not options.dry_run:
        head, tail = call.registry.packed(await call.registry.storable(new))
        await call.services.store.delete(entry.key, head, tail, expect=entry.revision, author=call.author)
        call.registry.strategy.finish(None, old, call.context())
        await call.registry.strategy.settle(None, old, call.context())
    return Written(new, entry.revision)


def _only_times_differ(new: Tree, old: Tree) -> bool:
    """Whether a write changes nothing but the times at which fields were written: then it is no write."""
    entries = new["metadata"].get("managedFields")
    before = old["metadata"].get("managedFields")
    if not entries or not before or entries == before or not managed.same_but_times(entries, before):
        return False
    return {**new, "metadata": {**new["metadata"], "managedFields": before}} == old


def _keep(new: MutableTree, old: Tree, name: str) -> None:
    if name in old:
        new[name] = old[name]
    else:
        new.pop(name, None)


def _keep_system_fields(metadata: MutableTree, before: Tree) -> None:
    """Who wrote it first, and that it is being deleted, no update can change."""
    if not metadata.get("uid"):
        _keep(metadata, before, "uid")
    for name in _STAMPED:
        _keep(metadata, before, name)
    metadata.pop("selfLink", None)


def _set_entries(metadata: MutableTree, entries: Sequence[Tree]) -> None:
    if entries:
        metadata["managedFields"] = list(entries)
    else:
        metadata.pop("managedFields", None)
