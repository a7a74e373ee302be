"""The ConfigMaps and Secrets that this node's pods refer to, each followed by a watch of its own.

A node may read only what its pods name, one object at a time; so there is one informer an object, shared by the
pods that use it, begun at the first `get` and ended with the last pod.  A change calls `on_change` with the
pods' uids.
"""

import asyncio
import dataclasses
import functools
from collections.abc import Callable, Iterable

from steersman.api.tree import Tree
from steersman.client import client as clients
from steersman.client import informers
from steersman.kit.clock import Clock
from steersman.kit.tasks import TaskGroup
from steersman.kubelet.containers.env import Key

PATIENCE = 10.0
"""How long a first look may take before the object counts as not to be had (and is asked for again later)."""


class Unavailable(Exception):
    """The API server does not answer; the text is fit for an event."""


@dataclasses.dataclass(slots=True)
class _Followed:
    informer: informers.Informer
    task: asyncio.Task[None]
    users: set[str]


class Objects:
    def __init__(
        self, client: clients.Client, clock: Clock, tasks: TaskGroup, on_change: Callable[[Iterable[str]], None]
    ) -> None:
        self._client = client
        self._clock = clock
        self._tasks = tasks
        self._on_change = on_change
        self._followed: dict[tuple[str, str, str], _Followed] = {}

    async def get(self, kind: str, namespace: str, name: str, user: str) -> Tree | None:
        """The object as it is, and a promise to tell `user` (a pod's uid) of changes.  Raises Unavailable."""
        key = (kind, namespace, name)
        followed = self._followed.get(key)
        if followed is None:
            informer = informers.Informer(
                self._client, kind, clock=self._clock, namespace=namespace, fields=f"metadata.name={name}"
            )
            task = self._tasks.spawn(informer.run(), f"{kind} {namespace}/{name}")
            followed = self._followed[key] = _Followed(informer, task, set())
            informer.on_change(functools.partial(self._changed, key))
        followed.users.add(user)
        if not followed.informer.synced:
            try:
                async with self._clock.timeout(PATIENCE):
                    await followed.informer.wait_synced()
            except TimeoutError as error:
                raise Unavailable(f"failed to sync {kind} {namespace}/{name} cache: timed out") from error
        return followed.informer.get(f"{namespace}/{name}")

    async def get_all(self, keys: Iterable[Key], namespace: str, user: str) -> dict[Key, Tree | None]:
        return {(kind, name): await self.get(kind, namespace, name, user) for kind, name in dict.fromkeys(keys)}

    def release(self, user: str) -> None:
        """The pod is gone."""
        for key, followed in list(self._followed.items()):
            followed.users.discard(user)
            if not followed.users:
                del self._followed[key]
                followed.task.cancel()

    def _changed(self, key: tuple[str, str, str], old: Tree | None, new: Tree | None) -> None:
        followed = self._followed.get(key)
        if followed is not None and followed.informer.synced:
            self._on_change(tuple(followed.users))
