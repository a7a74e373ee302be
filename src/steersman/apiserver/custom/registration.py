"""An APIService for each group version that definitions serve, as for the built-in ones.

They are this server's own: labelled, made when the first definition of a group version serves it, put right when
somebody changes them, and removed with the last.  One without the label is somebody else's and left alone.

`plan` is a function of the definitions and of the API services that are there.
"""

import dataclasses
import json
import logging
from collections.abc import Iterable
from typing import Any

from steersman.api.tree import Tree, at
from steersman.apiserver.custom import definition as definitions
from steersman.apiserver.services import Services
from steersman.kit import http

log = logging.getLogger(__name__)
PREFIX = "apiservices.apiregistration.k8s.io"
LABEL, CONTINUOUSLY = "kube-aggregator.kubernetes.io/automanaged", "true"
GROUP_PRIORITY, VERSION_PRIORITY = 1000, 100
_PATH = "/apis/apiregistration.k8s.io/v1/apiservices"


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    create: tuple[Tree, ...] = ()
    replace: tuple[Tree, ...] = ()
    delete: tuple[str, ...] = ()


def plan(defined: Iterable[Tree], present: Iterable[Tree]) -> Plan:
    wanted = {
        f"{version['name']}.{definition['spec']['group']}": (definition["spec"]["group"], version["name"])
        for definition in defined
        for version in definition["spec"].get("versions") or ()
        if version.get("served")
    }
    known = {tree["metadata"]["name"]: tree for tree in present}
    replaced, gone = [], []
    for name, tree in known.items():
        if at(tree, "metadata", "labels", LABEL) != CONTINUOUSLY or at(tree, "metadata", "deletionTimestamp"):
            continue
        if name not in wanted:
            gone.append(name)
        elif tree.get("spec") != _spec(*wanted[name]):
            replaced.append({**tree, "spec": _spec(*wanted[name])})
    made = [_service(name, *wanted[name]) for name in sorted(wanted) if name not in known]
    return Plan(tuple(made), tuple(replaced), tuple(gone))


def _spec(group: str, version: str) -> dict[str, Any]:
    return {
        "group": group, "version": version, "groupPriorityMinimum": GROUP_PRIORITY, "versionPriority": VERSION_PRIORITY,
    }  # fmt: skip


def _service(name: str, group: str, version: str) -> Tree:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name, "labels": {LABEL: CONTINUOUSLY}},
        "spec": _spec(group, version),
    }


async def settle(services: Services, handle: http.Handler, user: http.User) -> None:
    decided = plan(services.reader.list(definitions.PREFIX), services.reader.list(PREFIX))
    for tree in decided.create:
        await _send(handle, user, "POST", _PATH, tree)
    for tree in decided.replace:
        await _send(handle, user, "PUT", f"{_PATH}/{tree['metadata']['name']}", tree)
    for name in decided.delete:
        await _send(handle, user, "DELETE", f"{_PATH}/{name}", None)


async def _send(handle: http.Handler, user: http.User, method: str, path: str, body: Tree | None) -> None:
    data = b"" if body is None else json.dumps(body).encode()
    headers = {"user-agent": "kube-apiserver", "content-type": "application/json"}
    answer = await handle(http.Request(method, path, (), headers, data, user=user))
    if isinstance(answer, http.Response) and answer.status not in (200, 201, 202, 404, 409):
        # After a 409 somebody else has written, and that change brings us back here.
        log.warning("%s %s: %s", method, path, answer.body.decode())
