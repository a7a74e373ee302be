"""The garbage collector: follows every kind that can be deleted, and deletes what nobody owns any more.

It reads a few fields of each object (never a tree), keeps the graph, and works on two queues: objects to
look at (does it still have an owner?), and owners to orphan (take ourselves off our dependents).  Kinds are
rediscovered when a CustomResourceDefinition changes, and every half minute otherwise.
"""

import logging

from steersman.api import resources
from steersman.api.tree import Tree
from steersman.client import discovery, errors, listwatch
from steersman.client.client import PatchKind
from steersman.client.reconcile import loop
from steersman.client.reconcile.manager import Context
from steersman.controllers.garbagecollector import graph as graphs
from steersman.controllers.garbagecollector import plan as planning
from steersman.controllers.garbagecollector.plan import Standing
from steersman.kit.tasks import TaskGroup

log = logging.getLogger(__name__)

REDISCOVER = 30.0
RETRY = 0.5
IGNORED = {"events", "events.events.k8s.io"}
"""Kinds that are too many and own nothing."""


class Controller:
    name = "generic-garbage-collector"

    def __init__(self, context: Context) -> None:
        self._context = context
        self._client = context.client
        self.graph = graphs.Graph()
        self._kinds: dict[str, resources.Resource] = {}
        self._by_kind: dict[tuple[str, str], resources.Resource] = {}
        self._followers: dict[str, TaskGroup] = {}
        self._synced: set[str] = set()
        self._absent: set[str] = set()
        """uids that the server says are not there."""
        self._objects = loop.Loop("garbage collector", self._attempt, context.clock, workers=8, longest=30.0)
        self._orphans = loop.Loop("garbage collector orphans", self._orphan, context.clock, workers=4, longest=30.0)
        self._definitions = context.informers.informer("customresourcedefinitions.apiextensions.k8s.io")
        self._rediscovery = loop.Loop("garbage collector discovery", self._discover, context.clock)

    async def run(self) -> None:
        self._definitions.on_change(lambda old, new: self._rediscovery.enqueue_after("all", 1.0))
        await self._discover("all")
        self._rediscovery.enqueue_after("all", REDISCOVER)
        for each in (self._rediscovery, self._objects, self._orphans):
            each.run(self._context.tasks)

    # Following

    async def _discover(self, key: str) -> float | None:
        found = await discovery.discover(self._client)
        kinds = {each.name: each for each in found.with_verbs("list", "watch", "delete") if each.name not in IGNORED}
        self._by_kind = {(each.group, each.kind): each for each in reversed(found.resources) if each.kind}
        for name, kind in kinds.items():
            present = self._kinds.get(name)
            if present is not None and present.api_version == kind.api_version:
                continue
            if present is not None:
                await self._unfollow(name)
            self._kinds[name] = kind
            group = self._followers[name] = TaskGroup(f"garbage collector {name}")
            group.spawn(self._follow(kind), "follow")
        for name in [name for name in self._kinds if name not in kinds]:
            if not any(stale.split("/")[0] == self._kinds[name].group for stale in found.stale):
                await self._unfollow(name)
        return REDISCOVER

    async def _unfollow(self, name: str) -> None:
        await self._followers.pop(name).close()
        self._kinds.pop(name, None)
        self._synced.discard(name)
        for node in self.graph.of(name):
            self._gone(node.uid)

    async def _follow(self, kind: resources.Resource) -> None:
        source = listwatch.follow(self._client, kind, clock=self._context.clock)
        async for news in source:
            if isinstance(news, listwatch.Replaced):
                present = set()
                for raw in news.items:
                    node = self._seen(raw, kind)
                    if node is not None:
                        present.add(node.uid)
                for node in self.graph.of(kind.name):
                    if node.uid not in present:
                        self._gone(node.uid)
                self._synced.add(kind.name)
                continue
            for event in news:
                node = self._seen(event.raw, kind)
                if node is not None and event.type == "DELETED":
                    self._gone(node.uid)

    def _seen(self, raw: bytes, kind: resources.Resource) -> graphs.Node | None:
        """Take an object in, and queue it if what matters here is new."""
        seen = self.graph.put(raw, kind.name, kind.api_version, kind.kind)
        if seen is None:
            return None
        node = seen.node
        self._absent.discard(node.uid)
        if node.orphaning:
            self._orphans.enqueue(node.uid)
        elif node.deleting_dependents:
            self._objects.enqueue(node.uid)
        if seen.begins_to_wait:
            for each in node.dependents.values():
                self._objects.enqueue(each.uid)
        if node.owners and (seen.is_new or node.owners != seen.old_owners):
            self._objects.enqueue(node.uid)
        for owner in seen.old_owners:
            there = self.graph.nodes.get(owner.uid)
            if owner not in node.owners and there is not None and there.deleting_dependents:
                self._objects.enqueue(owner.uid)  # it blocked this one, perhaps, until now
        return node

    def _gone(self, uid: str) -> None:
        """An object is deleted: look at those that hung on it, and at owners that waited for it."""
        node = self.graph.nodes.get(uid)
        owners = node.owners if node is not None and not node.virtual else ()
        dependents = self.graph.remove(uid)
        if dependents:
            self._absent.add(uid)
        else:
            self._absent.discard(uid)
        for each in dependents:
            self._objects.enqueue(each.uid)
        for owner in owners:
            there = self.graph.nodes.get(owner.uid)
            if there is not None and there.deleting_dependents:
                self._objects.enqueue(owner.uid)
            elif there is None:
                self._absent.discard(owner.uid)

    # Working

    async def _attempt(self, uid: str) -> float | None:
        """Look at one object: does anything keep it?"""
        node = self.graph.nodes.get(uid)
        if node is None or node.virtual:
            return None
        if node.deleting_dependents:
            return await self._finish_foreground(node)
        if node.deleting or not node.owners:
            return None
        standing = {}
        for owner in node.owners:
            found = await self._standing(node, owner)
            if found is None:
                return REDISCOVER  # a kind that we cannot see: better to leave than to delete
            standing[owner.uid] = found
        decided = planning.plan(node, standing)
        if decided.unblock:
            await self._patch_owners(node, [{"uid": owner.uid, "blockOwnerDeletion": False} for owner in node.owners])
        if decided.drop_owners:
            await self._patch_owners(node, [{"$patch": "delete", "uid": each} for each in decided.drop_owners])
        elif decided.delete:
            await self._delete(node, decided.delete)
        return None

    async def _standing(self, node: graphs.Node, owner: graphs.Owner) -> Standing | None:
        """How an owner stands; None where that cannot be known."""
        there = self.graph.nodes.get(owner.uid)
        if there is not None and not there.virtual and self._may_own(there, node):
            return Standing.WAITING if there.deleting_dependents else Standing.SOLID
        if owner.uid in self._absent:
            return Standing.DANGLING
        kind = self._by_kind.get((resources.split(owner.apiVersion)[0], owner.kind))
        if kind is None:
            return None
        namespace = node.namespace if kind.namespaced else ""
        if kind.namespaced and not namespace:
            return None  # a cluster-wide object cannot be owned by one of a namespace: leave it alone
        try:
            found = await self._client.get(kind, owner.name, namespace)
        except errors.NotFound:
            self._absent.add(owner.uid)
            return Standing.DANGLING
        if found["metadata"].get("uid") != owner.uid:
            self._absent.add(owner.uid)
            return Standing.DANGLING
        return Standing.SOLID

    @staticmethod
    def _may_own(owner: graphs.Node, node: graphs.Node) -> bool:
        return not owner.namespace or owner.namespace == node.namespace

    async def _finish_foreground(self, node: graphs.Node) -> float | None:
        """Let an owner go once nothing blocks it; until then see to those that do."""
        blocking = node.blocking()
        if not blocking:
            await self._drop_finalizer(node, graphs.FOREGROUND)
            return None
        for each in blocking:
            if not each.deleting_dependents:
                self._objects.enqueue(each.uid)
        return None

    async def _orphan(self, uid: str) -> float | None:
        """Take an owner off its dependents, then let it go."""
        node = self.graph.nodes.get(uid)
        if node is None or not node.orphaning:
            return None
        for each in list(node.dependents.values()):
            if not each.virtual:
                await self._patch_owners(each, [{"$patch": "delete", "uid": uid}])
        await self._drop_finalizer(node, graphs.ORPHAN)
        return None

    # Writing

    async def _patch_owners(self, node: graphs.Node, changes: list[Tree]) -> None:
        """Change owner references by uid.  Custom kinds know no strategic patch: they get the whole list."""
        kind = self._kinds.get(node.resource)
        if kind is None:
            return
        try:
            if not kind.custom:
                patch: Tree = {"metadata": {"ownerReferences": changes, "uid": node.uid}}
                await self._client.patch(kind, node.name, patch, node.namespace, kind=PatchKind.STRATEGIC)
                return
            tree = await self._client.get(kind, node.name, node.namespace)
            by_uid = {each["uid"]: each for each in changes}
            kept = []
            for each in tree["metadata"].get("ownerReferences") or ():
                change = by_uid.get(each["uid"], {})
                if change.get("$patch") != "delete":
                    kept.append({**each, **change})
            meta = {"ownerReferences": kept or None, "resourceVersion": tree["metadata"]["resourceVersion"]}
            await self._client.patch(kind, node.name, {"metadata": meta}, node.namespace)
        except errors.NotFound:
            return

    async def _delete(self, node: graphs.Node, policy: str) -> None:
        kind = self._kinds.get(node.resource)
        if kind is None:
            return
        log.debug("deleting %s (%s)", node, policy)
        try:
            # The version too: an owner may have been given to it since we looked.
            await self._client.delete(kind, node.name, node.namespace, uid=node.uid, propagation=policy)
        except (errors.NotFound, errors.Conflict):
            return

    async def _drop_finalizer(self, node: graphs.Node, finalizer: str) -> None:
        kind = self._kinds.get(node.resource)
        if kind is None:
            return
        try:
            tree = await self._client.get(kind, node.name, node.namespace)
            meta = tree["metadata"]
            if meta.get("uid") != node.uid or finalizer not in (meta.get("finalizers") or ()):
                return
            left = [each for each in meta["finalizers"] if each != finalizer]
            patch = {"metadata": {"finalizers": left or None, "resourceVersion": meta["resourceVersion"]}}
            await self._client.patch(kind, node.name, patch, node.namespace)
        except errors.NotFound:
            return
