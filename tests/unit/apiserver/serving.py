"""An API server in memory with a clock that stands still, and a client that speaks to it in one line."""

import asyncio
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

from steersman.apiserver.config import Config
from steersman.apiserver.server import SELF, ApiServer
from steersman.apiserver.verbs import moments
from steersman.apiserver.watchers import Batches, Watcher
from steersman.client.transport import WatchEvent
from steersman.kit import http
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock
from steersman.store.memory import MemoryStore

JSON, MERGE, STRATEGIC = "application/json", "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH, APPLY = "application/json-patch+json", "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


class Api:
    def __init__(self, config: Config = Config(), store: MemoryStore | None = None) -> None:
        self.clock = VirtualClock()
        self.store = store or MemoryStore()
        self.server = ApiServer.build(store=self.store, clock=self.clock, entropy=SeededEntropy(7), config=config)

    async def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        type: str = JSON,
        user: http.User | None = SELF,
        headers: Mapping[str, str] | None = None,
    ) -> http.Answer:
        path, _, query = target.partition("?")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"content-type": type, **(headers or {})}
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        return await self.server.handle(http.Request(method, path, pairs, given, data, user=user))

    async def call(self, method: str, target: str, body: Any = None, **how: Any) -> tuple[int, Any]:
        """Code and decoded body."""
        answer = await self.send(method, target, body, **how)
        assert isinstance(answer, http.Response)
        return answer.status, json.loads(answer.body)

    async def in_vain(self, target: str) -> tuple[int, Any]:
        """What is answered to who waits for a revision that does not come."""
        asked = asyncio.create_task(self.call("GET", target))
        await self.clock.advance(moments.PATIENCE)
        assert asked.done()
        return asked.result()

    async def get(self, target: str) -> Any:
        code, body = await self.call("GET", target)
        assert code == 200, body
        return body

    async def make(self, target: str, body: Any) -> Any:
        code, made = await self.call("POST", target, body)
        assert code == 201, made
        return made

    async def config_map(self, name: str, data: Mapping[str, str] | None = None, **metadata: Any) -> Any:
        return await self.make(CONFIG_MAPS, {"metadata": {"name": name, **metadata}, "data": dict(data or {})})

    async def pod(self, name: str, **spec: Any) -> Any:
        containers = [{"name": "c", "image": "busybox"}]
        return await self.make(PODS, {"metadata": {"name": name}, "spec": {"containers": containers, **spec}})

    async def watch(self, target: str, **how: Any) -> "Watching":
        answer = await self.send("GET", target, **how)
        assert isinstance(answer, http.Stream), answer
        return Watching(self, answer)


class Watching:
    """A watch, as a caller in the same process has it."""

    def __init__(self, api: Api, stream: http.Stream) -> None:
        self.stream = stream
        self._api = api

    async def next(self) -> list[tuple[str, Any]]:
        """The next batch as pairs of type and object."""
        assert self.stream.events is not None
        batch = await anext(self.stream.events)
        return [(event.type, event.tree) for event in batch if isinstance(event, WatchEvent)]

    async def names(self) -> list[tuple[str, str]]:
        return [(type, tree["metadata"]["name"]) for type, tree in await self.next()]

    @property
    def watcher(self) -> Watcher:
        assert isinstance(self.stream.events, Batches)
        return self.stream.events.watcher

    def seen(self) -> list[tuple[str, Any]]:
        """What has come and was not looked at, without waiting for more."""
        return [(event.type, event.tree) for event in self.watcher.take()]

    async def ended(self) -> bool:
        assert self.stream.events is not None
        try:
            await anext(self.stream.events)
        except StopAsyncIteration:
            return True
        return False

    async def close(self) -> None:
        await self.stream.aclose()


def causes(body: Any) -> set[tuple[str, str]]:
    return {(cause["reason"], cause["field"]) for cause in body["details"]["causes"]}
