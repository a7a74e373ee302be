"""A hundred clients at once, each with its own selection, beginning and pace: one order of events for all."""

import asyncio
import json
import random

import pytest

from steersman.apiserver import watchers
from steersman.apiserver.config import Config
from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, MERGE, Api

WATCHERS, WRITES, OBJECTS = 100, 150, 12
SELECTORS = ["", "labelSelector=odd%3D1", "labelSelector=odd%3D0", "fieldSelector=metadata.name%3Dc3"]
Seen = list[tuple[str, str, int]]
"""Type, name and revision."""


class Client:
    """Reads a watch as bytes, frame by frame, resting between two."""

    def __init__(self, api: Api, stream: http.Stream, selector: str, after: int, rest: float) -> None:
        self.selector, self.after = selector, after
        self.seen: Seen = []
        self.ended = False
        self._api, self._stream, self._rest = api, stream, rest

    async def read(self) -> None:
        async for frame in self._stream.frames:
            for line in frame.splitlines():
                event = json.loads(line)
                metadata = event["object"]["metadata"]
                self.seen.append((event["type"], metadata["name"], int(metadata["resourceVersion"])))
            await self._api.clock.sleep(self._rest)
        self.ended = True


class Crowd:
    def __init__(self, seed: int) -> None:
        self.api = Api(Config(authorization=False, admission=False))
        self.draw = random.Random(seed)
        self.labels: dict[str, str] = {}
        self.history: list[tuple[int, str, str | None, str | None]] = []
        """Revision, name, label before and after."""
        self.clients: list[Client] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def write(self) -> None:
        name = f"c{self.draw.randrange(OBJECTS)}"
        before = self.labels.get(name)
        if before is not None and self.draw.random() < 0.2:
            await self.api.call("DELETE", f"{CONFIG_MAPS}/{name}")
            del self.labels[name]
        else:
            label = self.labels[name] = str(self.draw.randrange(2))
            body = {"metadata": {"name": name, "labels": {"odd": label}}, "data": {"n": str(len(self.history))}}
            if before is None:
                await self.api.make(CONFIG_MAPS, body)
            else:
                await self.api.call("PATCH", f"{CONFIG_MAPS}/{name}", body, type=MERGE)
        self.history.append((self.api.store.revision, name, before, self.labels.get(name)))

    async def join(self, rest: float) -> None:
        selector = self.draw.choice(SELECTORS)
        after = max(1, self.api.store.revision - self.draw.randrange(30))
        answer = await self.api.send("GET", f"{CONFIG_MAPS}?watch=1&resourceVersion={after}&{selector}")
        assert isinstance(answer, http.Stream)
        client = Client(self.api, answer, selector, after, rest)
        self.clients.append(client)
        self.tasks.append(asyncio.ensure_future(client.read()))

    def due(self, client: Client) -> Seen:
        def shows(name: str, label: str | None) -> bool:
            if label is None:
                return False
            return {"": True, "labelSelector=odd%3D1": label == "1", "labelSelector=odd%3D0": label == "0"}.get(
                client.selector, name == "c3"
            )

        found: Seen = []
        for revision, name, before, after in self.history:
            if revision > client.after and (shows(name, before) or shows(name, after)):
                type = "DELETED" if not shows(name, after) else "MODIFIED" if shows(name, before) else "ADDED"
                found.append((type, name, revision))
        return found

    async def close(self) -> None:
        await self.api.server.close()
        await asyncio.gather(*self.tasks)


async def _play(crowd: Crowd, rests: list[float]) -> None:
    for number in range(WRITES):
        await crowd.write()
        while len(crowd.clients) < len(rests) * number // 100 and len(crowd.clients) < len(rests):
            await crowd.join(rests[len(crowd.clients)])
        await crowd.api.clock.advance(crowd.draw.choice(["0ms", "3ms", "20ms"]))


async def test_all_see_the_same_order_and_nobody_misses_anything() -> None:
    crowd = Crowd(1)
    await _play(crowd, [0.0, 0.001, 0.05, 1.0] * (WATCHERS // 4))
    await crowd.api.clock.advance("10s")
    assert len(crowd.clients) == crowd.api.server.services.hubs.watchers == WATCHERS
    for client in crowd.clients:
        assert client.seen == crowd.due(client)
    everything = [(name, revision) for revision, name, _, _ in crowd.history]
    for client in crowd.clients:
        seen = [(name, revision) for _, name, revision in client.seen]
        assert seen == [each for each in everything if each in set(seen)]
    await crowd.close()


async def test_who_is_too_slow_is_ended_and_the_others_do_not_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "CAPACITY", 20)
    crowd = Crowd(2)
    await _play(crowd, [0.0] * 50 + [600.0] * 50)
    await crowd.api.clock.advance("1s")
    quick, slow = crowd.clients[:50], crowd.clients[50:]
    for client in quick:
        assert client.seen == crowd.due(client)
    await crowd.api.clock.advance("25m")
    ended = [client for client in slow if client.ended]
    assert len(ended) > 10
    for client in slow:
        due = crowd.due(client)
        assert client.seen == due[: len(client.seen)]
        assert client.ended is (len(client.seen) < len(due))
    for client in ended:
        assert len(client.seen) >= 20
    await crowd.close()
