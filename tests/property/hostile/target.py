"""An API server that is shot at: in process, its store in memory, its clock standing still.

`shoot` sends one request and holds the answer to the one promise: whatever comes, a client that sent nonsense gets
a 4xx with a Status, and never an exception of ours.  A 500 is ours alone where the reference answers 500 in words of
its own (`REFERENCE`); those are known, and recorded.
"""

import asyncio
import json
import logging
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from steersman.apiserver.config import Config
from steersman.apiserver.server import SELF, ApiServer
from steersman.apiserver.verbs import moments
from steersman.kit import http
from steersman.kit.entropy import SeededEntropy
from steersman.kit.virtual import VirtualClock
from steersman.store.memory import MemoryStore

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
REFERENCE = (
    "resourceVersion should not be set on objects to be created",
    "failed to convert new object",
    "failed to create typed patch object",
    "unknown patch type",
    "expected a ",
    "does not contain declared merge key",
    "list element types are not identical",
    "cannot merge lists without merge key",
    "merging lists cannot yet be specified",
    "The order in patch list",
    "without impersonating a user",
)
"""What kube-apiserver itself answers with code 500, though the client is at fault."""
UNREACHABLE = "has no way to"
"""503: nobody stands behind a proxied path here."""
TOO_FAR = "Too large resource version"
"""504: a revision of the future."""


class Broken(AssertionError):
    """A promise that was not kept."""


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)


class Target:
    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.clock = VirtualClock()
        self.store = MemoryStore()
        self.server = ApiServer.build(store=self.store, clock=self.clock, entropy=SeededEntropy(7), config=Config())
        self._logged: list[logging.LogRecord] = []
        self._handler = _Kept(self._logged)
        logging.getLogger("steersman.apiserver").addHandler(self._handler)
        self.run(self._begin())

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    async def _begin(self) -> None:
        await self.server.start()
        for path, tree in OBJECTS:
            answer = await self.send("POST", path, tree)
            assert isinstance(answer, http.Response)
            assert answer.status == 201, (path, answer.body)
        await asyncio.gather(*(self.clock.sleep(0) for _ in range(3)))

    def close(self) -> None:
        logging.getLogger("steersman.apiserver").removeHandler(self._handler)
        self.run(self.server.close())
        self._runner.close()

    async def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        type: str = "application/json",
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        user: http.User | None = SELF,
    ) -> http.Answer:
        path, _, text = target.partition("?")
        pairs = [*urllib.parse.parse_qsl(text, keep_blank_values=True), *query]
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return await self.server.handle(
            http.Request(method, path, pairs, {"content-type": type, **(headers or {})}, data, user=user)
        )

    def shoot(self, method: str, target: str, body: Any = None, **how: Any) -> tuple[int, Any]:
        """Send, and check.  Returns code and body, decoded where it is JSON."""
        code, content, media = self.answered(method, target, body, **how)
        return code, json.loads(content) if content and media.startswith("application/json") else None

    def answered(self, method: str, target: str, body: Any = None, **how: Any) -> tuple[int, bytes, str]:
        """The same with the answer as it came: code, body and content type."""
        self._logged.clear()
        code, media, content = self.run(self._shot(method, target, body, how))
        if self._logged:
            record = self._logged[0]
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            raise Broken(f"the server logged {record.getMessage()!r} with {code}\n{trace}")
        tree = None
        if content and media.startswith("application/json"):
            tree = json.loads(content)
        if code >= 500:
            told = str(tree.get("message")) if isinstance(tree, dict) else content.decode("utf-8", "replace")
            expected = (UNREACHABLE,) if code == 503 else (TOO_FAR,) if code == 504 else REFERENCE
            if not any(words in told for words in expected):
                raise Broken(f"{code}: {told[:600]}")
        if code >= 400:
            _refusal(code, media, content, tree)
        return code, content, media

    async def _shot(self, method: str, target: str, body: Any, how: Mapping[str, Any]) -> tuple[int, str, bytes]:
        async with asyncio.timeout(5):
            asked = asyncio.create_task(self.send(method, target, body, **how))
            for _ in range(20):
                await asyncio.sleep(0)
            if not asked.done():
                await self.clock.advance(moments.PATIENCE)  # perhaps it waits for a revision that does not come
            answer = await asked
        if isinstance(answer, http.Response):
            return answer.status, answer.content_type, answer.body
        if isinstance(answer, http.Stream):
            await answer.aclose()
            return answer.status, answer.content_type, b""
        return 101, "", b""

    def alive(self) -> None:
        code, _ = self.shoot("GET", "/readyz")
        assert code == 200


