"""`lightkube`: typed models, server-side apply and watching, over httpx."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kube
from compat import objects, packages

lightkube = packages.needed("lightkube")
apps_v1 = packages.needed("lightkube.resources.apps_v1", "lightkube")
core_v1 = packages.needed("lightkube.resources.core_v1", "lightkube")
meta_v1 = packages.needed("lightkube.models.meta_v1", "lightkube")
operators = packages.needed("lightkube.operators", "lightkube")
types = packages.needed("lightkube.types", "lightkube")
ApiError = packages.needed("lightkube.core.exceptions", "lightkube").ApiError


@pytest.fixture
def client(kubeconfig: Path, name: str) -> Iterator[Any]:
    config = lightkube.KubeConfig.from_file(str(kubeconfig))
    found = lightkube.Client(config=config, namespace="lk-" + name[:50], field_manager="lightkube")
    found.create(core_v1.Namespace.from_dict(objects.namespace("lk-" + name[:50])))
    yield found
    found._client._client.close()


def configmap(name: str, **data: str) -> Any:
    return core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name=name, labels={"mine": "yes"}), data=data)


def test_create_get_replace_delete(client: Any) -> None:
    made = client.create(configmap("c", a="1"))
    made.data["a"] = "2"
    assert client.replace(made).data == {"a": "2"}
    with pytest.raises(ApiError) as caught:
        client.replace(made)
    assert (caught.value.status.code, caught.value.status.reason) == (409, "Conflict")
    client.delete(core_v1.ConfigMap, "c")
    with pytest.raises(ApiError) as caught:
        client.get(core_v1.ConfigMap, "c")
    assert caught.value.status.reason == "NotFound"


def test_lists_in_pages_and_by_selectors(client: Any) -> None:
    for number in range(5):
        client.create(configmap(f"c{number}", n=str(number)))
    found = client.list(core_v1.ConfigMap, labels={"mine": operators.in_(["yes"])}, chunk_size=2)
    assert [item.metadata.name for item in found] == [f"c{number}" for number in range(5)]
    client.deletecollection(core_v1.ConfigMap)


def test_patches_of_every_type(client: Any) -> None:
    client.create(configmap("c", a="1"))
    kind = types.PatchType
    client.patch(core_v1.ConfigMap, "c", {"data": {"b": "2"}}, patch_type=kind.STRATEGIC)
    client.patch(core_v1.ConfigMap, "c", {"data": {"a": None}}, patch_type=kind.MERGE)
    steps = [{"op": "add", "path": "/data/c", "value": "3"}]
    assert client.patch(core_v1.ConfigMap, "c", steps, patch_type=kind.JSON).data == {"b": "2", "c": "3"}


def test_apply_on_the_server(client: Any) -> None:
    client.apply(configmap("c", a="1"))
    with pytest.raises(ApiError) as caught:
        client.apply(configmap("c", a="2"), field_manager="other")
    assert caught.value.status.code == 409
    assert client.apply(configmap("c", a="2"), field_manager="other", force=True).data == {"a": "2"}


def test_a_deployment_becomes_available(client: Any) -> None:
    client.create(apps_v1.Deployment.from_dict(objects.deployment("d", 2)))
    assert client.get(apps_v1.Deployment.Scale, "d").spec.replicas == 2
    client.patch(apps_v1.Deployment.Scale, "d", {"spec": {"replicas": 3}}, patch_type=types.PatchType.MERGE)
    kube.eventually(lambda: client.get(apps_v1.Deployment, "d").status.readyReplicas == 3, "three ready", 8)
    pods = list(client.list(core_v1.Pod, labels={"app": "d"}))
    assert list(client.log(pods[0].metadata.name)) == []


def test_watching_from_a_revision(client: Any) -> None:
    made = client.create(configmap("c", a="1"))
    client.patch(core_v1.ConfigMap, "c", {"data": {"a": "2"}})
    client.delete(core_v1.ConfigMap, "c")
    seen = []
    for kind, found in client.watch(
        core_v1.ConfigMap, resource_version=made.metadata.resourceVersion, server_timeout=5
    ):
        seen.append((kind, found.data["a"]))
        if kind == "DELETED":
            break
    assert seen == [("MODIFIED", "2"), ("DELETED", "2")]
