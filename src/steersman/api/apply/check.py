"""Whether an applied configuration fits its type, in the words of the reference's typed conversion.

Only what an apply refuses before merging is looked for: fields that the type does not have, values of the
wrong kind, list items that cannot be named or are named twice.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from steersman.api.apply import elements, typed
from steersman.api.patch import gotext
from steersman.api.schema.node import Node
from steersman.api.tree import Tree

_NUMBERS = ("integer", "number")
_TEXTS = ("string", "quantity", "time", "micro-time", "duration", "bytes")


Path: TypeAlias = "tuple[Path, str] | None"
"""Where we are: what is above and the step's text, joined only for an error."""


def problems(tree: Tree, node: Node | None) -> list[str]:
    """What is wrong, each with its path; empty when nothing is."""
    found: list[str] = []
    _map(tree, node, None, found)
    return found


def summary(found: list[str]) -> str:
    return found[0] if len(found) == 1 else "\n".join(["errors:", *(f"  {text}" for text in found)])


def _text(path: Path, text: str) -> str:
    steps = []
    while path is not None:
        path, step = path
        steps.append(step)
    return f"{''.join(reversed(steps))}: {text}" if steps else text


def _walk(value: Any, node: Node | None, path: Path, found: list[str]) -> None:
    if value is None or node is None or node.kind in ("any", "int-or-string"):
        return
    if node.kind in ("object", "map"):
        if isinstance(value, Mapping):
            _map(value, node, path, found)
        else:
            found.append(_text(path, f"expected map, got &{{{gotext.plain(value)}}}"))
    elif node.kind == "list":
        if isinstance(value, list | tuple):
            _list(value, node, path, found)
        else:
            found.append(_text(path, f"expected list, got &{{{gotext.plain(value)}}}"))
    elif node.kind in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            found.append(_text(path, f"expected numeric (int or float), got {gotext.type_name(value)}"))
    elif node.kind in _TEXTS:
        if not isinstance(value, str) and not (node.kind == "quantity" and isinstance(value, int | float)):
            found.append(_text(path, f"expected string, got &value.valueUnstructured{{Value:{gotext.syntax(value)}}}"))
    elif node.kind == "boolean" and not isinstance(value, bool):
        found.append(_text(path, f"expected boolean, got &{{{gotext.plain(value)}}}"))


def _map(value: Tree, node: Node | None, path: Path, found: list[str]) -> None:
    """The reference ends its look at an object with the first field that is unknown: one is told."""
    if node is None or node.kind == "any":
        return
    unknown = ""
    for name, item in value.items():
        child = node.child(name)
        if child is not None:
            if not (child.kind == "string" and isinstance(item, str)):  # most of what there is
                _walk(item, child, (path, "." + name), found)
        elif not node.preserve_unknown and (not unknown or name < unknown):
            unknown = name
    if unknown:
        found.append(_text((path, "." + unknown), "field not declared in schema"))


def _list(value: Any, node: Node, path: Path, found: list[str]) -> None:
    if not typed.granular_list(value, node):
        for index, item in enumerate(value):
            _walk(item, node.item, (path, f"[{index}]"), found)
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        try:
            step = typed.step_of(item, node)
        except typed.KeyMissing as error:
            found.append(_text(path, f"element {index}: {error}"))
            continue
        if step in seen:
            found.append(_text(path, f"duplicate entries for key {elements.shown(step)}"))
        seen.add(step)
        _walk(item, node.item, (path, elements.shown(step)), found)
