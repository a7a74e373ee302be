"""What became of an object's fields: added, modified, removed.

Where both sides are empty or null they count as a leaf, so that null and `{}` differ.  What is the same
object, or equal, on both sides is not walked: the cost is that of what changed.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api.apply import elements, fieldset, typed
from steersman.api.schema.node import Node
from steersman.api.semantics import templates
from steersman.api.tree import Tree

_MISSING: Any = object()


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    added: fieldset.Set
    modified: fieldset.Set
    removed: fieldset.Set

    def excluding(self, ignored: fieldset.Set) -> "Comparison":
        """Without the paths of a set and what is below them."""
        if not ignored:
            return self
        return Comparison(
            fieldset.without(self.added, ignored),
            fieldset.without(self.modified, ignored),
            fieldset.without(self.removed, ignored),
        )

    def within(self, kept: fieldset.Set) -> "Comparison":
        """Only the paths below those of a set, in which `*` stands for any item."""
        return Comparison(_within(self.added, kept), _within(self.modified, kept), _within(self.removed, kept))

    @property
    def changed(self) -> fieldset.Set:
        return fieldset.union(self.added, self.modified)


ANY = "*"


def _within(found: fieldset.Set, kept: fieldset.Set) -> fieldset.Set:
    """The members of `found` that are members of `kept` or stand below one."""
    result: dict[str, Any] = {}
    for step, below in found.items():
        if step == elements.SELF:
            continue
        pattern = kept.get(step, kept.get(ANY))
        if pattern is None:
            continue
        if fieldset.is_member(pattern):
            result[step] = below
        else:
            rest = _within(below, pattern)
            if rest:
                result[step] = rest
    return result


class _Walk:
    """One of the three sets that a comparison makes, while it is being made."""

    __slots__ = ("added", "modified", "removed")

    def __init__(self) -> None:
        self.added: dict[str, Any] = {}
        self.modified: dict[str, Any] = {}
        self.removed: dict[str, Any] = {}

    def descend(self, step: str, below: "_Walk") -> None:
        if below.added:
            self.added[step] = below.added
        if below.modified:
            self.modified[step] = below.modified
        if below.removed:
            self.removed[step] = below.removed


def compare(old: Tree, new: Tree, node: Node | None) -> Comparison:
    """What became of the fields of `old` in `new`."""
    walk = _Walk()
    if old is not new:
        _compare_maps(old, new, node, walk)
    return Comparison(walk.added, walk.modified, walk.removed)


def of_new(empty: Tree, new: Tree, node: Node | None) -> Comparison:
    """What `compare` says of a new object and Go's empty one; the specs of a template's pods are walked once."""
    spec, name = _specs.ask(new.get("spec")) if node is not None and node.name == _POD else (None, None)
    if name is None:
        return compare(empty, new, node)
    if spec is None:
        spec = compare(_part(empty, of_spec=True), _part(new, of_spec=True), node)
        _specs.keep(name, spec)
    rest = compare(_part(empty, of_spec=False), _part(new, of_spec=False), node)
    return Comparison(
        _both(rest.added, spec.added), _both(rest.modified, spec.modified), _both(rest.removed, spec.removed)
    )


_POD = "io.k8s.api.core.v1.Pod"
_specs: templates.Memory[Comparison] = templates.Memory(templates.text)


def _part(tree: Tree, *, of_spec: bool) -> Tree:
    return {name: value for name, value in tree.items() if (name == "spec") is of_spec}


def _both(rest: fieldset.Set, spec: fieldset.Set) -> fieldset.Set:
    return dict(sorted({**rest, **spec}.items())) if rest and spec else rest or spec


def _compare_maps(old: Tree, new: Tree, node: Node | None, walk: _Walk) -> None:
    untyped = node is None or node.kind == "any"
    names = sorted({*old, *new}) if old.keys() != new.keys() else sorted(new)
    for name in names:
        before, after = old.get(name, _MISSING), new.get(name, _MISSING)
        if before is after:
            continue
        if before is _MISSING and type(after) in typed.SCALARS:
            walk.added["f:" + name] = typed.LEAF  # most of what a new object has
            continue
        child = None if untyped or node is None else node.fields.get(name) or node.item
        if before is _MISSING:
            walk.added["f:" + name] = typed.everything(after, child)
        elif after is _MISSING:
            walk.removed["f:" + name] = typed.everything(before, child)
        elif before != after:
            _compare("f:" + name, before, after, child, walk)


def _compare(step: str, before: Any, after: Any, node: Node | None, walk: _Walk) -> None:
    """Two values that are both there and differ."""
    if not before and not after and not _scalar(before) and not _scalar(after):
        walk.modified[step] = typed.LEAF  # null against an empty list or map
        return
    below = _Walk()
    if _is_map(before) and _is_map(after) and (typed.granular_map(before or after, node)):
        _compare_maps(before or {}, after or {}, node, below)
    elif node is not None and _is_list(before) and _is_list(after) and typed.granular_list(before or after, node):
        _compare_lists(before or [], after or [], node, below)
    else:
        walk.modified[step] = typed.LEAF
        return
    walk.descend(step, below)


def _scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping | list | tuple)


def _is_map(value: Any) -> bool:
    return value is None or isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return value is None or isinstance(value, list | tuple)


def _compare_lists(old: Sequence[Any], new: Sequence[Any], node: Node, walk: _Walk) -> None:
    before, after = typed.indexed(old, node), typed.indexed(new, node)
    steps = {**before, **after}
    for step in sorted(steps, key=elements.order) if len(steps) > 1 else steps:
        mine, theirs = before.get(step, _MISSING), after.get(step, _MISSING)
        if isinstance(mine, typed.Duplicates) or isinstance(theirs, typed.Duplicates):
            _compare_duplicates(step, mine, theirs, node, walk)
        elif mine is _MISSING:
            walk.added[step] = typed.everything(theirs, node.item)
        elif theirs is _MISSING:
            walk.removed[step] = typed.everything(mine, node.item)
        elif mine is not theirs and mine != theirs:
            _compare(step, mine, theirs, node.item, walk)


def _compare_duplicates(step: str, mine: Any, theirs: Any, node: Node, walk: _Walk) -> None:
    """Several items of one name count as one leaf."""
    if isinstance(mine, typed.Duplicates) and isinstance(theirs, typed.Duplicates):
        if list(mine) != list(theirs):
            walk.modified[step] = typed.LEAF
    elif isinstance(mine, typed.Duplicates):
        walk.removed[step] = typed.LEAF
        if theirs is not _MISSING:
            walk.added[step] = typed.everything(theirs, node.item)
    else:
        walk.added[step] = typed.LEAF
        if mine is not _MISSING:
            walk.removed[step] = typed.everything(mine, node.item)
