"""The node table: for each node the few figures that rules ask, kept up to date as pods come and go.

A pod that the cycle has given to a node is in the table at once (`assume`), before the API server knows;
if the binding fails it is taken out again (`forget`).

Invariants: `requested` and the scored figures of a node are the sums over its `pods`; `generation` grows
with every change to the node (`check` shows the sums).
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steersman.api.semantics import pods
from steersman.api.tree import Tree
from steersman.scheduler.shapes import Pod, Shapes


class Node:
    """One node.  `is_known` is False for a name that pods carry but no Node object (yet, or any more) has."""

    __slots__ = (
        "allocatable",
        "generation",
        "images",
        "is_known",
        "labels",
        "name",
        "pods",
        "ports",
        "requested",
        "scored_cpu",
        "scored_memory",
        "taints",
        "tree",
        "unschedulable",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_known = False
        self.tree: Tree = {}
        self.labels: Mapping[str, str] = {}
        self.taints: Sequence[Tree] = ()
        self.unschedulable = False
        self.allocatable: dict[str, int] = {}
        self.images: dict[str, int] = {}
        self.pods: dict[str, Pod] = {}
        self.requested: dict[str, int] = {}
        self.scored_cpu = 0
        self.scored_memory = 0
        self.ports: dict[tuple[str, str, int], int] = {}
        self.generation = 0

    def __repr__(self) -> str:
        return f"Node({self.name}, {len(self.pods)} pods)"


class Table:
    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.known: dict[str, Node] = {}
        """Those with a Node object: the ones that pods can go to."""
        self.shapes = Shapes()
        self.generation = 0
        self.anti_affinity = 0
        """How many assigned pods have required anti-affinity: they concern every pod."""
        self.soft_taints = False
        """Whether any node has a taint that only asks to stay away."""
        self._where: dict[str, Node] = {}
        self._assumed: set[str] = set()

    def _touch(self, node: Node) -> None:
        self.generation += 1
        node.generation = self.generation

    def _node(self, name: str) -> Node:
        node = self.nodes.get(name)
        if node is None:
            node = self.nodes[name] = Node(name)
        return node

    def put_node(self, tree: Tree) -> bool:
        """Take in a Node object; whether anything that rules ask has changed."""
        node = self._node(tree["metadata"]["name"])
        spec, status = tree.get("spec") or {}, tree.get("status") or {}
        old, node.tree = node.tree, tree
        if node.is_known and _relevant(old) == _relevant(tree):
            return False
        node.is_known = True
        node.labels = tree["metadata"].get("labels") or {}
        node.taints = spec.get("taints") or ()
        node.unschedulable = bool(spec.get("unschedulable"))
        node.allocatable = {name: pods.amount(name, text) for name, text in (status.get("allocatable") or {}).items()}
        node.images = {
            name: int(image.get("sizeBytes") or 0)
            for image in status.get("images") or ()
            for name in image.get("names") or ()
        }
        self.known[node.name] = node
        self.soft_taints = any(
            taint.get("effect") == "PreferNoSchedule" for each in self.known.values() for taint in each.taints
        )
        self._touch(node)
        return True

    def remove_node(self, name: str) -> None:
        self.known.pop(name, None)
        node = self.nodes.get(name)
        if node is None:
            return
        node.is_known = False
        node.tree = {}
        node.labels = {}  # no place any more: its pods count for nobody's affinity
        self._touch(node)
        if not node.pods:
            del self.nodes[name]

    def put_pod(self, tree: Tree) -> bool:
        """Take in a pod that has a node; whether it is new there (an assumed one is not)."""
        uid = tree["metadata"]["uid"]
        present = self._where.get(uid)
        if present is not None:
            assumed = uid in self._assumed
            self._assumed.discard(uid)
            pod = present.pods[uid]
            if present.name == tree["spec"]["nodeName"] and _same_pod(pod.tree, tree):
                pod.tree = tree
                return False
            self._drop(pod, present)
            self._add(self.shapes.pod(tree), self._node(tree["spec"]["nodeName"]))
            return not assumed
        self._add(self.shapes.pod(tree), self._node(tree["spec"]["nodeName"]))
        return True

    def remove_pod(self, uid: str) -> bool:
        """Take a pod out; whether it was there."""
        self._assumed.discard(uid)
        node = self._where.get(uid)
        if node is None:
            return False
        self._drop(node.pods[uid], node)
        return True

    def assume(self, pod: Pod, node: Node) -> None:
        """Count a pod on a node before the API server says so."""
        self._assumed.add(pod.uid)
        self._add(pod, node)

    def forget(self, pod: Pod) -> None:
        """Take back an assumption; does nothing once the API server has confirmed it."""
        if pod.uid in self._assumed:
            self.remove_pod(pod.uid)

    def is_assumed(self, uid: str) -> bool:
        return uid in self._assumed

    def _add(self, pod: Pod, node: Node) -> None:
        node.pods[pod.uid] = pod
        self._where[pod.uid] = node
        self._count(pod, node, 1)

    def _drop(self, pod: Pod, node: Node) -> None:
        del node.pods[pod.uid]
        del self._where[pod.uid]
        self._count(pod, node, -1)
        if not node.pods and not node.is_known:
            self.nodes.pop(node.name, None)

    def _count(self, pod: Pod, node: Node, sign: int) -> None:
        shape, requested = pod.shape, node.requested
        for name, value in shape.requests.items():
            requested[name] = requested.get(name, 0) + sign * value
        node.scored_cpu += sign * shape.scored_cpu
        node.scored_memory += sign * shape.scored_memory
        for port in shape.ports:
            left = node.ports.get(port, 0) + sign
            if left:
                node.ports[port] = left
            else:
                del node.ports[port]
        if shape.anti_affinity:
            self.anti_affinity += sign
        self._touch(node)

    def take_out(self, pod: Pod, node: Node) -> None:
        """Think a pod away; `put_back` undoes it.  Both within one step of the loop."""
        self._drop(pod, node)

    def put_back(self, pod: Pod, node: Node) -> None:
        self._add(pod, node)

    @contextlib.contextmanager
    def without(self, gone: Sequence[Pod]) -> Iterator[None]:
        """The table as if these pods were not there; they are back at the end, in the order they had."""
        places = [(pod, self._where[pod.uid]) for pod in gone]
        orders = {node.name: list(node.pods) for _, node in places}
        for pod, node in places:
            self._drop(pod, node)
        try:
            yield
        finally:
            for pod, node in places:
                if pod.uid not in node.pods:
                    self._add(pod, node)
            for _, node in places:
                node.pods = {uid: node.pods[uid] for uid in orders[node.name]}

    @contextlib.contextmanager
    def with_pods(self, more: Sequence[Pod], node: Node) -> Iterator[None]:
        """The table as if these pods were on the node already."""
        added = [pod for pod in more if pod.uid not in self._where]
        for pod in added:
            self._add(pod, node)
        try:
            yield
        finally:
            for pod in added:
                self._drop(pod, node)

    def all_pods(self) -> Iterator[tuple[Node, Pod]]:
        """Every assigned pod with its node."""
        for node in self.nodes.values():
            for pod in node.pods.values():
                yield node, pod

    def check(self) -> None:
        """Assert the invariants."""
        for node in self.nodes.values():
            sums: dict[str, int] = {}
            for pod in node.pods.values():
                for name, value in pod.shape.requests.items():
                    sums[name] = sums.get(name, 0) + value
            assert {name: value for name, value in node.requested.items() if value} == sums
            assert node.scored_cpu == sum(pod.shape.scored_cpu for pod in node.pods.values())
        assert self.anti_affinity == sum(1 for _, pod in self.all_pods() if pod.shape.anti_affinity)


def _relevant(tree: Tree) -> tuple[Any, ...]:
    spec, status = tree.get("spec") or {}, tree.get("status") or {}
    meta = tree.get("metadata") or {}
    return (
        meta.get("labels"),
        spec.get("taints"),
        spec.get("unschedulable"),
        status.get("allocatable"),
        status.get("images"),
    )


def _same_pod(old: Tree, new: Tree) -> bool:
    """Whether a change of a pod is none to the scheduler."""
    return old["metadata"].get("labels") == new["metadata"].get("labels") and (
        old["spec"] is new["spec"] or _sizes(old) == _sizes(new)
    )


def _sizes(tree: Tree) -> list[Any]:
    spec = tree["spec"]
    return [(each.get("resources"), each.get("ports")) for each in spec.get("containers") or ()]
