"""What the server does with definitions by itself: names and conditions, and their end.

A definition that is deleted waits for its finalizer; all of its objects are deleted as a client would, with
their own finalizers heeded, and when none is left the finalizer goes and the definition with it.

Promised: once nothing changes, every status says what `naming.plan` says.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from steersman.api import resources, times
from steersman.api.tree import Tree, at
from steersman.apiserver.custom import approval, naming, registration
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.custom.table import KEYS
from steersman.apiserver.registry import layout
from steersman.apiserver.registry.customresourcedefinitions import FINALIZER
from steersman.apiserver.registry.registry import ROOT
from steersman.apiserver.services import Services
from steersman.kit import http
from steersman.store import protocol

log = logging.getLogger(__name__)
AGAIN = 1.0
"""Seconds between two looks at objects that do not go."""
_PATH = f"/apis/{definitions.GROUP}/v1/customresourcedefinitions"
_IN_PROGRESS = {
    "type": "Terminating", "status": "True", "reason": "InstanceDeletionInProgress",
    "message": "CustomResource deletion is in progress",
}  # fmt: skip
_AUTHOR = protocol.Author("system:apiserver", "kube-apiserver")


async def run(services: Services, handle: http.Handler, user: http.User) -> None:
    """Until cancelled."""
    changed = asyncio.Event()
    changed.set()

    def sink(changes: Sequence[protocol.Change]) -> None:
        changed.set()

    subscriptions = [
        services.store.watch(prefix, sink, after=services.store.revision)
        for prefix in (KEYS, f"{ROOT}{registration.PREFIX}/")
    ]
    timer: Any = None
    try:
        while True:
            await changed.wait()
            changed.clear()
            if not await settle(services, handle, user):
                if timer is not None:
                    timer.cancel()
                timer = services.clock.call_later(AGAIN, changed.set)
    finally:
        for subscription in subscriptions:
            subscription.cancel()
        if timer is not None:
            timer.cancel()


async def settle(services: Services, handle: http.Handler, user: http.User) -> bool:
    """Do what is to be done now.  False where something has to be looked at again later."""
    done = True
    for tree in services.reader.list(definitions.PREFIX):
        if at(tree, "metadata", "deletionTimestamp"):
            if FINALIZER in (at(tree, "metadata", "finalizers") or ()):
                done &= await _end(services, handle, user, tree)
            continue
        # Read again for each: what one was given the next may not have.
        now = times.seconds(services.clock.now())
        status = naming.plan(tree, services.reader.list(definitions.PREFIX), now)
        approved = approval.condition(tree)
        if approved is not None:
            status = _with(status or tree.get("status") or {}, approved, now)
        if status is not None and status != tree.get("status"):
            await _send(handle, user, "PUT", f"{_PATH}/{tree['metadata']['name']}/status", {**tree, "status": status})
    await registration.settle(services, handle, user)
    return done


def _with(status: Tree, condition: Mapping[str, str], now: str) -> dict[str, Any]:
    return {**status, "conditions": naming.with_condition(list(status.get("conditions") or ()), condition, now)}


async def _end(services: Services, handle: http.Handler, user: http.User, tree: Tree) -> bool:
    """Delete the objects of a definition, and when there are none let it go."""
    plural, group = tree["spec"]["names"]["plural"], tree["spec"]["group"]
    prefix = f"{ROOT}{plural}.{group}/"
    resource = services.resources.get(f"{plural}.{group}")
    if definitions.condition(tree, "Established") == "True":
        now = times.seconds(services.clock.now())
        status = _with(tree.get("status") or {}, _IN_PROGRESS, now)
        if status != tree.get("status"):
            await _send(handle, user, "PUT", f"{_PATH}/{tree['metadata']['name']}/status", {**tree, "status": status})
            return True  # the change brings us back here
        for entry in services.store.range(prefix).entries:
            if resource is None:
                await _forget(services, entry)
                continue
            namespace, _, name = entry.key[len(prefix) :].rpartition("/")
            if not at(layout.decode(entry.value), "metadata", "deletionTimestamp"):
                await _send(handle, user, "DELETE", resources.object_path(resource, namespace, name), None)
        if services.store.range(prefix, limit=1).entries:
            return False
        reason, text = "InstanceDeletionCompleted", "removed all instances"
    else:
        reason, text = "NeverEstablished", "resource was never established"
    wanted = {"type": "Terminating", "status": "False", "reason": reason, "message": text}
    name = tree["metadata"]["name"]
    rest = [each for each in tree["metadata"]["finalizers"] if each != FINALIZER]
    body = {"metadata": {"resourceVersion": tree["metadata"]["resourceVersion"], "finalizers": rest}}
    await _send(handle, user, "PATCH", f"{_PATH}/{name}", body)
    found = services.store.get(f"{KEYS}{name}")
    if found is not None and rest:
        left: Any = layout.decode(found.value)
        left["status"] = _with(left.get("status") or {}, wanted, times.seconds(services.clock.now()))
        await _send(handle, user, "PUT", f"{_PATH}/{name}/status", left)
    return True


async def _forget(services: Services, entry: protocol.Entry) -> None:
    """Remove an object that no version serves any more."""
    tree = layout.decode(entry.value)
    stored = layout.Layout(tree["kind"], tree["apiVersion"])
    tail = stored.tail(entry.value, entry.revision)
    try:
        await services.store.delete(entry.key, stored.head, tail, expect=entry.revision, author=_AUTHOR)
    except protocol.Mismatch:
        pass  # written just now: the next look finds it


async def _send(handle: http.Handler, user: http.User, method: str, path: str, body: Any) -> None:
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = {"user-agent": "kube-apiserver", "content-type": media}
    data = b"" if body is None else json.dumps(body).encode()
    answer = await handle(http.Request(method, path, (), headers, data, user=user))
    if isinstance(answer, http.Response) and answer.status not in (200, 202, 404, 409):
        # After a 409 somebody else has written, and that change brings us back here.
        log.warning("%s %s: %s", method, path, answer.body.decode())
