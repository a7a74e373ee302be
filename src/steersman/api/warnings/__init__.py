"""What is accepted but had better not be written: the texts of `Warning` headers.

Deprecated fields, values that mean something else than they seem to, names that make trouble in other places.
One function a kind, found in `TABLE`; it gets the object as it will be stored and the one before, or None.
"""

from collections.abc import Callable, Mapping

from steersman.api.resources import Resource
from steersman.api.tree import Tree

Find = Callable[[Tree, Tree | None], list[str]]
TABLE: Mapping[tuple[str, str], Find] = {}


def found(resource: Resource, new: Tree, old: Tree | None) -> list[str]:
    find = TABLE.get((resource.group, resource.kind))
    return [] if find is None else find(new, old)
