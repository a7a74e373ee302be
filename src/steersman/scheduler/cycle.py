"""The cycle: from a pod and the table to a node, or to the reasons why not.

Verdicts that depend only on a pod's shape and one node are kept by shape and by the node's generation.  So
of a thousand equal pods the first asks every node, and each further one only the node that the last one
went to.  Rules that look further (spreading, affinity between pods, volumes) are asked every time, after
the kept ones.

Pure but for the tie between equally good nodes, which entropy breaks.
"""

import collections
import dataclasses
from collections.abc import Mapping, Sequence

from steersman.kit.entropy import Entropy
from steersman.scheduler import framework
from steersman.scheduler.framework import Concern, Cycle, Plugin, Refusal, Scorer
from steersman.scheduler.shapes import Pod
from steersman.scheduler.table import Node, Table

REMEMBERED = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Chosen:
    node: Node
    cycle: Cycle


@dataclasses.dataclass(frozen=True, slots=True)
class Unfit:
    """Why a pod goes nowhere: per node, or at once for all (`early`)."""

    refusals: Mapping[str, Refusal]
    total: int
    early: Refusal | None = None

    @property
    def plugins(self) -> frozenset[str]:
        """Who refused: only what may change their minds is a reason to try again."""
        if self.early is not None:
            return frozenset({self.early.plugin})
        return frozenset(refusal.plugin for refusal in self.refusals.values())

    def message(self, after: str) -> str:
        """The text of the event and the condition; `after` is what was tried then."""
        if self.total == 0:
            return "no nodes available to schedule pods"
        text = f"0/{self.total} nodes are available:"
        found = (
            ", ".join(self.early.reasons) if self.early is not None else framework.reasons(list(self.refusals.values()))
        )
        if found:
            text += f" {found}."
        return f"{text} {after}" if after else text


@dataclasses.dataclass(slots=True)
class _Kept:
    """What was found for one shape: by node, the generation it was found at, and a refusal or a score."""

    verdicts: dict[str, tuple[int, Refusal | None, int]]


class Scheduling:
    """Makes decisions; keeps nothing but verdicts that can be found again."""

    def __init__(self, table: Table, plugins: Sequence[Plugin], scorers: Sequence[Scorer], entropy: Entropy) -> None:
        self._table = table
        self._plugins = plugins
        self._scorers = scorers
        self._entropy = entropy
        self.nominated: dict[str, dict[str, Pod]] = {}
        """By node, the pods (by uid) for which a preemption has freed it."""
        self._kept: collections.OrderedDict[bytes, _Kept] = collections.OrderedDict()

    def decide(self, pod: Pod) -> Chosen | Unfit:
        """Where the pod goes now.  Changes nothing in the table."""
        table = self._table
        nodes = table.known
        cycle = Cycle(pod, table)
        if not nodes:
            return Unfit({}, 0)
        local: list[Plugin] = []
        wide: list[Plugin] = []
        for plugin in self._plugins:
            concern = plugin.pre_filter(cycle)
            if isinstance(concern, Refusal):
                return Unfit({}, len(nodes), concern)
            if concern is Concern.LOCAL:
                local.append(plugin)
            elif concern is Concern.GLOBAL:
                wide.append(plugin)
        scores: dict[str, int] = {}
        refusals: dict[str, Refusal] = {}
        verdicts = self._remembered(pod.signature)
        local_scorers = [each for each in self._scorers if each.concern(cycle) is Concern.LOCAL]
        for name, node in nodes.items():
            verdict = verdicts.get(name)
            if verdict is None or verdict[0] != node.generation:
                verdict = verdicts[name] = self._look(cycle, node, local, local_scorers)
            if verdict[1] is not None:
                refusals[name] = verdict[1]
            else:
                scores[name] = verdict[2]
        for plugin in wide:
            for name in list(scores):
                refusal = plugin.filter(cycle, nodes[name])
                if refusal is not None:
                    refusals[name] = refusal
                    del scores[name]
        for name in [name for name in scores if name in self.nominated]:
            refusal = self._beside_nominated(pod, nodes[name])
            if refusal is not None:
                refusals[name] = refusal
                del scores[name]
        if len(verdicts) > 2 * len(nodes):
            for name in [name for name in verdicts if name not in nodes]:
                del verdicts[name]
        if not scores:
            return Unfit(refusals, len(nodes))
        return Chosen(self._best(cycle, scores), cycle)

    def refusal(self, pod: Pod, node: Node) -> Refusal | None:
        """Why the pod may not go to this node, all rules asked anew."""
        cycle = Cycle(pod, self._table)
        concerned: list[Plugin] = []
        for plugin in self._plugins:
            concern = plugin.pre_filter(cycle)
            if isinstance(concern, Refusal):
                return concern
            if concern is not Concern.NONE:
                concerned.append(plugin)
        for plugin in concerned:
            refusal = plugin.filter(cycle, node)
            if refusal is not None:
                return refusal
        return None

    def _beside_nominated(self, pod: Pod, node: Node) -> Refusal | None:
        """Why the pod may not go to a node that was freed for others that are at least as important."""
        others = [
            other
            for other in self.nominated.get(node.name, {}).values()
            if other.uid != pod.uid and other.shape.priority >= pod.shape.priority
        ]
        if not others:
            return None
        with self._table.with_pods(others, node):
            return self.refusal(pod, node)

    def _remembered(self, signature: bytes) -> dict[str, tuple[int, Refusal | None, int]]:
        kept = self._kept.get(signature)
        if kept is None:
            kept = self._kept[signature] = _Kept({})
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(signature)
        return kept.verdicts

    @staticmethod
    def _look(
        cycle: Cycle, node: Node, plugins: Sequence[Plugin], scorers: Sequence[Scorer]
    ) -> tuple[int, Refusal | None, int]:
        for plugin in plugins:
            refusal = plugin.filter(cycle, node)
            if refusal is not None:
                return node.generation, refusal, 0
        return node.generation, None, sum(each.score(cycle, node) * each.weight for each in scorers)

    def _best(self, cycle: Cycle, scores: dict[str, int]) -> Node:
        nodes = cycle.table.known
        if len(scores) > 1:
            for scorer in self._scorers:
                if scorer.concern(cycle) is Concern.GLOBAL:
                    raw = {name: scorer.score(cycle, nodes[name]) for name in scores}
                    for name, score in scorer.normalise(cycle, raw).items():
                        scores[name] += score * scorer.weight
        highest = max(scores.values())
        best = [name for name, score in scores.items() if score == highest]
        return nodes[best[self._entropy.below(len(best))] if len(best) > 1 else best[0]]
