"""How fast nodes may be declared dead: many silent nodes are more likely one broken network.

Pure.  A zone is *full* when none of its nodes is ready, *partial* when more than two are not and they make
55 % or more.  If all zones are full nobody is evicted; a small partial zone is left alone, a large one is
treated more slowly.  A worked example: of three nodes in one zone two die: not more than two, so normal.
"""

import enum
from collections.abc import Iterable, Mapping

from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree

RATE = 0.1
"""Nodes a second, in a normal zone."""
SLOW_RATE = 0.01
LARGE = 50
UNHEALTHY = 0.55


class State(enum.Enum):
    NORMAL = "normal"
    PARTIAL = "partial"
    FULL = "full"


def zone_of(node: Tree) -> str:
    """Region and zone of a node; nothing where it has neither."""
    labels = node["metadata"].get("labels") or {}
    region, zone = labels.get("topology.kubernetes.io/region", ""), labels.get("topology.kubernetes.io/zone", "")
    return f"{region}:\x00:{zone}" if region or zone else ""


def states(nodes: Iterable[Tree]) -> dict[str, tuple[State, int]]:
    """The state and the size of each zone."""
    ready: dict[str, int] = {}
    silent: dict[str, int] = {}
    for node in nodes:
        zone = zone_of(node)
        counts = ready if podlib.condition_status(node, "Ready") == "True" else silent
        counts[zone] = counts.get(zone, 0) + 1
    found = {}
    for zone in {*ready, *silent}:
        up, down = ready.get(zone, 0), silent.get(zone, 0)
        if not up and down:
            state = State.FULL
        elif down > 2 and down / (up + down) >= UNHEALTHY:
            state = State.PARTIAL
        else:
            state = State.NORMAL
        found[zone] = state, up + down
    return found


def is_blackout(found: Mapping[str, tuple[State, int]]) -> bool:
    """Whether no zone has a node that is ready."""
    return bool(found) and all(state is State.FULL for state, _ in found.values())


def rates(found: Mapping[str, tuple[State, int]]) -> dict[str, float]:
    """Nodes a second that may be declared dead, by zone."""
    if is_blackout(found):
        return dict.fromkeys(found, 0.0)
    made = {}
    for zone, (state, size) in found.items():
        if state is State.PARTIAL:
            made[zone] = SLOW_RATE if size > LARGE else 0.0
        else:
            made[zone] = RATE
    return made
