"""Pods as the scheduler sees them: a shape shared by equal pods, and a little of its own.

Reading quantities, selectors and affinity terms costs more than deciding with them.  So a pod's relevant
fields are encoded once into a signature, and what was read from them is kept by it: a thousand pods of one
Deployment have one `Shape`.
"""

import collections
import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from steersman.api import labels
from steersman.api.semantics import affinity, pods
from steersman.api.tree import Tree

DEFAULT_CPU = 100
DEFAULT_MEMORY = 200 * 1024 * 1024
"""What a container without requests counts for when nodes are compared (never when they are filtered)."""

REMEMBERED = 1024

_encode = msgspec.json.Encoder(order="sorted").encode


@dataclasses.dataclass(frozen=True, slots=True)
class Term:
    """A required term of pod affinity or anti-affinity."""

    topology_key: str
    selector: labels.Selector
    namespaces: frozenset[str]
    namespace_selector: labels.Selector | None
    weight: int = 0

    def matches(self, pod: "Pod", namespace_labels: Callable[[str], Mapping[str, str]]) -> bool:
        """Whether the term speaks of this pod."""
        if pod.namespace not in self.namespaces and (
            self.namespace_selector is None or not self.namespace_selector.matches(namespace_labels(pod.namespace))
        ):
            return False
        return self.selector.matches(pod.labels)


