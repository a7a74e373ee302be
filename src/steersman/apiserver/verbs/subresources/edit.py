"""Writes that the API server makes to an object on its own account: no admission, no owner of fields.

A binding sets a pod's node, an eviction a condition and a budget's count.  Like every change they are made of
the newest object and tried again when somebody was faster.
"""

from collections.abc import Callable
from typing import Any

from steersman.api import status
from steersman.api.tree import Tree
from steersman.apiserver.call import Call
from steersman.apiserver.registry.registry import Registry
from steersman.store import protocol

ATTEMPTS = 100


async def edit(
    call: Call, registry: Registry, namespace: str, name: str, make: Callable[[dict[str, Any]], Tree | None]
) -> Tree:
    """Write what `make` makes of the object's own tree; None leaves it alone.  Raises what `make` raises."""
    for attempt in range(ATTEMPTS):
        entry = registry.existing(namespace, name)
        made = make(registry.tree(entry.value))
        if made is None:
            return registry.tree(entry.value)
        head, tail = registry.packed(made)
        try:
            written = await call.services.store.put(entry.key, head, tail, expect=entry.revision, author=call.author)
        except protocol.Mismatch:
            await call.services.clock.sleep(min(0.001 * attempt, 0.02))
            continue
        return registry.answer(made, written.revision)
    raise registry.conflict(name, status.MODIFIED)


def with_condition(pod: Tree, condition: dict[str, Any]) -> dict[str, Any]:
    """A pod with a condition set; its transition time stays where the status does."""
    state = dict(pod.get("status") or {})
    conditions, placed = [], False
    for each in state.get("conditions") or ():
        if each.get("type") != condition["type"]:
            conditions.append(each)
            continue
        if each.get("status") == condition["status"]:
            condition = {**condition, "lastTransitionTime": each.get("lastTransitionTime")}
        conditions.append(condition)
        placed = True
    if not placed:
        conditions.append(condition)
    state["conditions"] = conditions
    return {**pod, "status": state}
