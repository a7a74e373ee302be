"""What becomes of empty lists on their way through storage.

A list without `omitempty` is written even when it is empty, as `[]` by who sends it and as `null` by who reads
it back: the storage's format does not tell an empty list from none.  Between decoding and storing the difference
counts, for the sender of `rules: []` owns `rules`.
"""

from collections.abc import Mapping
from typing import Any

from steersman.api.schema.node import Node


def settled(node: Node, tree: Any) -> Any:
    """The tree with `null` for its empty lists; what has none is shared, and nothing is changed."""
    if node.kind == "object":
        return _object(node, tree)
    item = node.item
    if item is None or item.kind not in _DEEP:
        return tree
    if isinstance(tree, Mapping):
        made = {key: settled(item, value) for key, value in tree.items()}
        return made if any(made[key] is not tree[key] for key in made) else tree
    if isinstance(tree, list):
        items = [settled(item, value) for value in tree]
        return items if any(new is not old for new, old in zip(items, tree, strict=True)) else tree
    return tree


_DEEP = ("object", "map", "list")


def _object(node: Node, tree: Any) -> Any:
    if not isinstance(tree, Mapping):
        return tree
    out: dict[str, Any] | None = None
    for key, value in tree.items():
        if not isinstance(value, Mapping | list):
            continue
        made: Any = value
        if value:
            child = node.fields.get(key)
            if child is not None and child.kind in _DEEP:
                made = settled(child, value)
        elif isinstance(value, list) and key in node.zeros:
            made = None
        if made is not value:
            if out is None:
                out = dict(tree)
            out[key] = made
    return tree if out is None else out
