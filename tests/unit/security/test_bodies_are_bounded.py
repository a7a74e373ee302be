"""What a body may cost: counted in values, operations and copies, not in seconds (`bench/hostile.py` has those)."""

import json
from typing import Any

import pytest

from steersman.api import codec
from steersman.api.codec import sizes
from steersman.api.codec.protobuf import wire
from steersman.apiserver.config import Config
from unit.apiserver.serving import CONFIG_MAPS, JSON_PATCH, PODS, Api

YAML = "application/yaml"
TOO_LARGE = "Request entity too large: "


def laughs(line: str, again: str) -> bytes:
    """Each line holds the one before nine times."""
    lines = [line]
    lines += [again.format(letter, ", ".join([f"*{chr(ord(letter) - 1)}"] * 9)) for letter in "bcdefghijklmnop"]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "body",
    [
        laughs("a: &a [x, x, x, x, x, x, x, x, x]", "{0}: &{0} [{1}]"),  # CVE-2019-11253
        laughs("a: &a {x: 1}", "{0}: &{0} {{<<: [{1}]}}"),
        b"a: &a [*a]",
    ],
)
async def test_aliases_in_yaml_do_not_multiply(api: Api, body: bytes) -> None:
    code, told = await api.call("POST", CONFIG_MAPS, body, type=YAML)
    assert code == 400
    assert "yaml: " in told["message"]


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b"[" + b"[]," * 70_000 + b"[]]", "application/json"),
        (b'{"metadata":{"name":"a"},"data":{' + b'"k":"",' * 70_000 + b'"k":""}}', "application/json"),
        (b"- a\n" * 140_000, YAML),
        (b"[" + b"{}," * 70_000 + b"{}]", JSON_PATCH),
        (b'{"data":{' + b'"k":null,' * 70_000 + b'"k":null}}', "application/merge-patch+json"),
        (b'{"data":{' + b'"k":"",' * 70_000 + b'"k":""}}', "application/apply-patch+yaml"),
    ],
)
async def test_a_body_may_hold_so_many_values(api: Api, body: bytes, type: str) -> None:
    await api.config_map("a")
    method, path = ("PATCH", f"{CONFIG_MAPS}/a?fieldManager=m") if "patch" in type else ("POST", CONFIG_MAPS)
    code, told = await api.call(method, path, body, type=type)
    assert (code, told["reason"]) == (413, "RequestEntityTooLarge")
    assert told["message"] == f"{TOO_LARGE}a body may hold {sizes.MAX_VALUES} values"


@pytest.mark.parametrize("type", ["application/json", YAML])
@pytest.mark.parametrize("body", [b"[" * 70_000, b'{"a":' * 70_000 + b"1" + b"}" * 70_000])
async def test_a_body_that_nests_without_end_is_refused_for_that(api: Api, body: bytes, type: str) -> None:
    code, told = await api.call("POST", CONFIG_MAPS, body, type=type)
    assert (code, told["reason"]) == (400, "BadRequest")
    assert "exceeded max depth" in told["message"]


async def test_protobuf_holds_no_more(api: Api) -> None:
    subset = b"\x12\x02" + b"\x0a\x00"  # `subsets` of an Endpoints, each with one address that says nothing
    message = (
        b"k8s\0" + wire.field(1, wire.field(1, b"v1") + wire.field(2, b"Endpoints")) + wire.field(2, subset * 70_000)
    )
    path = "/api/v1/namespaces/default/endpoints"
    code, told = await api.call("POST", path, message, type="application/vnd.kubernetes.protobuf")
    assert (code, told["reason"]) == (413, "RequestEntityTooLarge")


async def test_a_text_full_of_commas_is_one_value(api: Api) -> None:
    await api.config_map("a", {"table.csv": 'a,"b",[{' * 100_000})
    await api.config_map("b", {"quoted": '"\\,' * 100_000})


def test_counting_ends_where_a_text_does_not() -> None:
    with pytest.raises(codec.DecodeError, match="unexpected end of JSON input"):
        codec.decode_json(b'"' + b"a," * 100_000)


async def test_a_json_patch_has_ten_thousand_operations_at_most(api: Api) -> None:
    """CVE-2019-1002100."""
    await api.config_map("a")
    operations = [{"op": "add", "path": "/data", "value": {}}] * 10_000
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a", operations, type=JSON_PATCH)
    assert code == 200
    code, told = await api.call("PATCH", f"{CONFIG_MAPS}/a", [*operations, operations[0]], type=JSON_PATCH)
    assert code == 413
    assert told["message"] == f"{TOO_LARGE}The allowed maximum operations in a JSON patch is 10000, got 10001"


