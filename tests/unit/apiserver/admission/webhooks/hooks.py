"""A webhook on loopback, with a certificate of its own authority, and an API server that reaches it."""

import base64
import functools
import json
import pathlib
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from steersman.apiserver.config import Config
from steersman.apiserver.server import ApiServer
from steersman.cluster import dialing
from steersman.kit import http, pki, serve
from steersman.kit.clock import RealClock
from steersman.kit.entropy import SeededEntropy
from unit.apiserver.serving import Api

MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
ALL = {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}
CONFIG_MAPS = {"operations": ["*"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}

Answer = Callable[[Any], Any]
"""From a request (or a whole review) to an answer: a Mapping is a response, an `http` answer goes out as it is."""


@functools.cache
def authority() -> tuple[pki.Pair, pki.Pair]:
    """An authority and a server of it; made once for all tests."""
    clock, entropy = RealClock(), SeededEntropy(3)
    root = pki.authority("hooks", now=clock.now(), entropy=entropy)
    names = ["127.0.0.1", "localhost", "hook.default.svc"]
    return root, pki.server(root, "hook", names, now=clock.now(), entropy=entropy)


@functools.cache
def context() -> Any:
    _, pair = authority()
    with tempfile.TemporaryDirectory() as folder:
        pki.write(pathlib.Path(folder), "hook", pair)
        return serve.server_context(f"{folder}/hook.crt", f"{folder}/hook.key")


class Hook:
    """A server that remembers what it was asked.  `answers` is by path: what to say to a review's request."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.raw: dict[str, Callable[[http.Request], Awaitable[http.Answer]]] = {}
        self.asked: list[http.Request] = []
        self.port = 0
        self._server = serve.Server(self._handle)

    async def start(self) -> None:
        listening = serve.listen("127.0.0.1", 0)
        self.port = listening.getsockname()[1]
        await self._server.start([listening], context())

    async def close(self) -> None:
        await self._server.close(0.1)

    @property
    def reviews(self) -> list[Any]:
        return [json.loads(request.body)["request"] for request in self.asked]

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    async def _handle(self, request: http.Request) -> http.Answer:
        self.asked.append(request)
        if request.path in self.raw:
            return await self.raw[request.path](request)
        review = json.loads(request.body)
        said = self.answers[request.path](review["request"])
        if not isinstance(said, Mapping):
            answer: http.Answer = said
            return answer
        body = {"kind": review["kind"], "apiVersion": review["apiVersion"]}
        body["response"] = {"uid": review["request"]["uid"], **said}
        return http.Response(chunks=(json.dumps(body).encode(),))

    # configurations

    def client(self, path: str) -> dict[str, Any]:
        ca = base64.b64encode(authority()[0].certificate).decode()
        return {"url": f"https://127.0.0.1:{self.port}{path}", "caBundle": ca}

    def configuration(self, name: str, *webhooks: Mapping[str, Any]) -> dict[str, Any]:
        return {"metadata": {"name": name}, "webhooks": [dict(each) for each in webhooks]}

    def webhook(self, path: str, *rules: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "name": more.pop("name", f"{path.strip('/')}.example.com"), "clientConfig": self.client(path),
            "rules": list(rules or (CONFIG_MAPS,)), "sideEffects": "None", "admissionReviewVersions": ["v1"], **more,
        }  # fmt: skip


class HookedApi(Api):
    def __init__(self, hook: Hook) -> None:
        super().__init__()
        self.hook = hook
        entropy = SeededEntropy(7)
        self.server = ApiServer.build(
            store=self.store, clock=self.clock, entropy=entropy, config=Config(),
            dialer=dialing.Dialing(self.store, RealClock(), entropy),
        )  # fmt: skip

    async def mutates(self, path: str, answer: Answer, *rules: Mapping[str, Any], **more: Any) -> None:
        """Set up a mutating webhook of its own configuration."""
        self.hook.answers[path] = answer
        made = self.hook.webhook(path, *rules, **more)
        await self.make(MUTATING, self.hook.configuration(path.strip("/"), made))

    async def validates(self, path: str, answer: Answer, *rules: Mapping[str, Any], **more: Any) -> None:
        self.hook.answers[path] = answer
        made = self.hook.webhook(path, *rules, **more)
        await self.make(VALIDATING, self.hook.configuration(path.strip("/"), made))


def allow(request: Any) -> Any:
    return {"allowed": True}


def deny(message: str, **status: Any) -> Answer:
    return lambda request: {"allowed": False, "status": {"message": message, **status}}


def patch(*operations: Mapping[str, Any]) -> Answer:
    return lambda request: patched(operations)


def patched(operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    encoded = base64.b64encode(json.dumps(list(operations)).encode()).decode()
    return {"allowed": True, "patchType": "JSONPatch", "patch": encoded}


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}