@dataclasses.dataclass(frozen=True, slots=True)
class Spread:
    """A topology spread constraint."""

    max_skew: int
    topology_key: str
    selector: labels.Selector
    hard: bool
    min_domains: int
    honour_affinity: bool
    honour_taints: bool


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What is equal among equal pods."""

    namespace: str
    labels: Mapping[str, str]
    requests: Mapping[str, int]
    scored_cpu: int
    scored_memory: int
    tolerations: Sequence[Tree]
    node_selector: Mapping[str, str]
    node_affinity: Tree | None
    preferred_nodes: Sequence[Tree]
    ports: frozenset[tuple[str, str, int]]
    priority: int
    never_preempts: bool
    affinity: Sequence[Term]
    anti_affinity: Sequence[Term]
    preferred_pods: Sequence[Term]
    spread: Sequence[Spread]
    images: Sequence[str]


class Pod:
    """One pod: its identity and its shape."""

    __slots__ = ("key", "labels", "name", "namespace", "shape", "signature", "tree", "uid")

    def __init__(self, tree: Tree, signature: bytes, shape: Shape) -> None:
        meta = tree["metadata"]
        self.tree = tree
        self.uid: str = meta["uid"]
        self.namespace: str = meta["namespace"]
        self.name: str = meta["name"]
        self.key = f"{self.namespace}/{self.name}"
        self.signature = signature
        self.shape = shape
        self.labels = shape.labels

    @property
    def claims(self) -> list[str]:
        return pods.claim_names(self.tree)

    def __repr__(self) -> str:
        return f"Pod({self.key})"


class Shapes:
    """Reads pods, keeping the shapes of the last thousand different ones."""

    def __init__(self) -> None:
        self._shapes: collections.OrderedDict[bytes, Shape] = collections.OrderedDict()

    def pod(self, tree: Tree) -> Pod:
        signature = _signature(tree)
        shape = self._shapes.get(signature)
        if shape is None:
            shape = self._shapes[signature] = _shape(tree)
            if len(self._shapes) > REMEMBERED:
                self._shapes.popitem(last=False)
        return Pod(tree, signature, shape)


def _container(container: Tree) -> list[Any]:
    resources = container.get("resources") or {}
    ports = [port for port in container.get("ports") or () if port.get("hostPort")]
    return [resources.get("requests"), ports, container.get("restartPolicy"), container.get("image")]


def _signature(tree: Tree) -> bytes:
    spec, meta = tree["spec"], tree["metadata"]
    fields = (
        meta.get("namespace"),
        meta.get("labels"),
        [_container(each) for each in spec.get("containers") or ()],
        [_container(each) for each in spec.get("initContainers") or ()],
        *(
            spec.get(name)
            for name in (
                "nodeSelector",
                "affinity",
                "tolerations",
                "overhead",
                "resources",
                "priority",
                "preemptionPolicy",
                "topologySpreadConstraints",
            )
        ),
    )
    return _encode(fields)


def _shape(tree: Tree) -> Shape:
    spec, meta = tree["spec"], tree["metadata"]
    requests = pods.requests(tree)
    rules = spec.get("affinity") or {}
    own = meta.get("labels") or {}
    namespace = meta["namespace"]
    term = functools.partial(_term, namespace, own)
    near, far = rules.get("podAffinity") or {}, rules.get("podAntiAffinity") or {}
    needed, wished = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
    return Shape(
        namespace=namespace,
        labels=own,
        requests={name: value for name, value in requests.items() if value},
        scored_cpu=_scored(tree, "cpu", DEFAULT_CPU),
        scored_memory=_scored(tree, "memory", DEFAULT_MEMORY),
        tolerations=spec.get("tolerations") or (),
        node_selector=spec.get("nodeSelector") or {},
        node_affinity=affinity.required(tree),
        preferred_nodes=tuple(affinity.preferred(tree)),
        ports=pods.host_ports(tree),
        priority=int(spec.get("priority") or 0),
        never_preempts=spec.get("preemptionPolicy") == "Never",
        affinity=tuple(term(each) for each in near.get(needed) or ()),
        anti_affinity=tuple(term(each) for each in far.get(needed) or ()),
        preferred_pods=(
            *(term(each["podAffinityTerm"], each["weight"]) for each in near.get(wished) or ()),
            *(term(each["podAffinityTerm"], -each["weight"]) for each in far.get(wished) or ()),
        ),
        spread=tuple(_spread(each, own) for each in spec.get("topologySpreadConstraints") or ()),
        images=tuple(str(each.get("image") or "") for each in spec.get("containers") or ()),
    )


def _scored(tree: Tree, resource: str, default: int) -> int:
    """The request that scores count: a container that names none counts for a little."""
    spec = tree["spec"]
    if resource in ((spec.get("resources") or {}).get("requests") or {}):
        return pods.amount(resource, spec["resources"]["requests"][resource])
    total = 0
    for container in pods.containers(tree):
        text = ((container.get("resources") or {}).get("requests") or {}).get(resource)
        total += default if text is None else pods.amount(resource, text)
    return total


def _term(namespace: str, own: Mapping[str, str], tree: Tree, weight: int = 0) -> Term:
    selector = labels.from_object(_with_keys(tree.get("labelSelector"), tree, own))
    names = tree.get("namespaces") or ()
    chosen = tree.get("namespaceSelector")
    return Term(
        tree["topologyKey"],
        selector,
        frozenset(names) if names or chosen is not None else frozenset({namespace}),
        None if chosen is None else labels.from_object(chosen),
        weight,
    )


def _with_keys(selector: Tree | None, tree: Tree, own: Mapping[str, str]) -> Tree | None:
    """The selector narrowed by `matchLabelKeys`: to pods whose label is the same as ours."""
    keys = [key for key in tree.get("matchLabelKeys") or () if key in own]
    other = [key for key in tree.get("mismatchLabelKeys") or () if key in own]
    if selector is None or not (keys or other):
        return selector
    added = [{"key": key, "operator": "In", "values": [own[key]]} for key in keys]
    added += [{"key": key, "operator": "NotIn", "values": [own[key]]} for key in other]
    return {**selector, "matchExpressions": [*(selector.get("matchExpressions") or ()), *added]}


def _spread(tree: Tree, own: Mapping[str, str]) -> Spread:
    return Spread(
        max_skew=int(tree["maxSkew"]),
        topology_key=tree["topologyKey"],
        selector=labels.from_object(_with_keys(tree.get("labelSelector"), tree, own)),
        hard=tree.get("whenUnsatisfiable") != "ScheduleAnyway",
        min_domains=int(tree.get("minDomains") or 1),
        honour_affinity=tree.get("nodeAffinityPolicy") != "Ignore",
        honour_taints=tree.get("nodeTaintsPolicy") == "Honor",
    )
