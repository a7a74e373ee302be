"""The API server alone: what a read, a write, a list and a watch event cost."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from bench import measure, watches

BASE = "/api/v1/namespaces/default"


def config_map(name: str, value: str = "x", number: int = 0) -> dict[str, Any]:
    """0.9 KB as it is stored.  Two with different numbers differ, so that a write of one over the other is a write."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"app": "bench"}},
        "data": {"payload": value * 600, "number": str(number)},
    }


def pod(name: str, value: str = "value") -> dict[str, Any]:
    """With one value all pods have the same spec, as those of one Deployment do; with different ones none has."""
    env = [{"name": f"VARIABLE_{i}", "value": f"{value}-{i}"} for i in range(5)]
    container = {
        "name": "main",
        "image": "registry.example/app:1.2.3",
        "env": env,
        "ports": [{"containerPort": 8080, "name": "http"}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "bench"}},
        "spec": {"containers": [container]},
    }


class Api:
    """Requests that must succeed."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def __call__(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> bytes:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": kind} if data else {}
        async with self._session.request(method, self._url + path, data=data, headers=headers) as answer:
            found = await answer.read()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {found[:300]!r}")
            return found


async def rows(api: Api, server: measure.Served, pki: Path) -> AsyncIterator[measure.Row]:
    """One row after the other, each on what the ones before left."""
    await api("POST", f"{BASE}/serviceaccounts", {"metadata": {"name": "default"}})

    async def create_map(n: int) -> None:
        await api("POST", f"{BASE}/configmaps", config_map(f"c{n}"))

    async def create_pod(n: int) -> None:
        await api("POST", f"{BASE}/pods", pod(f"p{n}"))

    async def create_other_pod(n: int) -> None:
        await api("POST", "/api/v1/namespaces/apart/pods", pod(f"p{n}", f"value-{n}"))

    async def get_pod(n: int) -> None:
        await api("GET", f"{BASE}/pods/p{n % 2000}")

    async def get_map(n: int) -> None:
        await api("GET", f"{BASE}/configmaps/c{n % 2000}")

    async def patch_map(n: int) -> None:
        body = {"data": {"k": str(n)}}
        await api("PATCH", f"{BASE}/configmaps/c{n % 2000}", body, "application/merge-patch+json")

    async def apply_map(n: int) -> None:
        path = f"{BASE}/configmaps/c{n % 2000}?fieldManager=bench&force=true"
        await api("PATCH", path, config_map(f"c{n % 2000}", "z"), "application/apply-patch+yaml")

    async def list_pods(n: int) -> None:
        await api("GET", f"{BASE}/pods")

    async def delete_pod(n: int) -> None:
        await api("DELETE", f"{BASE}/pods/p{n}?gracePeriodSeconds=0")

    yield await measure.load("create a ConfigMap, 16 clients", server, create_map, clients=16, count=2000, must=5)
    yield await measure.load("create a pod, 16 clients", server, create_pod, clients=16, count=2000, must=7)
    await api("POST", "/api/v1/namespaces", {"metadata": {"name": "apart"}})
    await api("POST", "/api/v1/namespaces/apart/serviceaccounts", {"metadata": {"name": "default"}})
    yield await measure.load("create pods that all differ", server, create_other_pod, clients=16, count=2000)
    yield await measure.load("GET a pod, 16 clients", server, get_pod, clients=16, count=4000, must=2)
    yield await measure.load("GET a ConfigMap, 16 clients", server, get_map, clients=16, count=4000, must=2)
    yield await measure.load("merge-patch a ConfigMap", server, patch_map, clients=16, count=2000, must=6)
    yield await measure.load("apply a ConfigMap", server, apply_map, clients=16, count=2000, must=9)
    yield await measure.load("LIST 2,000 pods", server, list_pods, clients=2, count=30, must=130)

    async def replace_map(n: int) -> None:
        await api("PUT", f"{BASE}/configmaps/c{n % 50}", config_map(f"c{n % 50}", number=n))

    async def version() -> str:
        return watches.revision(await api("GET", f"{BASE}/configmaps?limit=1"))

    # The rates are those of the baselines: what kube-apiserver was given to do.
    for watchers, writes, rate, must in ((100, 1600, 788, 0.08), (1000, 375, 125, 0.06)):
        yield await watches.row(
            replace_map, server, pki, f"{BASE}/configmaps", version,
            watchers=watchers, writes=writes, rate=rate, must=must,
        )  # fmt: skip
    yield await measure.load("delete a pod", server, delete_pod, clients=16, count=2000, must=7)


async def run(data: Path, server: measure.Served) -> AsyncIterator[measure.Row]:
    """All rows against a server whose files are in `data`."""
    async with measure.session(data / "pki") as session:
        async for row in rows(Api(session, server.url), server, data / "pki"):
            yield row
