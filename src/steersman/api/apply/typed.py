"""What ownership of fields needs to know of a type, and the paths of one object.

How the type decides: scalars are leaves; an atomic list or map is one leaf; a list of type map has items
named by their keys, a list of type set items named by their value; everything else is a map of fields.  What
has no type (`any`) is a map of fields where it is a map, and a leaf otherwise.

Where both sides of a comparison are empty or null they count as a leaf, so that null and `{}` differ.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steersman.api.apply import elements, fieldset
from steersman.api.schema.node import Node
from steersman.api.tree import Tree
from steersman.kit import limits

LEAF: fieldset.Set = {}
SCALARS = frozenset({str, int, bool, float, type(None)})


class KeyMissing(ValueError):
    """An item of a list by keys that cannot be named."""


def granular_map(value: Any, node: Node | None) -> bool:
    """Whether a value of this type has fields that are owned one by one."""
    if node is None or node.kind == "any":
        return isinstance(value, Mapping) and (node is None or node.map_type != "atomic")
    return node.kind in ("object", "map") and node.map_type != "atomic"


def granular_list(value: Any, node: Node | None) -> bool:
    return node is not None and node.kind == "list" and node.list_type in ("map", "set")


def step_of(item: Any, node: Node) -> str:
    """How an item of a granular list is named.  Raises KeyMissing."""
    if node.list_type == "set":
        if item is None:
            raise KeyMissing("associative list without keys has an element that's an explicit null")
        if isinstance(item, Mapping):
            raise KeyMissing("associative list without keys has an element that's a map type")
        return elements.value(item)
    if item is None:
        raise KeyMissing("associative list with keys may not have a null element")
    if type(item) is not dict and not isinstance(item, Mapping):
        raise KeyMissing("associative list with keys may not have non-map elements")
    values: list[Any] = []
    for name in node.list_keys:
        value = item.get(name)
        if value is None and name not in item:
            value = _default_key(node, name)
        values.append(value)
    return elements.key(node.list_keys, values)


def _default_key(node: Node, name: str) -> Any:
    item = node.item
    field = item.child(name) if item else None
    if field is not None and field.default is not None:
        return field.default
    if item is not None and item.zeros.get(name) is not None:
        return item.zeros[name]
    raise KeyMissing(
        f'associative list with keys has an element that omits key field "{name}" (and doesn\'t have default value)'
    )


def indexed(items: Sequence[Any], node: Node) -> dict[str, Any]:
    """Items by name; the items of one name as a list where there are several."""
    found: dict[str, Any] = {}
    for item in items:
        try:
            step = step_of(item, node)
        except KeyMissing:
            continue
        if step not in found:
            found[step] = item
        elif isinstance(found[step], Duplicates):
            found[step].append(item)
        else:
            found[step] = Duplicates([found[step], item])
    return found


class Duplicates(list[Any]):
    """Items of one name."""


def ordered(steps: dict[str, Any]) -> dict[str, Any]:
    """Steps in order; nearly always they are already."""
    if len(steps) < 2:
        return steps
    return {step: steps[step] for step in sorted(steps, key=elements.order)}


def everything(value: Any, node: Node | None) -> fieldset.Set:
    """Every path of a value that was not there before: itself, and all that is below."""
    kind = type(value)
    if kind in SCALARS or not value:
        return LEAF
    if kind is dict or (kind is not list and isinstance(value, Mapping)):
        if node is None or node.kind == "any":
            if not granular_map(value, node):
                return LEAF
            return {elements.SELF: LEAF, **{"f:" + name: everything(value[name], None) for name in sorted(value)}}
        if node.map_type == "atomic" or (node.kind != "object" and node.kind != "map"):
            return LEAF
        if SCALARS.issuperset(map(type, value.values())):
            if node.kind == "map" or node.preserve_unknown:
                return _leaves(sorted(value))
            return _plain(tuple(value))  # the innermost objects; there are few kinds of them, and many of each
        return _below(value, node)
    if node is not None and granular_list(value, node) and isinstance(value, list | tuple):
        below = node.item
        items = _plainly_named(value, node)
        if items is not None:
            return {elements.SELF: LEAF, **{step: everything(item, below) for step, item in items}}
        found = {
            step: LEAF if isinstance(item, Duplicates) else everything(item, below)
            for step, item in indexed(value, node).items()
        }
        return {elements.SELF: LEAF, **ordered(found)}
    return LEAF


def _below(value: Tree, node: Node) -> fieldset.Set:
    found: dict[str, Any] = {elements.SELF: LEAF}
    known, other = node.fields, node.item
    for name in sorted(value):
        item = value[name]
        # scalars are most of what there is: spare them the call
        found["f:" + name] = LEAF if type(item) in SCALARS else everything(item, known.get(name) or other)
    return found


def _leaves(names: Iterable[str]) -> fieldset.Set:
    return {elements.SELF: LEAF, **{"f:" + name: LEAF for name in names}}


@functools.lru_cache(maxsize=4096)
def _plain(names: tuple[str, ...]) -> fieldset.Set:
    """The paths of an object that has these fields and nothing below them."""
    return _leaves(sorted(names))


def _plainly_named(items: Sequence[Any], node: Node) -> list[tuple[str, Any]] | None:
    """The items of a list that is keyed by one text, with their steps, in order; None where they are not so plain.

    Most lists by keys are: containers, volumes, variables.  Steps by one text stand in the order of the texts.
    """
    if len(node.list_keys) != 1:
        return None
    name = node.list_keys[0]
    found: dict[str, Any] = {}
    for item in items:
        text = item.get(name) if type(item) is dict else None
        if type(text) is not str or len(text) > limits.LONGEST:
            return None
        found[text] = item
    if len(found) < len(items):
        return None
    return [(elements.named(name, text), found[text]) for text in (sorted(found) if len(found) > 1 else found)]


def fields_of(tree: Tree, node: Node | None) -> fieldset.Set:
    """The paths that an applied configuration claims: leaves, items of lists, keys of maps."""
    return _claimed_map(tree, node)


def _claimed_map(value: Tree, node: Node | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    untyped = node is None or node.kind == "any"
    for name in sorted(value):
        item = value[name]
        declared = None if untyped or node is None else node.fields.get(name)
        child = declared or (None if untyped or node is None else node.item)
        if item is None or item == {}:
            found["f:" + name] = LEAF
            continue
        below = _claimed(item, child)
        if below is None:
            found["f:" + name] = LEAF
        elif below or declared is None:
            found["f:" + name] = fieldset.node(below, member=declared is None)
    return found


def _claimed(value: Any, node: Node | None) -> dict[str, Any] | None:
    """What is claimed below a value; None where the value itself is a leaf."""
    if isinstance(value, Mapping) and granular_map(value, node):
        return _claimed_map(value, node)
    if isinstance(value, list | tuple) and node is not None and granular_list(value, node):
        found: dict[str, Any] = {}
        for step, item in indexed(value, node).items():
            below = None if isinstance(item, Duplicates) else _claimed(item, node.item)
            found[step] = fieldset.node(below or {}, member=True)
        return ordered(found)
    return None


def named(of: fieldset.Set, node: Node | None) -> fieldset.Set:
    """The set with every declared field that has members below it as a member too."""
    found: dict[str, Any] = {}
    for step, below in of.items():
        if step == elements.SELF or not below:
            found[step] = below
            continue
        child, declared = child_at(step, node)
        inner = dict(named(below, child))
        if declared and elements.SELF not in inner:
            inner = {elements.SELF: LEAF, **inner}
        found[step] = inner
    return found


def child_at(step: str, node: Node | None) -> tuple[Node | None, bool]:
    """The type at a step, and whether it is a declared field."""
    if node is None or node.kind == "any":
        return None, False
    if not step.startswith("f:"):
        return node.item, False
    declared = node.fields.get(step[2:])
    return declared or node.item, declared is not None
