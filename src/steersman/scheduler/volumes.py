"""Before a pod is bound to its node, its waiting claims are: by this module, which waits until they are.

A claim gets its volume by writing the volume's claimRef (the volume controller does the rest), or is
provisioned by naming the node in the claim's annotation (whoever provisions its class does the rest).
"""

import asyncio
from collections.abc import Iterable

from steersman.api.semantics import claims
from steersman.api.tree import Tree, edited
from steersman.client.client import Client
from steersman.client.informers import Informer, InformerSet
from steersman.kit.clock import Clock
from steersman.scheduler.plugins.volume_binding import Decision

LONGEST = 600.0


class NotBound(Exception):
    """The volumes were not bound in time."""


class Caches:
    """The informers behind the volume rule (a `volume_binding.View`)."""

    def __init__(self, informers: InformerSet) -> None:
        self.claims: Informer = informers.informer("persistentvolumeclaims")
        self.all_volumes: Informer = informers.informer("persistentvolumes")
        self.classes: Informer = informers.informer("storageclasses.storage.k8s.io")

    def claim(self, namespace: str, name: str) -> Tree | None:
        return self.claims.get(f"{namespace}/{name}")

    def volume(self, name: str) -> Tree | None:
        return self.all_volumes.get(name)

    def volumes(self) -> Iterable[Tree]:
        return self.all_volumes.list()

    def storage_class(self, name: str) -> Tree | None:
        return self.classes.get(name)


async def bind(client: Client, caches: Caches, clock: Clock, decision: Decision, node: str) -> None:
    """Carry out a decision and wait for it.  Raises NotBound, or what the client raises."""
    for claim, volume in decision.bind:
        tree = edited(volume, claims.reference_to(claim), "spec", "claimRef")
        tree = edited(tree, "yes", "metadata", "annotations", claims.BOUND_BY_CONTROLLER)
        await client.update("persistentvolumes", tree)
    for claim in decision.provision:
        meta = claim["metadata"]
        patch = {"metadata": {"annotations": {claims.SELECTED_NODE: node}, "uid": meta["uid"]}}
        await client.patch("persistentvolumeclaims", meta["name"], patch, meta["namespace"])
    wanted = [*(claim for claim, _ in decision.bind), *decision.provision]
    await _wait(caches, clock, wanted)


async def _wait(caches: Caches, clock: Clock, wanted: list[Tree]) -> None:
    changed = asyncio.Event()
    stop = caches.claims.on_change(lambda old, new: changed.set())
    try:
        async with clock.timeout(LONGEST):
            while True:
                changed.clear()
                present = [caches.claim(each["metadata"]["namespace"], each["metadata"]["name"]) for each in wanted]
                if any(each is None for each in present):
                    raise NotBound("a claim was deleted while it waited for its volume")
                if all(each is not None and claims.is_bound(each) for each in present):
                    return
                await changed.wait()
    except TimeoutError as error:
        raise NotBound("timed out waiting for the condition") from error
    finally:
        stop()
