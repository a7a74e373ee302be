"""Changing the resources of running containers in place.

What was given to a container is remembered here by its id; for one that was adopted after a restart the spec is
taken to be what it has.  (A resize that asks for a restart of the container is applied without one.)
"""

import json
from typing import Any

from steersman.api.tree import Tree
from steersman.cri import runtime as cri
from steersman.kubelet.containers import cgroup
from steersman.kubelet.pods import spec
from steersman.kubelet.pods.record import PodRecord
from steersman.kubelet.pods.room import Room
from steersman.kubelet.tell import NORMAL, WARNING


class Resizes:
    def __init__(self) -> None:
        self._given: dict[str, Any] = {}

    async def apply(self, room: Room, pod: Tree, record: PodRecord) -> None:
        """Give every running container what its spec says."""
        if not any(c.get("resources") for c in spec.main_containers(pod)) and not self._given:
            return
        changed = []
        for container in spec.main_containers(pod):
            running = record.newest(container["name"])
            if running is None or running.state is not cri.ContainerState.RUNNING:
                continue
            wanted = container.get("resources") or {}
            if self._given.setdefault(running.id, wanted) != wanted:
                changed.append((running.id, container, wanted))
        if not changed:
            return
        shown = [{"name": c["name"], "resources": _ordered(w)} for _, c, w in changed]
        what = json.dumps({"containers": shown, "generation": spec.generation(pod)}, separators=(",", ":"))
        room.tell.pod(pod, NORMAL, "ResizeStarted", f"Pod resize started: {what}")
        for id, container, wanted in changed:
            try:
                await room.runtime.update_resources(id, cgroup.resources(pod, container, room.memory))
            except cri.RuntimeFault as error:
                room.tell.pod(pod, WARNING, "ResizeError", f"Pod resize error: {error}")
                return
            self._given[id] = wanted
        room.tell.pod(pod, NORMAL, "ResizeCompleted", f"Pod resize completed: {what}")


def _ordered(resources: Tree) -> dict[str, dict[str, Any]]:
    made = {}
    for kind in ("limits", "requests"):
        values = resources.get(kind)
        if values:
            made[kind] = {name: values[name] for name in sorted(values)}
    return made
