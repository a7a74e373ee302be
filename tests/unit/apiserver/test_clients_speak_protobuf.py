from typing import Any

from steersman.api.codec import protobuf
from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, PODS, TABLE, Api

PB = protobuf.MEDIA_TYPE
ONLY = {"accept": PB}
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


async def send(api: Api, method: str, target: str, tree: Any = None, **headers: str) -> http.Response:
    body = None if tree is None else protobuf.encode_body(tree)
    answer = await api.send(method, target, body, type=PB, headers=headers)
    assert isinstance(answer, http.Response)
    return answer


def config_map(name: str) -> dict[str, Any]:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}, "data": {"k": "v"}}


async def test_an_object_is_created_scaled_and_deleted_by_a_client_that_sends_protobuf(api: Api) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    deployment = {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web"}, "spec": spec}
    accept = f"{PB},application/json"
    made = await send(api, "POST", DEPLOYMENTS, deployment, accept=accept)
    assert (made.status, made.content_type) == (201, "application/json")
    scale = {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "web"}, "spec": {"replicas": 3}}
    assert (await send(api, "PUT", f"{DEPLOYMENTS}/web/scale", scale)).status == 200
    assert (await api.get(f"{DEPLOYMENTS}/web"))["spec"]["replicas"] == 3
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "another"}}
    assert (await send(api, "DELETE", f"{DEPLOYMENTS}/web", options)).status == 409


async def test_protobuf_is_answered_to_those_who_take_nothing_else(api: Api) -> None:
    made = await send(api, "POST", CONFIG_MAPS, config_map("a"), **ONLY)
    assert (made.status, made.content_type) == (201, PB)
    got = protobuf.decode_body(made.body)
    assert (got["metadata"]["name"], got["data"]) == ("a", {"k": "v"})
    listed = protobuf.decode_body((await send(api, "GET", CONFIG_MAPS, **ONLY)).body)
    assert (listed["kind"], [item["metadata"]["name"] for item in listed["items"]]) == ("ConfigMapList", ["a"])
    missing = await send(api, "GET", f"{PODS}/none", **ONLY)
    assert (missing.status, protobuf.decode_body(missing.body)["reason"]) == (404, "NotFound")


async def test_bare_metadata_comes_as_protobuf_and_tables_do_not(api: Api) -> None:
    await api.config_map("a")
    accept = f"{PB};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    found = protobuf.decode_body((await send(api, "GET", CONFIG_MAPS, accept=accept)).body)
    assert (found["kind"], found["items"][0]["metadata"]["name"]) == ("PartialObjectMetadataList", "a")
    assert (await send(api, "GET", CONFIG_MAPS, accept=TABLE.replace("application/json", PB))).status == 406


async def test_a_watch_comes_in_frames_of_protobuf(api: Api) -> None:
    await api.config_map("a")
    answer = await api.send("GET", f"{CONFIG_MAPS}?watch=1", headers={"accept": f"{PB};stream=watch"})
    assert isinstance(answer, http.Stream)
    assert answer.content_type == f"{PB};stream=watch"
    piece = await anext(answer.frames)
    assert int.from_bytes(piece[:4], "big") == len(piece) - 4
    assert protobuf.decode_body(piece[piece.index(protobuf.PREFIX) :])["metadata"]["name"] == "a"
    await answer.aclose()
