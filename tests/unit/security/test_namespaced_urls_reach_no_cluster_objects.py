"""CVE-2019-11247: whoever had rights in one namespace could write cluster-scoped objects through its URLs."""

import asyncio
import json

import pytest

from steersman.api import resources
from steersman.kit import http
from unit.apiserver.serving import Api

BODY = {"metadata": {"name": "a"}, "spec": {}}
CLUSTER = [each for each in resources.BUILTIN.all() if not each.namespaced and each.plural != "namespaces"]


def below_a_namespace(kind: resources.Resource) -> str:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    return f"{root}/namespaces/default/{kind.plural}"


async def refused(api: Api, collection: str) -> None:
    merge = "application/merge-patch+json"
    for method, path, media in (
        ("GET", collection, ""), ("POST", collection, ""), ("DELETE", collection, ""), ("GET", f"{collection}/a", ""),
        ("PUT", f"{collection}/a", ""), ("PATCH", f"{collection}/a", merge), ("DELETE", f"{collection}/a", ""),
        ("PUT", f"{collection}/a/status", ""), ("GET", f"{collection}?watch=1", ""),
    ):  # fmt: skip
        body = BODY if method in ("POST", "PUT", "PATCH") else None
        answer = await api.send(method, path, body, type=media)
        assert isinstance(answer, http.Response)
        if answer.body == b"404 page not found\n":  # the router of custom resources
            continue
        told = (answer.status, json.loads(answer.body)["reason"])
        assert told in ((404, "NotFound"), (405, "MethodNotAllowed")), (method, path, told)


async def test_no_built_in_kind_of_the_cluster_is_reached(api: Api) -> None:
    for kind in CLUSTER:
        await refused(api, below_a_namespace(kind))


async def test_a_custom_kind_of_the_cluster_is_not_reached(api: Api) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    names = {"plural": "gadgets", "kind": "Gadget", "singular": "gadget", "listKind": "GadgetList"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    spec = {"group": "x.example.com", "scope": "Cluster", "names": names, "versions": [version]}
    crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await api.make(crds, {"metadata": {"name": "gadgets.x.example.com"}, "spec": spec})
    for _ in range(100):
        await asyncio.sleep(0)
    await api.make("/apis/x.example.com/v1/gadgets", {"apiVersion": "x.example.com/v1", "kind": "Gadget", **BODY})
    await refused(api, "/apis/x.example.com/v1/namespaces/default/gadgets")
    await api.get("/apis/x.example.com/v1/gadgets/a")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_namespaced_objects_are_not_written_without_a_namespace(api: Api, method: str) -> None:
    for path in ("/api/v1/configmaps", "/apis/apps/v1/deployments", "/api/v1/secrets"):
        code, _ = await api.call(method, path, BODY if method == "POST" else None)
        assert code in (404, 405)
