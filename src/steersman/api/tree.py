"""The one object model: an object is the plain tree that its JSON is.

A `Tree` that came out of `client`, `apiserver` or a cache is never changed by anybody.  A change copies the
path to it (`replaced`, `edited`) and shares the rest.  `MutableTree` is for a tree that its holder made.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

Tree: TypeAlias = Mapping[str, Any]
MutableTree: TypeAlias = dict[str, Any]


def at(tree: Tree, *path: str, default: Any = None) -> Any:
    """The value at a path, or `default` where a step is missing or null."""
    value: Any = tree
    for step in path:
        if type(value) is not dict and not isinstance(value, Mapping):  # the first is ten times as fast
            return default
        value = value.get(step)
        if value is None:
            return default
    return value


def edited(tree: Tree, value: Any, *path: str) -> MutableTree:
    """A new root with `value` at `path`; missing maps on the way are made, everything else is shared."""
    root = dict(tree)
    node = root
    for step in path[:-1]:
        child = dict(node.get(step) or {})
        node[step] = child
        node = child
    node[path[-1]] = value
    return root


def without(tree: Tree, *path: str) -> MutableTree:
    """A new root with nothing at `path`; everything else is shared."""
    root = dict(tree)
    node = root
    for step in path[:-1]:
        if not isinstance(node.get(step), Mapping):
            return root
        child = dict(node[step])
        node[step] = child
        node = child
    node.pop(path[-1], None)
    return root
