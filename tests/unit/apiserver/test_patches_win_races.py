"""What happens when somebody else writes between the reading and the writing of a change."""

from typing import Any

import pytest

from steersman.api import schema
from steersman.apiserver.server import ApiServer
from steersman.kit.entropy import SeededEntropy
from steersman.store.memory import MemoryStore
from steersman.store.protocol import Author, Entry
from unit.apiserver.serving import APPLY, CONFIG_MAPS, JSON_PATCH, MERGE, STRATEGIC, Api


class Racing(MemoryStore):
    """A store in which, once, somebody is faster: they put a key in another place of the same object."""

    rival = b""

    async def put(self, key: str, head: bytes, tail: bytes, *, expect: int | None, author: Author = Author()) -> Entry:
        rival, self.rival = self.rival, b""
        if rival:
            await super().put(key, head, rival, expect=None)
        return await super().put(key, head, tail, expect=expect, author=author)


class RacingApi(Api):
    def __init__(self) -> None:
        super().__init__()
        self.racing = self.store = Racing()
        self.server = ApiServer.build(store=self.store, clock=self.clock, entropy=SeededEntropy(7))

    async def somebody_is_faster(self) -> None:
        entry = self.store.get("/registry/configmaps/default/a")
        assert entry is not None
        tail = entry.value[entry.value.index(b'",', entry.value.index(b"resourceVersion") + 20) :]
        self.racing.rival = tail.replace(b'"k":"1"', b'"k":"1","rival":"was here"')


@pytest.mark.parametrize(
    ("type", "body"),
    [
        (MERGE, {"data": {"mine": "2"}}),
        (STRATEGIC, {"data": {"mine": "2"}}),
        (JSON_PATCH, [{"op": "add", "path": "/data/mine", "value": "2"}]),
        (APPLY, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"mine": "2"}}),
    ],
)
async def test_a_patch_that_names_no_revision_is_made_again(type: str, body: Any) -> None:
    api = RacingApi()
    await api.server.start()
    await api.config_map("a", {"k": "1"})
    await api.somebody_is_faster()
    code, found = await api.call("PATCH", f"{CONFIG_MAPS}/a?fieldManager=me", body, type=type)
    assert (code, found["data"]) == (200, {"k": "1", "rival": "was here", "mine": "2"})
    await api.server.close()


async def test_a_patch_that_names_a_revision_gives_up() -> None:
    api = RacingApi()
    await api.server.start()
    made = await api.config_map("a", {"k": "1"})
    await api.somebody_is_faster()
    patch = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"mine": "2"}}
    code, _ = await api.call("PATCH", f"{CONFIG_MAPS}/a", patch, type=MERGE)
    assert code == 409
    await api.server.close()


async def test_the_time_of_an_entry_moves_with_what_else_changed(api: Api) -> None:
    made = await api.config_map("a", {"k": "1"})
    await api.clock.advance("1m")
    code, body = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": "2"}}, type=MERGE)
    before, after = made["metadata"]["managedFields"], body["metadata"]["managedFields"]
    assert code == 200
    assert [entry["fieldsV1"] for entry in before] == [entry["fieldsV1"] for entry in after]
    assert before[0]["time"] < after[0]["time"]
    await api.clock.advance("1m")
    code, again = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": "2"}}, type=MERGE)
    assert again == body


async def test_an_empty_list_of_managed_fields_forgets_them(api: Api) -> None:
    await api.config_map("a", {"k": "1"})
    patch = {"metadata": {"managedFields": []}, "data": {"k": "2"}}
    code, body = await api.call("PATCH", f"{CONFIG_MAPS}/a", patch, type=MERGE)
    assert (code, "managedFields" in body["metadata"]) == (200, False)


async def test_an_empty_list_is_owned_and_stored_as_none(api: Api) -> None:
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    made = await api.make(roles, {"metadata": {"name": "r"}, "rules": []})
    assert made["rules"] is None
    assert made["metadata"]["managedFields"][0]["fieldsV1"] == {"f:rules": {}}
    assert (await api.get(f"{roles}/r"))["rules"] is None
    code, again = await api.call("PUT", f"{roles}/r", {**made, "rules": []})
    assert (code, again["metadata"]["resourceVersion"]) == (200, made["metadata"]["resourceVersion"])


async def test_a_result_that_fits_no_type_is_shown(api: Api) -> None:
    await api.config_map("a", {"k": "1"})
    code, body = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"data": {"k": 1}}, type=MERGE)
    assert code == 422
    assert '"data":{"k":1}' in body["message"].replace("\\", "")


def test_types_without_a_name_have_zeros_of_their_own() -> None:
    one, other = schema.Node("object"), schema.Node("object")
    one.zeros, other.zeros = {"a": 0}, {"b": ""}
    assert (schema.zero(one), schema.zero(other)) == ({"a": 0}, {"b": ""})
