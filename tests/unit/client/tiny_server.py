"""A very small API server for tests of what stands on a client: objects in a dict, one revision counter.

It knows create, get, list, watch, update, status, merge and strategic patch (lists of maps merge by uid or
name), delete with finalizers and graceful pods, binding.  It has no validation, no admission, no access.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from steersman.api import labels, resources, status
from steersman.client.transport import WatchEvent
from steersman.kit import http
from steersman.kit.clock import Clock
from steersman.kit.entropy import SeededEntropy


class TinyServer:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.entropy = SeededEntropy(1)
        self.revision = 100
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.watchers: list[tuple[str, str, asyncio.Queue[WatchEvent | None]]] = []
        self.log: list[tuple[int, str, str, WatchEvent]] = []
        self.requests: list[tuple[str, str]] = []
        self.refuse: dict[tuple[str, str], status.StatusError] = {}
        """(method, plural) -> what to answer instead."""
        self.compacted = 0

    async def handle(self, request: http.Request) -> http.Answer:
        self.requests.append((request.method, request.path))
        try:
            return self._answer(request)
        except status.StatusError as error:
            return http.Response(error.code, chunks=[msgspec.json.encode(error.tree)])

    def _answer(self, request: http.Request) -> http.Answer:
        parts = request.path.strip("/").split("/")
        group, version = (parts[1], parts[2]) if parts[0] == "apis" else ("", parts[1])
        rest = parts[3:] if group else parts[2:]
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        kind = resources.find(group, version, rest[0])
        assert kind is not None, request.path
        if refused := self.refuse.get((request.method, kind.plural)):
            raise refused
        name = rest[1] if len(rest) > 1 else ""
        sub = rest[2] if len(rest) > 2 else ""
        body: Any = request.tree if request.tree is not None else (msgspec.json.decode(request.body or b"null"))
        if not name:
            if request.method == "POST":
                return self._ok(self._create(kind, namespace, body), 201)
            if request.method == "DELETE":
                for key in [k for k in self.objects if k[0] == kind.name and k[1] == namespace]:
                    self._delete(kind, self.objects[key], {})
                return self._ok({"kind": "Status", "apiVersion": "v1", "status": "Success"})
            if request.param("watch"):
                return self._watch(kind, namespace, int(request.param("resourceVersion") or 0))
            return self._list(kind, namespace, request.param("labelSelector"))
        key = (kind.name, namespace, name)
        if key not in self.objects:
            raise status.not_found(kind.plural, kind.group, name)
        old = self.objects[key]
        if request.method == "GET":
            return self._ok(old)
        if request.method == "POST" and sub == "binding":
            return self._ok(self._bind(old, body), 201)
        if request.method == "PUT":
            wanted = body["metadata"].get("resourceVersion")
            if wanted and wanted != old["metadata"]["resourceVersion"]:
                raise status.conflict(kind.plural, kind.group, name, status.MODIFIED)
            return self._ok(self._write(kind, old, body, sub))
        if request.method == "PATCH":
            if "json-patch" in request.headers.get("content-type", ""):
                raise status.bad_request("no JSON patches here")
            return self._ok(self._write(kind, old, _merged(old, body), sub))
        if request.method == "DELETE":
            uid = ((body or {}).get("preconditions") or {}).get("uid")
            if uid and uid != old["metadata"]["uid"]:
                raise status.conflict(kind.plural, kind.group, name, "the uid differs")
            return self._ok(self._delete(kind, old, body or {}))
        raise status.method_not_supported(kind.plural, kind.group, request.method)

    @staticmethod
    def _ok(tree: Any, code: int = 200) -> http.Response:
        return http.Response(code, chunks=[msgspec.json.encode(tree)])

    def _create(self, kind: resources.Resource, namespace: str, tree: Any) -> dict[str, Any]:
        meta = dict(tree.get("metadata") or {})
        if not meta.get("name"):
            meta["name"] = meta["generateName"] + self.entropy.suffix()
        key = (kind.name, namespace, meta["name"])
        if key in self.objects:
            raise status.already_exists(kind.plural, kind.group, meta["name"])
        if namespace:
            meta["namespace"] = namespace
        from steersman.api import times

        meta |= {"uid": self.entropy.uuid(), "creationTimestamp": times.seconds(self.clock.now()), "generation": 1}
        made = {"kind": kind.kind, "apiVersion": kind.api_version, **tree, "metadata": meta}
        if kind.plural == "pods":
            made.setdefault("status", {"phase": "Pending"})
        return self._store(kind, made, "ADDED")

    def _write(self, kind: resources.Resource, old: Any, new: Any, sub: str) -> dict[str, Any]:
        made = dict(new)
        made["metadata"] = {**new["metadata"], "uid": old["metadata"]["uid"]}
        if sub == "status":
            made = {**old, "status": new.get("status"), "metadata": made["metadata"]}
        elif kind.subresource("status") is not None:
            made["status"] = old.get("status")
        if made.get("spec") != old.get("spec"):
            made["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            if field in old["metadata"]:
                made["metadata"][field] = old["metadata"][field]
        if {**made, "metadata": {**made["metadata"], "resourceVersion": ""}} == {
            **old,
            "metadata": {**old["metadata"], "resourceVersion": ""},
        }:
            return dict(old)
        gone = made["metadata"].get("deletionTimestamp") and not made["metadata"].get("finalizers")
        held = made["metadata"].get("deletionGracePeriodSeconds") or (
            kind.plural == "namespaces" and (made.get("spec") or {}).get("finalizers")
        )
        return self._store(kind, made, "DELETED" if gone and not held else "MODIFIED")

    def _delete(self, kind: resources.Resource, old: Any, options: Any) -> dict[str, Any]:
        from steersman.api import times

        meta = dict(old["metadata"])
        grace = options.get("gracePeriodSeconds")
        policy = options.get("propagationPolicy")
        finalizers = list(meta.get("finalizers") or ())
        if policy == "Foreground":
            finalizers.append("foregroundDeletion")
        if policy == "Orphan":
            finalizers.append("orphan")
        if finalizers:
            meta["finalizers"] = finalizers
        if kind.plural == "pods" and old.get("spec", {}).get("nodeName") and grace != 0:
            meta["deletionGracePeriodSeconds"] = grace or 30
        else:
            meta["deletionGracePeriodSeconds"] = 0
        meta.setdefault("deletionTimestamp", times.seconds(self.clock.now()))
        made = {**old, "metadata": meta}
        held = finalizers or (kind.plural == "namespaces" and (old.get("spec") or {}).get("finalizers"))
        if held or meta["deletionGracePeriodSeconds"]:
            return self._store(kind, made, "MODIFIED")
        return self._store(kind, made, "DELETED")

    def _bind(self, pod: Any, binding: Any) -> Any:
        if pod["spec"].get("nodeName"):
            name = pod["metadata"]["name"]
            raise status.conflict("pods/binding", "", name, f"pod {name} is already assigned to a node")
        kind = resources.get("pods")
        assert kind is not None
        made = {**pod, "spec": {**pod["spec"], "nodeName": binding["target"]["name"]}}
        condition = {"type": "PodScheduled", "status": "True"}
        made["status"] = {**(pod.get("status") or {}), "conditions": [condition]}
        self._store(kind, made, "MODIFIED")
        return {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    def _store(self, kind: resources.Resource, tree: Any, type: str) -> dict[str, Any]:
        self.revision += 1
        meta = {**tree["metadata"], "resourceVersion": str(self.revision)}
        made = {**tree, "metadata": meta}
        namespace = meta.get("namespace", "")
        key = (kind.name, namespace, meta["name"])
        if type == "DELETED":
            self.objects.pop(key, None)
        else:
            self.objects[key] = made
        event = WatchEvent(type, msgspec.json.encode(made))
        self.log.append((self.revision, kind.name, namespace, event))
        for name, only, queue in self.watchers:
            if name == kind.name and only in ("", namespace):
                queue.put_nowait(event)
        return made

    def _list(self, kind: resources.Resource, namespace: str, selector: str) -> http.Response:
        chosen = labels.parse(selector)
        items = [
            {key: value for key, value in tree.items() if key not in ("kind", "apiVersion")}
            for (name, ns, _), tree in sorted(self.objects.items())
            if name == kind.name and namespace in ("", ns) and chosen.matches(labels.of(tree))
        ]
        return self._ok(
            {
                "kind": kind.list_kind,
                "apiVersion": kind.api_version,
                "metadata": {"resourceVersion": str(self.revision)},
                "items": items,
            }
        )

    def _watch(self, kind: resources.Resource, namespace: str, after: int) -> http.Stream:
        if after < self.compacted:
            raise status.expired(f"too old resource version: {after}")
        queue: asyncio.Queue[WatchEvent | None] = asyncio.Queue()
        for revision, name, ns, event in self.log:
            if revision > after and name == kind.name and namespace in ("", ns):
                queue.put_nowait(event)
        entry = (kind.name, namespace, queue)
        self.watchers.append(entry)

        async def events() -> AsyncIterator[Sequence[WatchEvent]]:
            try:
                while True:
                    batch = [await queue.get()]
                    while not queue.empty():
                        batch.append(queue.get_nowait())
                    found = [each for each in batch if each is not None]
                    if found:
                        yield found
                    if len(found) < len(batch):
                        return
            finally:
                if entry in self.watchers:
                    self.watchers.remove(entry)

        async def frames() -> AsyncIterator[bytes]:
            async for batch in events():
                yield b"".join(event.frame for event in batch)

        return http.Stream(frames(), events=events())

    def cut(self) -> None:
        """End all watches, as a server that restarts does."""
        for _, _, queue in self.watchers:
            queue.put_nowait(None)

    def get(self, name: str, namespace: str, object: str) -> dict[str, Any]:
        return self.objects[name, namespace, object]

    def all(self, name: str) -> list[dict[str, Any]]:
        return [tree for (kind, _, _), tree in sorted(self.objects.items()) if kind == name]


def _merged(old: Any, patch: Any) -> Any:
    if isinstance(old, list) and isinstance(patch, list) and all(isinstance(each, dict) for each in patch):
        made = list(old)
        for each in patch:
            key = next((name for name in ("uid", "type", "name") if name in each), None)
            place = next((i for i, x in enumerate(made) if key and x.get(key) == each[key]), None)
            if each.get("$patch") == "delete":
                if place is not None:
                    made.pop(place)
            elif place is None:
                made.append(each)
            else:
                made[place] = _merged(made[place], each)
        return made
    if not isinstance(patch, dict) or not isinstance(old, dict):
        return patch
    result = dict(old)
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        if value is None:
            result.pop(key, None)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and isinstance(old.get(key), list):
            result[key] = _merged(old[key], value)
        elif isinstance(value, dict):
            result[key] = _merged(old.get(key) or {}, value)
        else:
            result[key] = value
    return result
