"""A set of field paths, kept as the tree that `FieldsV1` is.

    {"f:spec": {"f:replicas": {}, "f:template": {".": {}, "f:metadata": {}}}}

holds `.spec.replicas`, `.spec.template` and `.spec.template.metadata`, but not `.spec`: an empty node is a
member, `.` marks a member that has others below it.  So no entry of `managedFields` needs to be parsed to be
worked with, and what an operation does not touch is shared with its operands.

Invariants of every set here (`check`): steps stand in `elements.order`; no node is `{".": {}}` alone; the
root is never a member, so the empty set is `{}`.  A set is never changed once made.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from steersman.api.apply import elements

Set: TypeAlias = Mapping[str, Any]
_MEMBER: Set = {}
_SELF: Set = {elements.SELF: {}}
EMPTY: Set = {}


def node(steps: dict[str, Any], *, member: bool) -> Set:
    """A node of a set from its steps in order."""
    if not member:
        return steps
    return {elements.SELF: {}, **steps} if steps else _MEMBER


def union(left: Set, right: Set) -> Set:
    if not left or left is right:
        return right
    return _union(left, right) if right else left


def _union(left: Set, right: Set) -> Set:
    if left is right:
        return left
    whole = left
    left, right = left or _SELF, right or _SELF
    changed: dict[str, Any] = {}
    added = False
    for step, below in right.items():
        mine = left.get(step)
        if mine is None:
            changed[step] = below
            added = True
        elif mine is not below and step != elements.SELF:
            both = _union(mine, below)
            if both is not mine:
                changed[step] = both
    if not changed:
        return whole
    merged = {**left, **changed}
    if added:
        merged = {step: merged[step] for step in sorted(merged, key=elements.order)}
    return merged


def difference(left: Set, right: Set) -> Set:
    """The members of `left` that are not members of `right`; what is below a member stays."""
    if not left or not right:
        return left
    return _difference(left, right) or EMPTY


def _difference(left: Set, right: Set) -> Set | None:
    """None when nothing is left."""
    whole = left
    left, right = left or _SELF, right or _SELF
    kept: dict[str, Any] = {}
    same = True
    for step, below in left.items():
        theirs = right.get(step)
        if theirs is None:
            kept[step] = below
        elif step == elements.SELF:
            same = False
        else:
            rest = _difference(below, theirs)
            same = same and rest is below
            if rest is not None:
                kept[step] = rest
    return whole if same else _closed(kept)


def _closed(kept: dict[str, Any]) -> Set | None:
    if not kept:
        return None
    return _MEMBER if len(kept) == 1 and elements.SELF in kept else kept


def intersection(left: Set, right: Set) -> Set:
    if not left or not right:
        return EMPTY
    return _intersection(left, right) or EMPTY


def _intersection(left: Set, right: Set) -> Set | None:
    if left is right:
        return left
    left, right = left or _SELF, right or _SELF
    kept: dict[str, Any] = {}
    for step, below in left.items():
        theirs = right.get(step)
        if theirs is None:
            continue
        if step == elements.SELF:
            kept[step] = below
        else:
            both = _intersection(below, theirs)
            if both is not None:
                kept[step] = both
    return _closed(kept)


def without(left: Set, right: Set) -> Set:
    """The members of `left` that neither are members of `right` nor stand below one."""
    if not left or not right:
        return left
    return _without(left, right) or EMPTY


def _without(left: Set, right: Set) -> Set | None:
    kept: dict[str, Any] = {}
    same = True
    for step, below in left.items():
        theirs = right.get(step)
        if theirs is None:
            kept[step] = below
        elif is_member(theirs):
            same = False
        else:
            rest = _without(below, theirs) if below else below
            same = same and rest is below
            if rest is not None:
                kept[step] = rest
    return left if same else _closed(kept)


def is_member(below: Set) -> bool:
    """Whether a node of a set (not its root) is a member itself."""
    return not below or elements.SELF in below


def has(of: Set, path: Iterable[str]) -> bool:
    below: Set | None = of
    steps = 0
    for step in path:
        below = below.get(step) if below else None
        if below is None:
            return False
        steps += 1
    return steps > 0 and below is not None and is_member(below)


def at(of: Set, step: str) -> Set:
    """The members below a step, as a set of their own; the step itself is not in it."""
    below = of.get(step)
    if not below:
        return EMPTY
    if elements.SELF in below:
        return {name: item for name, item in below.items() if name != elements.SELF}
    found: Set = below
    return found


def paths(of: Set, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every member: at each node first the members, then what is below, as the reference iterates."""
    steps = [step for step in of if step != elements.SELF]
    for step in steps:
        if is_member(of[step]):
            yield (*prefix, step)
    for step in steps:
        if of[step]:
            yield from paths(of[step], (*prefix, step))


def of_paths(members: Iterable[Iterable[str]]) -> Set:
    """A set of the paths given, each a sequence of steps."""
    found: Set = EMPTY
    for member in members:
        below: Set = _MEMBER
        for step in reversed(tuple(member)):
            below = {step: below}
        found = union(found, below)
    return found


def fields(*dotted: str) -> Set:
    """A set of plain fields: `fields("status", "metadata.labels")`."""
    return of_paths([[elements.field(name) for name in path.split(".")] for path in dotted])


def shown(path: Iterable[str]) -> str:
    return "".join(elements.shown(step) for step in path)


def canonical(of: Any) -> Set:
    """A set from `FieldsV1` as a client sent it.  Raises ValueError for what is none."""
    return _canonical(of)


def _canonical(of: Any) -> Set:
    if not isinstance(of, Mapping):
        raise ValueError("a field set is an object")
    steps = {elements.canonical(step): _canonical(below) for step, below in of.items()}
    if not steps or steps == _SELF:
        return _MEMBER
    return {step: steps[step] for step in sorted(steps, key=elements.order)}


def check(of: Set) -> None:
    """Raise AssertionError where an invariant does not hold."""
    assert elements.SELF not in of, "the root is no member"
    _check(of)


def _check(of: Set) -> None:
    assert list(of) == sorted(of, key=elements.order), f"out of order: {list(of)}"
    assert of != _SELF, "a lone mark"
    for step, below in of.items():
        assert step != elements.SELF or below == {}, "a mark with something below"
        _check(below)
