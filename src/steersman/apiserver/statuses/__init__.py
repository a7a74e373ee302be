"""Statuses that the API server writes itself, for no controller does: flow schemas' and API services'.

What a status should say is a pure function of the object and of what it refers to (`flowschemas`, `apiservices`).
`run` asks it whenever something of the kinds concerned changes, and writes through the server's own handler, as a
client would, so that ownership, validation and watches are those of any write.

Promised: once nothing changes, every status says what its plan says.  Not promised: that it does so in the answer
to the write that made it wrong.
"""

import asyncio
import json
import logging
from collections.abc import Sequence

from steersman.api import times
from steersman.api.tree import Tree
from steersman.apiserver.registry.registry import ROOT
from steersman.apiserver.services import Services
from steersman.apiserver.statuses import apiservices, flowschemas
from steersman.apiserver.statuses.plan import Condition, Kind, with_condition
from steersman.kit import http
from steersman.store import protocol

log = logging.getLogger(__name__)
KINDS: Sequence[Kind] = (flowschemas.KIND, apiservices.KIND)


async def run(services: Services, handle: http.Handler, user: http.User) -> None:
    """Keep the statuses right, until cancelled."""
    stale: set[Kind] = set(KINDS)
    changed = asyncio.Event()
    changed.set()

    def sink(kind: Kind) -> protocol.Sink:
        def mark(changes: Sequence[protocol.Change]) -> None:
            stale.add(kind)
            changed.set()

        return mark

    subscriptions = [
        services.store.watch(f"{ROOT}{prefix}/", sink(kind), after=services.store.revision)
        for kind in KINDS
        for prefix in (kind.prefix, *kind.refers_to)
    ]
    try:
        while True:
            await changed.wait()
            changed.clear()
            for kind in KINDS:
                if kind in stale:
                    stale.discard(kind)
                    await settle(services, kind, handle, user)
    finally:
        for subscription in subscriptions:
            subscription.cancel()


async def settle(services: Services, kind: Kind, handle: http.Handler, user: http.User) -> None:
    """Write what is wrong in the statuses of a kind."""
    now = times.seconds(services.clock.now())
    for tree in services.reader.list(kind.prefix):
        condition = kind.plan(tree, services.reader, now)
        if condition is None:
            continue
        answer = await handle(_request(services, kind, tree, condition, user))
        if isinstance(answer, http.Response) and answer.status not in (200, 404, 409):
            # After a 409 somebody else has written, and that change brings us back here.
            log.warning("the status of %s cannot be written: %s", tree["metadata"]["name"], answer.body.decode())


def _request(services: Services, kind: Kind, tree: Tree, condition: Condition, user: http.User) -> http.Request:
    resource = services.registry_of(kind.prefix).resource
    metadata = tree["metadata"]
    path = f"/apis/{resource.api_version}/{resource.plural}/{metadata['name']}/status"
    headers = {"user-agent": "kube-apiserver"}
    query = [("fieldManager", kind.manager)]
    if kind.applies:
        headers["content-type"] = "application/apply-patch+yaml"
        query.append(("force", "true"))
        named = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": metadata["name"]}}
        body = {**named, "status": {"conditions": [condition]}}
    else:
        headers["content-type"] = "application/merge-patch+json"
        version = {"resourceVersion": metadata["resourceVersion"]}
        body = {"metadata": version, "status": {"conditions": with_condition(tree, condition)}}
    return http.Request("PATCH", path, query, headers, json.dumps(body).encode(), user=user)
