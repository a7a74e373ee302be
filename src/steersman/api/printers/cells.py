"""Texts that many kinds print: a name, an age, a template's containers, a selector, a list cut short.

All of them take what may be missing: objects come from clients and status is filled in late.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import labels
from steersman.api.printers import durations
from steersman.api.tree import Tree

NONE = "<none>"
UNSET = "<unset>"


def name(tree: Tree) -> str:
    return str((tree.get("metadata") or {}).get("name") or "")


def age(tree: Tree, now: float) -> str:
    return durations.since((tree.get("metadata") or {}).get("creationTimestamp"), now)


def spec(tree: Tree) -> Tree:
    return tree.get("spec") or {}


def status(tree: Tree) -> Tree:
    return tree.get("status") or {}


def number(tree: Tree, field: str) -> int:
    """A count that is left out when it is zero."""
    return tree.get(field) or 0


def is_deleting(tree: Tree) -> bool:
    return bool((tree.get("metadata") or {}).get("deletionTimestamp"))


def annotation(tree: Tree, key: str) -> Any:
    return ((tree.get("metadata") or {}).get("annotations") or {}).get(key)


def containers(template: Tree | None) -> list[str]:
    """Names and images of a pod template's containers: two cells."""
    found = ((template or {}).get("spec") or {}).get("containers") or ()
    return [",".join(c.get("name") or "" for c in found), ",".join(c.get("image") or "" for c in found)]


def pairs(found: Mapping[str, str] | None) -> str:
    """Labels, or a selector that is a plain map."""
    return ",".join(f"{key}={value}" for key, value in sorted((found or {}).items())) or NONE


def selector(found: Tree | None) -> str:
    """A LabelSelector; none and an empty one look the same."""
    try:
        return str(labels.from_object(found)) or NONE
    except labels.SelectorError:
        return "<error>"


def at_most(found: Sequence[str], limit: int, separator: str = ",") -> str:
    """The first few and how many more there are; nothing for an empty list."""
    text = separator.join(found[:limit])
    return f"{text} + {len(found) - limit} more..." if len(found) > limit else text
