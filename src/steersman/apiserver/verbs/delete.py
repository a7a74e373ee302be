"""DELETE of one object: at once, after a grace period, or when its last finalizer goes.

    no grace, no finalizers     gone; the answer is a Status (or the object, for kinds that say so)
    finalizers                  marked with deletionTimestamp; whoever removes the last one deletes it
    grace (pods)                marked for then; the node deletes it when it has ended, with grace 0

Orphaning and foreground deletion are finalizers too, put there by the propagation policy.
"""

from typing import Any

from steersman.api import status, times
from steersman.api.tree import MutableTree, Tree
from steersman.apiserver import plugged
from steersman.apiserver.call import Call
from steersman.apiserver.http import options as optioned
from steersman.apiserver.http import respond
from steersman.apiserver.registry.strategy import Context
from steersman.apiserver.verbs import bodies, forms
from steersman.kit import http
from steersman.store import protocol

ATTEMPTS = 100
ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


class Deleted:
    """What a deletion came to: gone, or marked."""

    __slots__ = ("gone", "revision", "tree")

    def __init__(self, tree: Tree, revision: int, *, gone: bool) -> None:
        self.tree = tree
        self.revision = revision
        self.gone = gone


async def delete(call: Call) -> http.Response:
    options = optioned.delete_options(call.request, await call.apart(bodies.options_tree, call))
    deleted = await remove(call, call.info.name, options)
    return answered(call, deleted, options)


def answered(call: Call, deleted: Deleted, options: optioned.DeleteOptions) -> http.Response:
    registry, resource = call.registry, call.resource
    metadata = deleted.tree["metadata"]
    if deleted.gone and not registry.strategy.returns_deleted:
        details = {
            "name": metadata["name"], "group": resource.group, "kind": resource.plural, "uid": metadata.get("uid"),
        }  # fmt: skip
        return respond.tree(status.success(details=details), call.accept)
    code = 202 if not deleted.gone and options.orphan_dependents is False else 200
    tree = registry.answer(deleted.tree, deleted.revision)
    return respond.tree(forms.transformed(call, tree), call.accept, code)


async def remove(call: Call, name: str, options: optioned.DeleteOptions) -> Deleted:
    """Raises what a deletion is refused with."""
    registry = call.registry
    policy_given = options.propagation is not None or options.orphan_dependents is not None
    registry.strategy.warn_delete(policy_given, call.context(options.dry_run))
    for attempt in range(ATTEMPTS):
        entry = registry.existing(call.info.namespace, name)
        try:
            return await _attempt(call, entry, options)
        except protocol.Mismatch as error:
            if options.resource_version is not None or attempt + 1 == ATTEMPTS:
                raise registry.conflict(name, status.MODIFIED) from error
            await call.services.clock.sleep(min(0.001 * attempt, 0.02))
    raise AssertionError("unreachable")


async def _attempt(call: Call, entry: protocol.Entry, options: optioned.DeleteOptions) -> Deleted:
    registry, store = call.registry, call.services.store
    strategy = registry.strategy
    size = len(entry.value)
    old = await call.apart(registry.tree, entry.value, size=size)
    context = call.context(options.dry_run)
    check_preconditions(call, old, options)
    attributes = plugged.attributes(call, "DELETE", None, old, dry_run=options.dry_run, options=options.tree)
    attributes.name = old["metadata"]["name"]
    await plugged.mutate(call, attributes)
    await plugged.validate(call, attributes)

    new = await call.apart(registry.tree, entry.value, size=size)
    metadata = new["metadata"]
    graceful, pending = _grace(call, new, options, context)
    if pending:
        return Deleted(old, entry.revision, gone=False)
    _set_policy(call, new, options)
    held = strategy.holds(new, context)
    finalizers = metadata.get("finalizers")
    if finalizers and not graceful and not held:
        _mark(new, context.now)
    waits = held or bool(finalizers) or (graceful and bool(metadata["deletionGracePeriodSeconds"]))
    if waits:
        if new == old:
            return Deleted(old, entry.revision, gone=False)
        if options.dry_run:
            return Deleted(new, entry.revision, gone=False)
        head, tail = registry.packed(await registry.storable(new))
        written = await store.put(entry.key, head, tail, expect=entry.revision, author=call.author)
        return Deleted(new, written.revision, gone=False)
    if not options.dry_run:
        head, tail = registry.packed(await registry.storable(new))
        written = await store.delete(entry.key, head, tail, expect=entry.revision, author=call.author)
        strategy.finish(None, old, context)
        await strategy.settle(None, old, context)
        return Deleted(new, written.revision if graceful else entry.revision, gone=True)
    return Deleted(new, entry.revision, gone=True)


