"""What a selector chooses from many objects is found, and put together, where nobody else has to wait for it."""

from typing import Any

import pytest

from steersman.apiserver.verbs import list as listing
from unit.apiserver.serving import CONFIG_MAPS, Api


@pytest.fixture
async def many(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Nine ConfigMaps, where more than four are many."""
    monkeypatch.setattr(listing, "MANY", 4)
    monkeypatch.setattr(listing, "MANY_SPLICED", 8)
    for number in range(9):
        await api.config_map(f"c{number}", labels={"odd": str(number % 2)})
    return api


def _names(body: Any) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]


async def test_the_answer_is_the_same(many: Api) -> None:
    aside = many.server.services.aside
    before = aside.done
    assert _names(await many.get(f"{CONFIG_MAPS}?labelSelector=odd%3D1")) == ["c1", "c3", "c5", "c7"]
    assert aside.done == before + 1
    assert len(_names(await many.get(CONFIG_MAPS))) == 9
    assert aside.done == before + 2
    assert _names(await many.get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Dc1")) == ["c1"]
    assert aside.done == before + 2, "one object by its name is looked up"


async def test_pages_are_the_same(many: Api) -> None:
    seen, token, pages = [], "", 0
    while True:
        body = await many.get(f"{CONFIG_MAPS}?labelSelector=odd%3D0&limit=2&continue={token}")
        seen += _names(body)
        pages += 1
        token = body["metadata"].get("continue", "")
        if not token:
            break
    assert (seen, pages) == (["c0", "c2", "c4", "c6", "c8"], 3)


async def test_a_page_that_ends_with_the_last_match_leads_on_only_where_there_is_more(many: Api) -> None:
    whole = await many.get(f"{CONFIG_MAPS}?labelSelector=odd%3D0&limit=5")
    assert len(whole["items"]) == 5
    assert "continue" not in whole["metadata"], "c8 is the last object of all"
    odd = await many.get(f"{CONFIG_MAPS}?labelSelector=odd%3D1&limit=4")
    assert len(odd["items"]) == 4
    assert odd["metadata"]["continue"], "c8 has not been looked at"
