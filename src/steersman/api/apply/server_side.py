"""Server-side apply: lay a configuration over the live object and keep account of who asked for what.

An applier owns exactly the fields that its last configuration named.  To change a field that somebody else
owns is a conflict, unless forced; a field that the applier gives up is removed when nobody else owns it.
Lists merge by their type.  An object that nobody ever tracked is first accounted to `before-first-apply`.

The result is the merged tree before decoding and defaulting; the caller runs the codec and the defaults on
it, as after any patch.  The manager `kubectl` takes over what client-side apply wrote, without a conflict:
the fields of its last-applied annotation.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from steersman.api import status
from steersman.api import tree as trees
from steersman.api.apply import check, comparison, fieldset, managed, merging, typed
from steersman.api.apply.conflict import ApplyConflict, Conflict
from steersman.api.schema.node import Node
from steersman.api.status import StatusError
from steersman.api.tree import MutableTree, Tree

BEFORE_FIRST_APPLY = "before-first-apply"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
LAST_APPLIED_LIMIT = 256 * 1024
_KUBECTL = "kubectl"


@dataclasses.dataclass(frozen=True, slots=True)
class Applied:
    """`tree` is the merged object; it is the live one, the same value, where the apply changes nothing."""

    tree: Tree
    entries: list[Tree]

    def stamped(self) -> MutableTree:
        """The object with its entries."""
        return trees.edited(self.tree, self.entries, "metadata", "managedFields")


def checked(applied: Any, api_version: str, node: Node | None) -> Tree:
    """The configuration as it may be applied.  Raises StatusError with the reference's refusals."""
    if not isinstance(applied, Mapping):
        raise status.bad_request("error decoding YAML: json: cannot unmarshal into a map")
    metadata = applied.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("managedFields"):
        raise status.bad_request("metadata.managedFields must be nil")
    sent = applied.get("apiVersion", "")
    if sent != api_version:
        raise status.bad_request(
            f"Incorrect version specified in apply patch. Specified patch version: {sent}, expected: {api_version}"
        )
    found = check.problems(applied, node)
    if found:
        raise _untyped(applied, check.summary(found))
    return applied


def _untyped(applied: Tree, why: str) -> StatusError:
    metadata = applied.get("metadata")
    if not isinstance(metadata, Mapping):
        metadata = {}
    where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    version = applied.get("apiVersion", "")
    what = f"{version if '/' in version else '/' + version}, Kind={applied.get('kind', '')}"
    return status.failure(500, "", f"failed to create typed patch object ({where}; {what}): {why}")


def apply(
    live: Tree | None,
    applied: Tree,
    node: Node | None,
    entries: Sequence[Tree],
    *,
    manager: str,
    force: bool,
    api_version: str,
    now: str,
    subresource: str = "",
    reset: fieldset.Set = fieldset.EMPTY,
    convert: managed.Convert | None = None,
) -> Applied:
    """Apply a configuration (see `checked`); `live` is None where the object is not there yet.

    Raises ApplyConflict.  `reset` are fields that this write may not own; `convert` is needed where entries
    of other versions may be there.
    """
    present = live if live is not None else {}
    if live is not None and not entries:
        entries = managed.updated(
            None, live, node, (), manager=BEFORE_FIRST_APPLY, api_version=api_version, now=now,
            subresource=subresource, reset=reset, convert=convert,
        )  # fmt: skip
    write = _Write(present, applied, node, entries, manager, api_version, now, subresource, reset, convert)
    try:
        result = write.result(force)
    except ApplyConflict as error:
        if manager != _KUBECTL:
            raise
        write.result(force=_allowed(error, present, node))
        result = write.result(force=True)
    if manager == _KUBECTL and _last_applied(present) is not None:
        return dataclasses.replace(result, tree=_with_last_applied(result.tree, applied))
    return result


