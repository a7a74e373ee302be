import base64
import json

import pytest

from unit.apiserver.serving import CONFIG_MAPS, TABLE, Api


@pytest.fixture
async def seven(api: Api) -> Api:
    for number in range(7):
        await api.config_map(f"c{number}", labels={"n": str(number), "odd": str(number % 2)})
    return api


def _names(body: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


async def test_a_list_names_its_kind_and_its_items_do_not(seven: Api) -> None:
    body = await seven.get(CONFIG_MAPS)
    assert (body["kind"], body["apiVersion"]) == ("ConfigMapList", "v1")
    assert body["metadata"] == {"resourceVersion": str(seven.store.revision)}
    assert all("kind" not in item and "apiVersion" not in item for item in body["items"])
    assert _names(body) == [f"c{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("labelSelector=odd%3D1", ["c1", "c3", "c5"]),
        ("labelSelector=n%20in%20(1,2)", ["c1", "c2"]),
        ("fieldSelector=metadata.name%3Dc3", ["c3"]),
        ("fieldSelector=metadata.name%3Dnone", []),
        ("fieldSelector=metadata.namespace%3Delsewhere", []),
        ("fieldSelector=metadata.name!%3Dc3&labelSelector=odd%3D1", ["c1", "c5"]),
    ],
)
async def test_selectors_choose(seven: Api, query: str, names: list[str]) -> None:
    assert _names(await seven.get(f"{CONFIG_MAPS}?{query}")) == names


async def test_pages_show_the_moment_of_the_first(seven: Api) -> None:
    first = await seven.get(f"{CONFIG_MAPS}?limit=3")
    assert (_names(first), first["metadata"]["remainingItemCount"]) == (["c0", "c1", "c2"], 4)
    await seven.call("DELETE", f"{CONFIG_MAPS}/c4")
    await seven.config_map("c3a")
    second = await seven.get(f"{CONFIG_MAPS}?limit=3&continue={first['metadata']['continue']}")
    assert _names(second) == ["c3", "c4", "c5"]
    last = await seven.get(f"{CONFIG_MAPS}?limit=3&continue={second['metadata']['continue']}")
    assert _names(last) == ["c6"]
    assert "continue" not in last["metadata"]


async def test_pages_of_a_selection_are_full(seven: Api) -> None:
    first = await seven.get(f"{CONFIG_MAPS}?limit=2&labelSelector=odd%3D1")
    assert (_names(first), "remainingItemCount" in first["metadata"]) == (["c1", "c3"], False)
    rest = await seven.get(f"{CONFIG_MAPS}?limit=2&labelSelector=odd%3D1&continue={first['metadata']['continue']}")
    assert _names(rest) == ["c5"]


async def test_a_moment_that_is_compacted_offers_to_go_on_inconsistently(seven: Api) -> None:
    first = await seven.get(f"{CONFIG_MAPS}?limit=3")
    await seven.config_map("later")
    await seven.store.compact(seven.store.revision)
    code, body = await seven.call("GET", f"{CONFIG_MAPS}?limit=3&continue={first['metadata']['continue']}")
    assert (code, body["reason"]) == (410, "Expired")
    rest = await seven.get(f"{CONFIG_MAPS}?continue={body['metadata']['continue']}")
    assert _names(rest) == ["c3", "c4", "c5", "c6", "later"]


async def test_an_exact_revision_is_read_from_the_past(seven: Api) -> None:
    before = seven.store.revision
    await seven.config_map("later")
    body = await seven.get(f"{CONFIG_MAPS}?resourceVersion={before}&resourceVersionMatch=Exact")
    assert (len(body["items"]), body["metadata"]["resourceVersion"]) == (7, str(before))
    assert len((await seven.get(f"{CONFIG_MAPS}?resourceVersion={before}"))["items"]) == 8


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=abc", 400),
        ("labelSelector=a%20b%20c", 400),
        ("fieldSelector=data.k%3D1", 400),
        ("resourceVersion=abc", 400),
        ("continue=garbage", 400),
        ("resourceVersionMatch=Exact", 422),
        ("resourceVersion=0&resourceVersionMatch=Exact", 422),
        ("sendInitialEvents=true", 422),
        ("resourceVersion=99999999&resourceVersionMatch=Exact", 504),
    ],
)
async def test_options_that_make_no_sense_are_refused(seven: Api, query: str, code: int) -> None:
    assert (await seven.call("GET", f"{CONFIG_MAPS}?{query}"))[0] == code


async def test_a_token_with_a_path_out_of_the_collection_is_refused(seven: Api) -> None:
    token = {"v": "meta.k8s.io/v1", "rv": 5, "start": "../secrets/x"}
    text = base64.urlsafe_b64encode(json.dumps(token).encode()).decode()
    assert (await seven.call("GET", f"{CONFIG_MAPS}?continue={text}"))[0] == 400


async def test_a_large_list_comes_in_pieces(api: Api) -> None:
    for number in range(5):
        await api.config_map(f"c{number}", {"k": "x" * 30_000})
    answer = await api.send("GET", CONFIG_MAPS)
    assert 2 <= len(answer.chunks) <= 4  # type: ignore[union-attr]
    assert len(json.loads(answer.body)["items"]) == 5  # type: ignore[union-attr]


async def test_a_list_of_metadata(seven: Api) -> None:
    accept = TABLE.replace("Table", "PartialObjectMetadataList")
    _, body = await seven.call("GET", CONFIG_MAPS, headers={"accept": accept})
    assert (body["kind"], body["items"][0]["kind"]) == ("PartialObjectMetadataList", "PartialObjectMetadata")
