"""An object with something laid over it, or with something taken away, by its type.

Nothing is changed in place, and what does not change is shared.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api.apply import fieldset, typed
from steersman.api.schema.node import Node


def removed(value: Any, node: Node | None, items: fieldset.Set) -> Any:
    """A value without the fields and items of a set; None where nothing is left of a map or list."""
    if not items:
        return value
    if isinstance(value, Mapping):
        if not typed.granular_map(value, node):
            return None
        kept: dict[str, Any] = {}
        for name, item in value.items():
            below = items.get("f:" + name)
            if below is None:
                kept[name] = item
            elif not fieldset.is_member(below):
                kept[name] = removed(item, typed.child_at("f:" + name, node)[0], below)
        return kept or None
    if isinstance(value, list | tuple):
        if node is None or not typed.granular_list(value, node):
            return None
        left = []
        for item in value:
            below = items.get(typed.step_of(item, node))
            if below is None:
                left.append(item)
            elif not fieldset.is_member(below):
                left.append(removed(item, node.item, below))
        return left or None
    return value


def merged(live: Any, applied: Any, node: Node | None) -> Any:
    """A value with an applied configuration laid over it; what is equal is shared with `live`."""
    if isinstance(live, Mapping) and isinstance(applied, Mapping) and typed.granular_map(applied or live, node):
        result = dict(live)
        for name, item in applied.items():
            child = typed.child_at("f:" + name, node)[0]
            result[name] = merged(live[name], item, child) if name in live else merged(None, item, child)
        return result
    both_lists = isinstance(live, list | tuple) and isinstance(applied, list | tuple) and (live or applied)
    if both_lists and node is not None and typed.granular_list(applied, node):
        return _merged_lists(live, applied, node)
    return applied


def _merged_lists(live: Sequence[Any], applied: Sequence[Any], node: Node) -> list[Any]:
    """Items of both; the applied order rules among the applied, live items stay where they stood between them."""
    mine = [typed.step_of(item, node) for item in live]
    theirs = [typed.step_of(item, node) for item in applied]
    by_live: dict[str, Any] = {}
    for step, item in zip(mine, live, strict=True):
        by_live[step] = None if step in by_live else item  # of several with one name none is merged into
    by_applied = dict(zip(theirs, applied, strict=True))
    shared = [step for step in theirs if step in by_live]
    turn = 0
    result: list[Any] = []
    done: set[str] = set()
    left = right = 0

    def take(step: str) -> None:
        done.add(step)
        result.append(merged(by_live[step], by_applied[step], node.item) if step in by_live else by_applied[step])

    while left < len(mine) or right < len(theirs):
        if left < len(mine) and right < len(theirs):
            step = mine[left]
            if step == theirs[right]:
                take(step)
                left, right, turn = left + 1, right + 1, turn + 1
                continue
            if step in by_applied and turn < len(shared) and shared[turn] != step:
                left += 1  # a shared item whose turn has not come
                continue
        if left < len(mine):
            step = mine[left]
            if step not in by_applied:
                result.append(live[left])
                left += 1
                continue
            if step in done:
                left += 1
        if right < len(theirs):
            step = theirs[right]
            take(step)
            right += 1
            if turn < len(shared) and shared[turn] == step:
                turn += 1
    return result
