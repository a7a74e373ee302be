"""What a scheduling rule is, and what it may answer.

A rule (`Plugin`) looks at one pod before any node (`pre_filter`), at one pod and one node (`filter`), and
may prefer nodes (`score`).  Rules are pure: they read the table, and write only into their own state of the
cycle.  "Does not fit" is a `Refusal`, never an exception.

A rule that is `local` for a pod (its verdict depends on this pod's shape and this node only) lets the cycle
reuse verdicts among equal pods; one that looks at other nodes or other pods must say so in `pre_filter` by
returning GLOBAL.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from steersman.scheduler.shapes import Pod
from steersman.scheduler.table import Node, Table

MOST = 100
"""The highest score of one rule for one node."""


class Code(enum.Enum):
    UNSCHEDULABLE = "unschedulable"
    """Another pod's going might help."""
    UNRESOLVABLE = "unresolvable"
    """No pod's going would help."""


@dataclasses.dataclass(frozen=True, slots=True)
class Refusal:
    """Why not: one reason or more, in Kubernetes' words."""

    plugin: str
    code: Code
    reasons: tuple[str, ...]


class Concern(enum.Enum):
    """What a rule has to do with a pod, as found before any node is looked at."""

    NONE = "none"
    LOCAL = "local"
    GLOBAL = "global"


class Event(enum.Enum):
    """What may have happened in the cluster that could make a refused pod fit."""

    NODE_ADDED = "node added"
    NODE_CHANGED = "node changed"
    POD_GONE = "pod gone"
    POD_ASSIGNED = "pod assigned"
    VOLUMES = "volumes"


NODES = frozenset({Event.NODE_ADDED, Event.NODE_CHANGED})


class Cycle:
    """One pod's scheduling: what each rule remembers between its calls."""

    def __init__(self, pod: Pod, table: Table) -> None:
        self.pod = pod
        self.table = table
        self.state: dict[str, Any] = {}


class Plugin(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def helped_by(self) -> frozenset[Event]:
        """What may change this rule's mind."""
        ...

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        """Whether the rule has anything to say about this pod; a refusal ends the cycle."""
        ...

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        """None where the pod may go to this node."""
        ...


class Scorer(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def weight(self) -> int: ...

    def concern(self, cycle: Cycle) -> Concern:
        """LOCAL scores are kept for equal pods; GLOBAL ones are asked for all nodes at once."""
        ...

    def score(self, cycle: Cycle, node: Node) -> int:
        """0 to 100, of this node alone."""
        ...

    def normalise(self, cycle: Cycle, scores: Mapping[str, int]) -> Mapping[str, int]:
        """Raw scores of all feasible nodes to 0..100."""
        ...


class Rule:
    """A rule without anything to remember: the defaults of `Plugin`."""

    name = ""
    helped_by: frozenset[Event] = NODES

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        return Concern.LOCAL

    def unschedulable(self, *reasons: str) -> Refusal:
        return Refusal(self.name, Code.UNSCHEDULABLE, reasons)

    def unresolvable(self, *reasons: str) -> Refusal:
        return Refusal(self.name, Code.UNRESOLVABLE, reasons)


def scaled(scores: Mapping[str, int], *, reverse: bool = False) -> dict[str, int]:
    """Scores stretched so that the highest is 100; reversed, so that the highest is 0."""
    highest = max(scores.values(), default=0)
    if highest == 0:
        return dict.fromkeys(scores, MOST if reverse else 0)
    if reverse:
        return {name: MOST - MOST * score // highest for name, score in scores.items()}
    return {name: MOST * score // highest for name, score in scores.items()}


def reasons(refusals: Sequence[Refusal]) -> str:
    """A histogram of reasons as the messages show it: `1 Too many pods, 2 Insufficient cpu`."""
    counts: dict[str, int] = {}
    for refusal in refusals:
        for reason in refusal.reasons:
            counts[reason] = counts.get(reason, 0) + 1
    return ", ".join(sorted(f"{count} {reason}" for reason, count in counts.items()))
