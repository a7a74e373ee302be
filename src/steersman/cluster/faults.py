"""Faults on demand: a node that stops reporting.

    kubectl annotate node node2 steersman.dev/fault=silent       its kubelet stops; containers run on
    kubectl annotate node node2 steersman.dev/fault-             it comes back

What follows (NotReady, taints, eviction) is the cluster's own doing, as it would be with a real machine.
"""

import asyncio
import logging
from collections.abc import Mapping

from steersman.api.tree import Tree, at
from steersman.client import informers
from steersman.cluster import nodes

log = logging.getLogger(__name__)
ANNOTATION = "steersman.dev/fault"
SILENT = "silent"


async def follow(watched: informers.Informer, present: Mapping[str, nodes.Node]) -> None:
    """Keep each node of this process as its Node object says, until cancelled."""
    wanted: dict[str, bool] = {}
    changed = asyncio.Event()

    def note(old: Tree | None, new: Tree | None) -> None:
        if new is not None:
            name = new["metadata"]["name"]
            silent = at(new, "metadata", "annotations", ANNOTATION, default="") == SILENT
            if wanted.get(name, False) != silent:
                wanted[name] = silent
                changed.set()

    stop = watched.on_change(note)
    try:
        while True:
            await changed.wait()
            changed.clear()
            for name, silent in wanted.items():
                node = present.get(name)
                if node is None or node.is_silent == silent:
                    continue
                log.warning("the kubelet of %s %s", name, "falls silent" if silent else "speaks again")
                if silent:
                    await node.silence()
                else:
                    node.speak()
    finally:
        stop()
