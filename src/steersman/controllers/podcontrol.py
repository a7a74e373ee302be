"""What all controllers of pods share: creating, deleting, adopting, and telling of it in events."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steersman.api import labels
from steersman.api.tree import MutableTree, Tree
from steersman.client import errors, events
from steersman.client.informers import Informer
from steersman.client.reconcile import loop, owners
from steersman.client.reconcile.manager import Context

NAMESPACE_TERMINATING = loop.NAMESPACE_TERMINATING


def controller_uids(tree: Tree) -> Iterable[str]:
    """Index function: the uid of the controller, or nothing's for orphans."""
    found = owners.controller_of(tree)
    return (str(found["uid"]) if found is not None else "",)


def owner_key(tree: Tree, kind: str) -> str:
    """The key of the controller of this kind, or nothing."""
    found = owners.controller_of(tree)
    if found is None or found.get("kind") != kind:
        return ""
    return f"{tree['metadata']['namespace']}/{found['name']}"


def owner_keys(old: Tree | None, new: Tree | None, kind: str) -> list[str]:
    """The keys of those whom a change concerns: the controller now, and the one before if it was another."""
    keys = [owner_key(tree, kind) for tree in (old, new) if tree is not None]
    return sorted({key for key in keys if key})


def candidates(informer: Informer, owner: Tree, selector: labels.Selector) -> Sequence[Tree]:
    """What the owner controls, and the orphans in its namespace that it may adopt."""
    namespace = owner["metadata"]["namespace"]
    owned = [
        each
        for each in informer.by_index("controller", owner["metadata"]["uid"])
        if each["metadata"].get("namespace") == namespace
    ]
    orphans = [
        each
        for each in informer.by_index("controller", "")
        if each["metadata"].get("namespace") == namespace and selector.matches(labels.of(each))
    ]
    return [*owned, *orphans]


def is_namespace_going(error: BaseException) -> bool:
    return isinstance(error, errors.ApiError) and error.has_cause(NAMESPACE_TERMINATING)


_NO_STATUS: Mapping[str, Any] = {}


def same_status(old: Tree | None, new: Tree) -> bool:
    """Whether writing `new` would change nothing: zeros and absent are the same, order of conditions is not
    looked at."""

    def plain(status: Tree) -> dict[str, Any]:
        made = {key: value for key, value in status.items() if value not in (0, None, "", [], {})}
        made["conditions"] = sorted((status.get("conditions") or ()), key=lambda each: str(each.get("type")))
        made["terminating"] = status.get("terminatingReplicas")
        return made

    return plain(old or _NO_STATUS) == plain(new)


def pod_from_template(owner: Tree, template: Tree, reference: Tree, name: str = "") -> MutableTree:
    """The pod that a template describes, controlled by `owner`."""
    meta: MutableTree = {"namespace": owner["metadata"]["namespace"]}
    if name:
        meta["name"] = name
    else:
        meta["generateName"] = owner["metadata"]["name"] + "-"
    source = template.get("metadata") or {}
    for key in ("labels", "annotations"):
        if source.get(key):
            meta[key] = dict(source[key])
    if source.get("finalizers"):
        meta["finalizers"] = list(source["finalizers"])
    meta["ownerReferences"] = [reference]
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta, "spec": template["spec"]}


class PodControl:
    """Acts on pods in a controller's name.  What goes wrong is returned, after the event that tells of it."""

    def __init__(self, context: Context) -> None:
        self._client = context.client
        self._recorder = context.recorder

    async def create(self, owner: Tree, template: Tree, *, name: str = "") -> errors.ApiError | ConnectionError | None:
        pod = pod_from_template(owner, template, owners.controller_reference(owner), name)
        try:
            made = await self._client.create("pods", pod)
        except (errors.ApiError, ConnectionError) as error:
            if not is_namespace_going(error):
                self._recorder.event(owner, events.WARNING, "FailedCreate", f"Error creating: {error}")
            return error
        text = f"Created pod: {made['metadata']['name']}"
        self._recorder.event(owner, events.NORMAL, "SuccessfulCreate", text)
        return None

    async def delete(self, owner: Tree, pod: Tree) -> errors.ApiError | ConnectionError | None:
        meta = pod["metadata"]
        try:
            await self._client.delete("pods", meta["name"], meta["namespace"], uid=meta["uid"])
        except errors.NotFound as error:
            return error
        except (errors.ApiError, ConnectionError) as error:
            self._recorder.event(owner, events.WARNING, "FailedDelete", f"Error deleting: {error}")
            return error
        self._recorder.event(owner, events.NORMAL, "SuccessfulDelete", f"Deleted pod: {meta['name']}")
        return None

    async def claimed(self, owner: Tree, resource: str, claims: owners.Claims, what: str = "pods") -> list[Tree]:
        """Adopt and release; returns all that is owned then.

        Before the first adoption the owner is read from the server: an owner that is gone must adopt nothing.
        """
        owned = list(claims.owned)
        for each in claims.release:
            await owners.release(self._client, what, owner, each)
        if claims.adopt:
            meta = owner["metadata"]
            try:
                fresh = await self._client.get(resource, meta["name"], meta["namespace"])
            except errors.NotFound:
                return owned
            if fresh["metadata"]["uid"] != meta["uid"] or fresh["metadata"].get("deletionTimestamp"):
                return owned
            for each in claims.adopt:
                taken = await owners.adopt(self._client, what, owner, each)
                if taken is not None:
                    owned.append(taken)
        return owned
