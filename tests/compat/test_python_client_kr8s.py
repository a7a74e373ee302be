"""`kr8s`: a client with an object's verbs on the object, that waits and watches."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from compat import objects, packages

kr8s = packages.needed("kr8s")
kr8s_asyncio = packages.needed("kr8s.asyncio", "kr8s")
things = packages.needed("kr8s.asyncio.objects", "kr8s")

# It names the versions that it was tested with; ours is newer.
pytestmark = pytest.mark.filterwarnings("ignore:Kubernetes version v1.36.2 is not supported:UserWarning")


@pytest.fixture
async def api(kubeconfig: Path, name: str) -> AsyncIterator[Any]:
    client = await kr8s_asyncio.api(kubeconfig=str(kubeconfig), namespace="kr8s-" + name[:50])
    await things.Namespace(objects.namespace("kr8s-" + name[:50]), api=client).create()
    yield client
    if client._session is not None:
        await client._session.aclose()


async def test_versions_and_kinds(api: Any) -> None:
    assert (await api.version())["gitVersion"] == "v1.36.2"
    kinds = {resource["kind"] for resource in await api.api_resources()}
    assert {"Pod", "Deployment", "ClusterRole"} <= kinds
    assert (await api.whoami()) == "kubernetes-admin"


async def test_a_pod_is_made_awaited_and_removed(api: Any) -> None:
    pod = await things.Pod(objects.pod("p", {"a": "b"}), api=api)
    await pod.create()
    await pod.wait("condition=Ready", timeout=8)
    assert await pod.ready()
    assert [found.name async for found in api.get("pods", label_selector={"a": "b"})] == ["p"]
    await pod.label(colour="red")
    await pod.annotate({"note": "seen"})
    await pod.refresh()
    assert (pod.labels["colour"], pod.annotations["note"]) == ("red", "seen")
    done = await pod.exec(["echo", "hello"])
    assert done.stdout == b"hello\n"
    assert [line async for line in pod.logs()] == []
    await pod.delete(grace_period=0)
    await pod.wait("delete", timeout=8)
    assert not await pod.exists()


async def test_a_deployment_scales_and_lists_its_pods(api: Any) -> None:
    deployment = await things.Deployment(objects.deployment("d", 1), api=api)
    await deployment.create()
    await deployment.scale(2)
    await deployment.wait("condition=Available", timeout=8)
    assert deployment.replicas == 2
    assert {pod.labels["app"] for pod in await deployment.pods()} == {"d"}


async def test_patches(api: Any) -> None:
    config = await things.ConfigMap(objects.configmap("c", None, a="1"), api=api)
    await config.create()
    await config.patch({"data": {"b": "2"}})
    assert config.data == {"a": "1", "b": "2"}
    await config.patch([{"op": "remove", "path": "/data/a"}], type="json")
    assert config.data == {"b": "2"}


async def test_watching(api: Any) -> None:
    await (await things.ConfigMap(objects.configmap("c", {"mine": "yes"}, a="1"), api=api)).create()
    seen = []
    async for kind, found in api.watch("configmaps", label_selector="mine=yes"):
        seen.append((kind, found.data["a"]))
        if len(seen) == 1:
            await found.patch({"data": {"a": "2"}})
        elif len(seen) == 2:
            await found.delete()
        else:
            break
    assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]


async def test_refusals(api: Any) -> None:
    with pytest.raises(kr8s.NotFoundError):
        await things.Pod.get("nope", namespace=api.namespace, api=api)
    config = await things.ConfigMap(objects.configmap("c"), api=api)
    await config.create()
    with pytest.raises(kr8s.ServerError) as caught:
        await (await things.ConfigMap(objects.configmap("c"), api=api)).create()
    assert caught.value.status["reason"] == "AlreadyExists"
