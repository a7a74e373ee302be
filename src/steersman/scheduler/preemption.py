"""Preemption: for a pod that fits nowhere, whom to send away from which node.

For every node where the going of pods might help, all pods of lower priority are thought away; if the pod
then fits, they are let back one by one, the most important first (those protected by a disruption budget
before the others), and those for whom there is no room are the node's victims.  Of several nodes that one
is chosen whose victims are missed least: fewest budgets broken, then the lowest of the highest priorities,
the smallest sum, the fewest, the youngest.

Thinking away is done on the table itself and undone in the same step: nobody sees it.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from steersman.api import labels
from steersman.api.semantics import pods as podlib
from steersman.api.tree import Tree
from steersman.scheduler import framework
from steersman.scheduler.cycle import Scheduling, Unfit
from steersman.scheduler.framework import Code, Refusal
from steersman.scheduler.shapes import Pod
from steersman.scheduler.table import Node, Table

PREFIX = "no new claims to deallocate, preemption: "
OFFSET = 2**31
"""Priorities are compared as sums; this makes each of them positive, so that more victims weigh more."""


@dataclasses.dataclass(frozen=True, slots=True)
class Victims:
    """Who must go from a node; the most important first."""

    node: Node
    pods: Sequence[Pod]
    violations: int


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """Victims to send away, or the text that says why there are none."""

    victims: Victims | None = None
    text: str = ""


def search(
    scheduling: Scheduling, table: Table, pod: Pod, unfit: Unfit, budgets: Iterable[Tree], nominated: str
) -> Outcome:
    """`nominated` is the node that an earlier preemption freed for this pod, if any."""
    if unfit.early is not None:
        return Outcome(text="not found")
    if not unfit.total:
        return Outcome()
    if pod.shape.never_preempts:
        return Outcome(text=f"{PREFIX}not eligible due to preemptionPolicy=Never.")
    if nominated and _somebody_is_leaving(table.nodes.get(nominated), pod):
        return Outcome(text=f"{PREFIX}not eligible due to a terminating pod on the nominated node.")
    found: list[Victims] = []
    said: list[Refusal] = []
    limits = [each for each in budgets if not podlib.is_deleting(each)]
    for name, refusal in unfit.refusals.items():
        if refusal.code is Code.UNRESOLVABLE:
            said.append(_refusal("Preemption is not helpful for scheduling"))
            continue
        tried = _try(scheduling, table, pod, table.known[name], limits)
        if isinstance(tried, Victims):
            found.append(tried)
        else:
            said.append(tried)
    if found:
        return Outcome(min(found, key=_cost))
    return Outcome(text=f"{PREFIX}0/{unfit.total} nodes are available: {framework.reasons(said)}.")


def _refusal(text: str) -> Refusal:
    return Refusal("DefaultPreemption", Code.UNRESOLVABLE, (text,))


def _somebody_is_leaving(node: Node | None, pod: Pod) -> bool:
    return node is not None and any(
        other.shape.priority < pod.shape.priority and podlib.is_deleting(other.tree) for other in node.pods.values()
    )


def _try(scheduling: Scheduling, table: Table, pod: Pod, node: Node, budgets: Sequence[Tree]) -> Victims | Refusal:
    """The victims on one node, or why none would help."""
    lower = [other for other in node.pods.values() if other.shape.priority < pod.shape.priority]
    if not lower:
        return _refusal("No preemption victims found for incoming pod")
    with table.without(lower):
        refusal = scheduling.refusal(pod, node)
        if refusal is not None:
            return refusal
        lower.sort(key=_importance)
        protected, free = _by_budget(lower, budgets)
        victims: list[Pod] = []
        violations = 0
        back: list[Pod] = []
        for other in (*protected, *free):
            table.put_back(other, node)
            if scheduling.refusal(pod, node) is None:
                back.append(other)
                continue
            table.take_out(other, node)
            victims.append(other)
            violations += other in protected
        for other in back:
            table.take_out(other, node)
    if not victims:
        return _refusal("No preemption victims found for incoming pod")
    victims.sort(key=_importance)
    return Victims(node, victims, violations)


def _started(pod: Pod) -> str:
    return str((pod.tree.get("status") or {}).get("startTime") or "~")


def _importance(pod: Pod) -> tuple[int, str]:
    """A sort key: the most important first, which is the highest priority, then the longest running."""
    return -pod.shape.priority, _started(pod)


def _cost(victims: Victims) -> tuple[object, ...]:
    priorities = [pod.shape.priority for pod in victims.pods]
    highest = max(priorities)
    earliest = min(_started(pod) for pod in victims.pods if pod.shape.priority == highest)
    return (
        victims.violations,
        highest,
        sum(priority + OFFSET for priority in priorities),
        len(priorities),
        tuple(-ord(character) for character in earliest),  # the latest start is the least to lose
    )


def _by_budget(pods: Sequence[Pod], budgets: Sequence[Tree]) -> tuple[list[Pod], list[Pod]]:
    """Those whose going would break a disruption budget, and the others."""
    left = {id(each): int((each.get("status") or {}).get("disruptionsAllowed") or 0) for each in budgets}
    protected: list[Pod] = []
    free: list[Pod] = []
    for pod in pods:
        broken = False
        for budget in _of(pod, budgets):
            done: Mapping[str, object] = (budget.get("status") or {}).get("disruptedPods") or {}
            if pod.name in done:
                continue
            left[id(budget)] -= 1
            broken = broken or left[id(budget)] < 0
        (protected if broken else free).append(pod)
    return protected, free


def _of(pod: Pod, budgets: Sequence[Tree]) -> Iterator[Tree]:
    for budget in budgets:
        if budget["metadata"]["namespace"] == pod.namespace:
            selector = labels.from_object((budget.get("spec") or {}).get("selector"))
            if not selector.everything and selector.matches(pod.labels):
                yield budget
