"""A pod goes only where its volumes are, or where they can be made.

Bound claims bind the pod to the nodes that reach their volumes.  A claim that waits for its first consumer
may take a free volume that the node reaches, or be provisioned there.  What was found for the chosen node
stays in the cycle; `scheduler.volumes` carries it out before the pod is bound.
"""

import dataclasses
from collections.abc import Iterable
from typing import Protocol

from steersman.api.semantics import affinity, claims
from steersman.api.tree import Tree
from steersman.scheduler.framework import Concern, Cycle, Event, Refusal, Rule
from steersman.scheduler.table import Node

_VOLUME_GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"


class View(Protocol):
    """The caches that the rule reads."""

    def claim(self, namespace: str, name: str) -> Tree | None: ...

    def volume(self, name: str) -> Tree | None: ...

    def volumes(self) -> Iterable[Tree]: ...

    def storage_class(self, name: str) -> Tree | None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """For one node: which volumes to bind to which claims, and which claims to have provisioned."""

    bind: tuple[tuple[Tree, Tree], ...] = ()
    provision: tuple[Tree, ...] = ()


@dataclasses.dataclass(slots=True)
class _State:
    bound: list[Tree]
    """Volumes that the pod's claims have."""
    waiting: list[Tree]
    decisions: dict[str, Decision]


class VolumeBinding(Rule):
    name = "VolumeBinding"
    helped_by = frozenset({Event.VOLUMES, Event.NODE_ADDED, Event.NODE_CHANGED})

    def __init__(self, view: View) -> None:
        self._view = view
        self.spoken_for: set[str] = set()
        """Volumes that earlier pods were given and that the caches do not show as taken yet."""

    def pre_filter(self, cycle: Cycle) -> Concern | Refusal:
        names = cycle.pod.claims
        if not names:
            return Concern.NONE
        state = _State([], [], {})
        own = _ephemeral(cycle.pod.tree)
        unbound = False
        for name in names:
            claim = self._view.claim(cycle.pod.namespace, name)
            if claim is None:
                if name in own:
                    return self.unresolvable(
                        f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
                    )
                return self.unresolvable(f'persistentvolumeclaim "{name}" not found')
            if claim["metadata"].get("deletionTimestamp"):
                return self.unresolvable(f'persistentvolumeclaim "{name}" is being deleted')
            if (claim.get("status") or {}).get("phase") == "Lost":
                volume = claim["spec"].get("volumeName")
                return self.unresolvable(
                    f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
                )
            if claims.is_bound(claim):
                found = self._view.volume(claim["spec"]["volumeName"])
                if found is None:
                    return self.unresolvable(_VOLUME_GONE)
                state.bound.append(found)
            elif claims.is_delayed(self._view.storage_class(claims.class_of(claim))) and not claim["spec"].get(
                "volumeName"
            ):
                state.waiting.append(claim)
            else:
                unbound = True
        if unbound:
            return self.unresolvable("pod has unbound immediate PersistentVolumeClaims")
        cycle.state[self.name] = state
        return Concern.GLOBAL

    def filter(self, cycle: Cycle, node: Node) -> Refusal | None:
        state: _State = cycle.state[self.name]
        for volume in state.bound:
            if not affinity.volume_matches_node(volume, node.labels, node.name):
                return self.unresolvable("node(s) didn't match PersistentVolume's node affinity")
        bind: list[tuple[Tree, Tree]] = []
        provision: list[Tree] = []
        for claim in state.waiting:
            selected = claims.annotation(claim, claims.SELECTED_NODE)
            if selected and selected != node.name:
                return self.unresolvable("node(s) didn't find available persistent volumes to bind")
            taken = self.spoken_for | {volume["metadata"]["name"] for _, volume in bind}
            free = claims.find(claim, self._view.volumes(), node=(node.name, node.labels), taken=taken)
            if free is not None and not selected:
                bind.append((claim, free))
            elif self._can_provision(claim, node):
                provision.append(claim)
            else:
                return self.unresolvable("node(s) didn't find available persistent volumes to bind")
        state.decisions[node.name] = Decision(tuple(bind), tuple(provision))
        return None

    def _can_provision(self, claim: Tree, node: Node) -> bool:
        storage_class = self._view.storage_class(claims.class_of(claim))
        if storage_class is None or storage_class.get("provisioner") in (None, "", claims.NO_PROVISIONER):
            return False
        topologies = storage_class.get("allowedTopologies") or ()
        return not topologies or any(
            all(
                node.labels.get(each["key"]) in (each.get("values") or ())
                for each in term.get("matchLabelExpressions") or ()
            )
            for term in topologies
        )

    def decision(self, cycle: Cycle, node: Node) -> Decision | None:
        """What is to be done for the chosen node; None where there is nothing."""
        state: _State | None = cycle.state.get(self.name)
        found = state.decisions.get(node.name) if state is not None else None
        return found if found is not None and (found.bind or found.provision) else None


def _ephemeral(pod: Tree) -> set[str]:
    name = pod["metadata"]["name"]
    volumes = pod["spec"].get("volumes") or ()
    return {f"{name}-{each['name']}" for each in volumes if each.get("ephemeral") is not None}