def _refusal(code: int, media: str, content: bytes, tree: Any) -> None:
    if media.startswith("text/plain"):
        assert (code, content) in ((404, b"404 page not found\n"), (400, b"400 Bad Request")), content[:200]
        return
    if media.startswith("application/json"):
        assert isinstance(tree, dict), content[:200]
        assert tree.get("kind") == "Status", content[:200]
        assert tree.get("code") == code, content[:200]
        return
    assert b"Status" in content, content[:200]


GIZMOS = "/apis/x.example.com/v1/namespaces/default/gizmos"
_GIZMO_SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [{"rule": "!has(self.size) || self.size < 1000", "message": "too large"}],
            "properties": {
                "size": {"type": "integer", "minimum": 1},
                "colour": {"type": "string", "enum": ["red", "green"], "default": "red"},
                "pat": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
                "port": {"x-kubernetes-int-or-string": True},
                "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                "replicas": {"type": "integer"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "items": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {"name": {"type": "string"}, "v": {"type": "number"}},
                    },
                },
            },
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
_NAMES = {"plural": "gizmos", "singular": "gizmo", "kind": "Gizmo", "listKind": "GizmoList"}
CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "gizmos.x.example.com"},
    "spec": {
        "group": "x.example.com",
        "scope": "Namespaced",
        "names": _NAMES,
        "versions": [
            {
                "name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": _GIZMO_SCHEMA},
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"},
                },
            }
        ],
    },
}  # fmt: skip
_CONTAINERS = [
    {
        "name": "c", "image": "busybox:1", "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}],
        "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
        "livenessProbe": {"httpGet": {"path": "/", "port": 80}},
        "securityContext": {"capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "v", "mountPath": "/v"}],
    }
]  # fmt: skip
POD_SPEC: dict[str, Any] = {
    "containers": _CONTAINERS, "volumes": [{"name": "v", "emptyDir": {}}], "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}],
}  # fmt: skip
_TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": POD_SPEC}
N = "/namespaces/default"
OBJECTS: list[tuple[str, dict[str, Any]]] = [
    (f"/api/v1{N}/serviceaccounts", {"metadata": {"name": "default"}}),
    (f"/api/v1{N}/configmaps", {"metadata": {"name": "a", "labels": {"a": "b"}}, "data": {"k": "v"}}),
    (f"/api/v1{N}/secrets", {"metadata": {"name": "a"}, "data": {"k": "dg=="}, "type": "Opaque"}),
    (f"/api/v1{N}/pods", {"metadata": {"name": "a", "labels": {"app": "web"}}, "spec": POD_SPEC}),
    (f"/api/v1{N}/services", {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}}),
    (f"/api/v1{N}/persistentvolumeclaims", {"metadata": {"name": "a"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}),
    (f"/api/v1{N}/resourcequotas", {"metadata": {"name": "a"}, "spec": {"hard": {"secrets": "1000000"}}}),
    (f"/api/v1{N}/limitranges", {"metadata": {"name": "a"}, "spec": {"limits": [
        {"type": "Container", "default": {"cpu": "1"}}]}}),
    ("/api/v1/nodes", {"metadata": {"name": "a"}, "spec": {"podCIDR": "10.0.0.0/24"}}),
    ("/api/v1/namespaces", {"metadata": {"name": "a"}}),
    ("/api/v1/persistentvolumes", {"metadata": {"name": "a"}, "spec": {
        "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}}),
    (f"/apis/apps/v1{N}/deployments", {"metadata": {"name": "a"}, "spec": {
        "replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": _TEMPLATE}}),
    (f"/apis/apps/v1{N}/statefulsets", {"metadata": {"name": "a"}, "spec": {
        "serviceName": "a", "selector": {"matchLabels": {"app": "web"}}, "template": _TEMPLATE,
        "volumeClaimTemplates": [{"metadata": {"name": "v"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}}),
    (f"/apis/apps/v1{N}/daemonsets", {"metadata": {"name": "a"}, "spec": {
        "selector": {"matchLabels": {"app": "web"}}, "template": _TEMPLATE}}),
    (f"/apis/batch/v1{N}/jobs", {"metadata": {"name": "a"}, "spec": {"template": {
        "spec": {**POD_SPEC, "restartPolicy": "Never"}}}}),
    (f"/apis/batch/v1{N}/cronjobs", {"metadata": {"name": "a"}, "spec": {"schedule": "* * * * *", "jobTemplate": {
        "spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}}}}),
    (f"/apis/autoscaling/v2{N}/horizontalpodautoscalers", {"metadata": {"name": "a"}, "spec": {
        "maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment", "name": "a", "apiVersion": "apps/v1"},
        "metrics": [{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}}),
    (f"/apis/policy/v1{N}/poddisruptionbudgets", {"metadata": {"name": "a"}, "spec": {
        "minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}),
    (f"/apis/networking.k8s.io/v1{N}/networkpolicies", {"metadata": {"name": "a"}, "spec": {
        "podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{"ports": [{"port": 80}], "from": [
            {"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}}),
    (f"/apis/networking.k8s.io/v1{N}/ingresses", {"metadata": {"name": "a"}, "spec": {"rules": [
        {"host": "x.y", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {
            "service": {"name": "a", "port": {"number": 80}}}}]}}]}}),
    (f"/apis/rbac.authorization.k8s.io/v1{N}/roles", {"metadata": {"name": "a"}, "rules": [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
    (f"/apis/rbac.authorization.k8s.io/v1{N}/rolebindings", {"metadata": {"name": "a"}, "roleRef": {
        "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
        "subjects": [{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}]}),
    (f"/apis/discovery.k8s.io/v1{N}/endpointslices", {"metadata": {"name": "a"}, "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 80}]}),
    (f"/apis/coordination.k8s.io/v1{N}/leases", {"metadata": {"name": "a"}, "spec": {
        "holderIdentity": "x", "leaseDurationSeconds": 3}}),
    ("/apis/storage.k8s.io/v1/storageclasses", {"metadata": {"name": "a"}, "provisioner": "x.y/z"}),
    ("/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": "a"}, "value": 3}),
    ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD),
    ("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", {"metadata": {"name": "a"}, "webhooks": [{
        "name": "a.x.y", "clientConfig": {"url": "https://127.0.0.1:1/x"}, "sideEffects": "None",
        "admissionReviewVersions": ["v1"], "matchConditions": [{"name": "c", "expression": "object.kind == 'x'"}],
        "rules": [{"apiGroups": ["n.o"], "apiVersions": ["v1"], "resources": ["x"], "operations": ["CREATE"]}]}]}),
    ("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", {"metadata": {"name": "a"}, "spec": {
        "matchConstraints": {"resourceRules": [{
            "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}]},
        "variables": [{"name": "v", "expression": "object.metadata.name"}],
        "validations": [{"expression": "variables.v != 'forbidden'", "messageExpression": "'no ' + variables.v"}]}}),
]  # fmt: skip
"""One valid object of each of the kinds that are shot at, each named `a`."""


def kinds() -> Iterator[tuple[str, dict[str, Any]]]:
    """Collections and a valid object of each."""
    yield from OBJECTS