def check_preconditions(call: Call, old: Tree, options: optioned.DeleteOptions) -> None:
    """Raises 409 where the client meant another object."""
    metadata, strategy = old["metadata"], call.registry.strategy
    for what, asked, found in (
        ("UID", options.uid, metadata.get("uid")),
        ("ResourceVersion", options.resource_version, metadata.get("resourceVersion")),
    ):
        if asked is not None and asked != found:
            raise strategy.precondition_failed(metadata["name"], what, asked, found)


def _grace(call: Call, new: MutableTree, options: optioned.DeleteOptions, context: Context) -> tuple[bool, bool]:
    """Mark the object for the end of its grace.  Returns whether it was marked, and whether it is on its way
    already and nothing is to be done."""
    strategy = call.registry.strategy
    metadata = new["metadata"]
    if not strategy.graceful:
        return False, False
    asked = options.grace_seconds
    left = metadata.get("deletionGracePeriodSeconds")
    if metadata.get("deletionTimestamp"):
        if left is None:
            return False, False
        if asked is None or asked >= left:
            return False, True
        moment = times.parse(metadata["deletionTimestamp"]) - left + asked
        metadata["deletionTimestamp"] = times.seconds(moment)
        metadata["deletionGracePeriodSeconds"] = asked
        return True, False
    grace = strategy.grace(new, asked, context)
    if grace is None:
        return False, False
    metadata["deletionTimestamp"] = times.seconds(call.services.clock.now() + grace)
    metadata["deletionGracePeriodSeconds"] = grace
    if metadata.get("generation"):
        metadata["generation"] += 1
    return True, False


def _mark(new: MutableTree, now: str) -> None:
    """The object waits for its finalizers."""
    metadata = new["metadata"]
    if not metadata.get("deletionTimestamp"):
        if metadata.get("generation"):
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = now
    elif metadata["deletionTimestamp"] > now:
        metadata["deletionTimestamp"] = now
    metadata["deletionGracePeriodSeconds"] = 0


def _set_policy(call: Call, new: MutableTree, options: optioned.DeleteOptions) -> None:
    """The garbage collector's finalizers, as the propagation policy wants them."""
    strategy, metadata = call.registry.strategy, new["metadata"]
    finalizers: list[Any] = list(metadata.get("finalizers") or ())
    if not strategy.collected:
        return
    orphan, foreground = _policy(finalizers, options, orphans=strategy.orphans_by_default)
    wanted = [name for name in finalizers if name not in (ORPHAN, FOREGROUND)]
    if orphan:
        wanted.append(ORPHAN)
    if foreground:
        wanted.append(FOREGROUND)
    if sorted(wanted) == sorted(finalizers):
        return
    if wanted:
        metadata["finalizers"] = wanted
    else:
        metadata.pop("finalizers", None)


def _policy(finalizers: list[Any], options: optioned.DeleteOptions, *, orphans: bool) -> tuple[bool, bool]:
    if options.orphan_dependents is not None:
        return options.orphan_dependents, False
    if options.propagation is not None:
        return options.propagation == "Orphan", options.propagation == "Foreground"
    if ORPHAN in finalizers or FOREGROUND in finalizers:
        return ORPHAN in finalizers, FOREGROUND in finalizers
    return orphans, False
