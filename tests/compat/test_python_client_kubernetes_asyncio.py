"""`kubernetes-asyncio`: calls, watching and exec in an event loop."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from compat import objects, packages

k8s = packages.needed("kubernetes_asyncio", "kubernetes-asyncio")
stream = packages.needed("kubernetes_asyncio.stream", "kubernetes-asyncio")
dynamic = packages.needed("kubernetes_asyncio.dynamic", "kubernetes-asyncio")
ApiException = packages.needed("kubernetes_asyncio.client.exceptions", "kubernetes-asyncio").ApiException


@pytest.fixture
async def api(kubeconfig: Path) -> AsyncIterator[Any]:
    configuration = k8s.client.Configuration()
    await k8s.config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
    async with k8s.client.ApiClient(configuration) as client:
        yield client


@pytest.fixture
def core(api: Any) -> Any:
    return k8s.client.CoreV1Api(api)


@pytest.fixture
async def namespace(core: Any, name: str) -> str:
    await core.create_namespace(objects.namespace("aio-" + name[:50]))
    return "aio-" + name[:50]


async def running(core: Any, pod: str, namespace: str) -> None:
    """Watch the pod until it runs."""
    async with k8s.watch.Watch() as watcher:
        only = {"field_selector": f"metadata.name={pod}", "timeout_seconds": 8}
        async for event in watcher.stream(core.list_namespaced_pod, namespace, **only):
            if event["object"].status.phase == "Running":
                return
    raise AssertionError(f"pod {pod} does not run")


async def test_objects_go_there_and_back(core: Any, namespace: str) -> None:
    await core.create_namespaced_pod(namespace, objects.pod("p", {"a": "b"}))
    await running(core, "p", namespace)
    assert (await core.read_namespaced_pod("p", namespace)).metadata.labels == {"a": "b"}
    assert [p.metadata.name for p in (await core.list_namespaced_pod(namespace, label_selector="a=b")).items] == ["p"]
    await core.delete_namespaced_pod("p", namespace, grace_period_seconds=0)
    with pytest.raises(ApiException) as caught:
        await core.read_namespaced_pod("p", namespace)
    assert caught.value.status == 404


async def test_a_watch_sees_each_change_of_a_writer_beside_it(core: Any, namespace: str) -> None:
    revision = (await core.list_namespaced_config_map(namespace)).metadata.resource_version
    seen: list[tuple[str, str]] = []

    async def follow() -> None:
        async with k8s.watch.Watch() as watcher:
            only = {"field_selector": "metadata.name=c", "resource_version": revision, "timeout_seconds": 8}
            async for event in watcher.stream(core.list_namespaced_config_map, namespace, **only):
                seen.append((event["type"], event["object"].data["n"]))
                if event["type"] == "DELETED":
                    return

    following = asyncio.create_task(follow())
    await core.create_namespaced_config_map(namespace, objects.configmap("c", None, n="0"))
    for number in range(1, 20):
        await core.patch_namespaced_config_map("c", namespace, {"data": {"n": str(number)}})
    await core.delete_namespaced_config_map("c", namespace)
    await following
    changes = [("MODIFIED", str(number)) for number in range(1, 20)]
    assert seen == [("ADDED", "0"), *changes, ("DELETED", "19")]


async def test_twenty_patches_at_once(core: Any, namespace: str) -> None:
    await core.create_namespaced_config_map(namespace, objects.configmap("c"))
    await asyncio.gather(
        *(core.patch_namespaced_config_map("c", namespace, {"data": {f"n{n}": "x"}}) for n in range(20))
    )
    assert len((await core.read_namespaced_config_map("c", namespace)).data) == 20


async def test_pages(core: Any, namespace: str) -> None:
    for number in range(5):
        await core.create_namespaced_config_map(namespace, objects.configmap(f"c{number}", {"mine": "yes"}))
    first = await core.list_namespaced_config_map(namespace, limit=3, label_selector="mine")
    rest = await core.list_namespaced_config_map(
        namespace, limit=3, label_selector="mine", _continue=first.metadata._continue
    )
    assert [item.metadata.name for item in first.items + rest.items] == [f"c{number}" for number in range(5)]


async def test_exec_over_a_web_socket(core: Any, namespace: str, kubeconfig: Path) -> None:
    await core.create_namespaced_pod(namespace, objects.pod("p"))
    await running(core, "p", namespace)
    configuration = k8s.client.Configuration()
    await k8s.config.load_kube_config(config_file=str(kubeconfig), client_configuration=configuration)
    async with stream.WsApiClient(configuration) as sockets:
        said = await k8s.client.CoreV1Api(sockets).connect_get_namespaced_pod_exec(
            "p", namespace, command=["echo", "hello"], stderr=True, stdin=False, stdout=True, tty=False
        )
    assert said == "hello\n"


async def test_the_dynamic_client_applies(api: Any, namespace: str) -> None:
    client = await dynamic.DynamicClient(api)
    configs = await client.resources.get(api_version="v1", kind="ConfigMap")
    made = await client.server_side_apply(
        configs, body=objects.configmap("c", None, a="1"), namespace=namespace, field_manager="me"
    )
    assert made.data.a == "1"


async def test_refusals_carry_the_status(core: Any, namespace: str) -> None:
    with pytest.raises(ApiException) as caught:
        await core.create_namespaced_config_map(namespace, objects.configmap("Not_A_Name"))
    assert caught.value.status == 422
    assert '"reason":"Invalid"' in caught.value.body