async def test_copies_in_a_json_patch_do_not_double_the_object_again_and_again(api: Api) -> None:
    await api.config_map("a", {"big": "x" * 10_000})
    operations = [{"op": "copy", "from": "/data", "path": f"/data/{number}"} for number in range(40)]
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a", operations, type=JSON_PATCH)
    assert code == 422


async def test_an_object_does_not_grow_without_end_patch_by_patch() -> None:
    api = Api(Config(body_limit=20_000))
    await api.server.start()
    await api.config_map("a")
    codes = []
    for number in range(10):
        body = {"metadata": {"finalizers": [f"x/{number}-{each}" for each in range(400)]}}
        code, told = await api.call("PATCH", f"{CONFIG_MAPS}/a", body, type="application/strategic-merge-patch+json")
        codes.append(code)
    assert (codes[0], codes[-1]) == (200, 413)
    assert told["message"] == f"{TOO_LARGE}limit is 20000"
    await api.server.close()


async def test_a_pod_has_no_thousands_of_containers(api: Api) -> None:
    spec = {"containers": [{"name": f"c{number}", "image": "i"} for number in range(1001)]}
    code, told = await api.call("POST", PODS, {"metadata": {"name": "p"}, "spec": spec})
    assert code == 400
    assert told["message"].endswith("spec.containers: a pod may have 1000 containers, not 1001")


@pytest.mark.parametrize(
    "query",
    [
        "labelSelector=" + "a%3Db," * 1001,
        "fieldSelector=" + "metadata.name!%3Da," * 1001,
        "fieldSelector=" + "a" * 70_000,
        "continue=" + "A" * 5000,
    ],
)
async def test_selectors_and_tokens_are_bounded(api: Api, query: str) -> None:
    code, told = await api.call("GET", f"{CONFIG_MAPS}?{query}")
    assert code == 400
    assert len(told["message"]) < 500


async def test_a_selector_may_have_many_values(api: Api) -> None:
    await api.config_map("a", labels={"n": "v7000"})
    values = ",".join(f"v{number}" for number in range(10_000))
    for operator, found in (("in", ["a"]), ("notin", [])):
        listed = await api.get(f"{CONFIG_MAPS}?labelSelector=n {operator} ({values})")
        names = [item["metadata"]["name"] for item in listed["items"] if item["metadata"].get("labels")]
        assert names == found


async def test_what_is_large_is_read_beside_the_loop(api: Api) -> None:
    aside = api.server.services.aside
    assert aside.done == 0
    await api.config_map("small", {"k": "v" * 1000})
    assert aside.done == 0
    await api.config_map("large", {"k": "v" * 100_000})
    on_create, aside.done = aside.done, 0
    assert on_create >= 4  # reading, owning, checking, packing
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/large", {"data": {"l": "v"}}, type="application/merge-patch+json")
    assert code == 200
    assert aside.done >= 4, "a small patch of a large object is large, too"
    aside.done = 0
    await api.send("GET", CONFIG_MAPS, headers={"accept": "application/yaml"})
    assert aside.done == 1


async def test_counters_and_caches_do_not_grow_with_what_clients_make_up(api: Api) -> None:
    for number in range(300):
        await api.send("GET", f"/made/up/{number}")
        await api.send(f"M{number}", "/api/v1/namespaces")
        await api.send("GET", f"/apis/g{number}/v1/things")
        await api.send("GET", f"/api/v1/things{number}")
    assert len(api.server.requests) < 50
    _, text = await _text(api, "/metrics")
    assert "things7" not in text
    assert "made/up" not in text


async def _text(api: Api, path: str) -> tuple[int, str]:
    answer: Any = await api.send("GET", path)
    return answer.status, answer.body.decode()


async def test_deep_objects_are_refused_and_the_server_lives(api: Api) -> None:
    for depth in (500, 5_000, 60_000):
        body = b'{"a":' * depth + b"1" + b"}" * depth
        code, told = await api.call("POST", CONFIG_MAPS, body)
        assert code in (400, 422), told
        code, told = await api.call("PATCH", f"{CONFIG_MAPS}/none", body, type="application/merge-patch+json")
        assert code in (400, 404)
    assert json.loads((await api.server.handle(_get("/version"))).body)["minor"] == "36"  # type: ignore[union-attr]


def _get(path: str) -> Any:
    from steersman.kit import http

    return http.Request("GET", path)