@dataclasses.dataclass(frozen=True, slots=True)
class _Write:
    """One apply; `result` may be asked more than once."""

    live: Tree
    applied: Tree
    node: Node | None
    entries: Sequence[Tree]
    manager: str
    api_version: str
    now: str
    subresource: str
    reset: fieldset.Set
    convert: managed.Convert | None

    def result(self, force: bool) -> Applied:
        mine = managed.entry(self.manager, managed.APPLY, self.api_version, fieldset.EMPTY, self.now, self.subresource)
        who = managed.identity(mine)
        last = next((item for item in self.entries if managed.identity(item) == who), None)
        others = [item for item in self.entries if item is not last]
        claimed = fieldset.without(typed.fields_of(self.applied, self.node), self.reset)
        merged = merging.merged(self.live, self.applied, self.node)
        if last is not None:
            merged = self._pruned(merged, claimed, others, last)
        difference = comparison.compare(self.live, merged, self.node).excluding(self.reset)
        if not force:
            self._refuse_conflicts(merged, difference.changed, others)
        kept = managed.disowned(others, difference, self.live, merged, self.api_version, self.convert, self.reset)
        differs = self.live is not merged and self.live != merged
        if not differs:  # then the write has no time of its own
            mine.pop("time", None)
            if last is not None and "time" in last:
                mine = managed.entry(*managed.identity(mine)[:2], self.api_version, {}, last["time"], self.subresource)
        own = fieldset.difference(claimed, managed.STRIPPED)
        if own:
            mine["fieldsV1"] = own
            kept.append(mine)
        tree = merged if differs else self.live
        return Applied(tree, managed.in_order(kept))

    def _refuse_conflicts(self, merged: Tree, changed: fieldset.Set, others: Sequence[Tree]) -> None:
        changes: dict[str, fieldset.Set | None] = {self.api_version: changed}
        found: list[Conflict] = []
        for item in sorted(others, key=managed.order_text):
            version = item.get("apiVersion", "")
            if version not in changes:
                changes[version] = self._changed_in(version, merged, changed)
            both = fieldset.intersection(item.get("fieldsV1") or {}, changes[version] or fieldset.EMPTY)
            found += [Conflict(item, path) for path in fieldset.paths(both)]
        if found:
            raise ApplyConflict(found)

    def _changed_in(self, version: str, merged: Tree, changed: fieldset.Set) -> fieldset.Set | None:
        """What the write changes, in the words of another version; None where that version is gone."""
        if self.convert is None:
            return changed
        before, after = self.convert(self.live, version), self.convert(merged, version)
        if before is None or after is None:
            return None
        return comparison.compare(before[0], after[0], after[1]).excluding(self.reset).changed

    def _pruned(self, merged: Tree, claimed: fieldset.Set, others: Sequence[Tree], last: Tree) -> Tree:
        """The merged object without what the applier gave up and nobody else owns.

        First everything of the last configuration goes, then what anybody owns comes back, then what went
        only because it stood below something that went.  All of it in the version of the last configuration;
        what others own comes back in theirs.
        """
        given_up = fieldset.without(last.get("fieldsV1") or {}, self.reset)
        if not given_up:
            return merged
        version = self._known(last.get("apiVersion", ""))
        found = self._in(merged, version)
        if found is None:
            return merged
        whole, node = found
        given_up = typed.named(given_up, node)
        owned: dict[str, fieldset.Set] = {version: fieldset.EMPTY, self.api_version: claimed}
        for item in others:
            theirs = self._known(item.get("apiVersion", ""))
            owned[theirs] = fieldset.union(owned.get(theirs, fieldset.EMPTY), item.get("fieldsV1") or {})
        left: Tree = merging.removed(whole, node, given_up) or {}
        for theirs, fields in owned.items():
            left = self._brought_back(whole, left, version, theirs, fields)
        there = typed.named(typed.fields_of(whole, node), node)
        dangling = fieldset.difference(there, typed.named(typed.fields_of(left, node), node))
        left = cast(Tree, merging.removed(whole, node, fieldset.intersection(dangling, given_up)) or {})
        back = self._in(left, self.api_version)
        return back[0] if back is not None else merged

    def _brought_back(self, whole: Tree, left: Tree, version: str, theirs: str, owned: fieldset.Set) -> Tree:
        """What is left of an object, with what is owned in their version; the object is in `version`."""
        before, after = self._in(whole, theirs), self._in(left, theirs)
        if before is None or after is None:
            return left
        tree, node = before
        kept = fieldset.union(typed.named(typed.fields_of(after[0], node), node), typed.named(owned, node))
        there = typed.named(typed.fields_of(tree, node), node)
        back = self._in(merging.removed(tree, node, fieldset.difference(there, kept)) or {}, version)
        return back[0] if back is not None else left

    def _known(self, version: str) -> str:
        """Without conversions there is one version."""
        return version if self.convert is not None else self.api_version

    def _in(self, tree: Tree, version: str) -> tuple[Tree, Node | None] | None:
        """An object in a version; None where that version is gone."""
        if self.convert is None or tree.get("apiVersion") == version == self.api_version:
            return tree, self.node
        return self.convert(tree, version)


def _last_applied(live: Tree) -> str | None:
    found = trees.at(live, "metadata", "annotations", LAST_APPLIED)
    return found if isinstance(found, str) and found else None


def _allowed(error: ApplyConflict, live: Tree, node: Node | None) -> bool:
    """True where client-side apply owned every conflicting field; raises the rest as conflicts otherwise."""
    text = _last_applied(live)
    if text is None:
        raise error
    try:
        configuration = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise error from None
    if not isinstance(configuration, Mapping):
        raise error
    drift = comparison.compare(configuration, live, node)
    moved = fieldset.union(drift.changed, drift.removed)
    allowed = fieldset.difference(typed.fields_of(configuration, node), moved)
    rest = [item for item in error.conflicts if not fieldset.has(allowed, item.path)]
    if rest:
        raise ApplyConflict(rest)
    return True


def _with_last_applied(merged: Tree, applied: Tree) -> Tree:
    """The annotation kept in step, so that client-side apply can come back."""
    annotations = dict(trees.at(applied, "metadata", "annotations", default={}))
    annotations.pop(LAST_APPLIED, None)
    plain = trees.edited(applied, annotations, "metadata", "annotations")
    text = msgspec.json.encode(plain, order="sorted").decode() + "\n"
    current: MutableTree = dict(trees.at(merged, "metadata", "annotations", default={}))
    if len(text) > LAST_APPLIED_LIMIT:
        current.pop(LAST_APPLIED, None)
    else:
        current[LAST_APPLIED] = text
    return trees.edited(merged, current, "metadata", "annotations")
