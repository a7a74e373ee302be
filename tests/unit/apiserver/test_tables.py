"""Tables of lists, of single objects and of watches, and what has none."""

import json

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, PODS, TABLE, Api

AS_TABLE = {"accept": TABLE}
OR_JSON = {"accept": f"{TABLE},application/json"}


async def test_a_list_is_printed_row_by_row(api: Api) -> None:
    await api.pod("a")
    await api.pod("b")
    code, table = await api.call("GET", PODS, headers=AS_TABLE)
    assert (code, table["kind"], table["apiVersion"]) == (200, "Table", "meta.k8s.io/v1")
    assert [row["cells"][0] for row in table["rows"]] == ["a", "b"]
    assert len(table["columnDefinitions"]) == len(table["rows"][0]["cells"])
    shown = table["rows"][0]["object"]
    assert (shown["kind"], shown["apiVersion"], shown["metadata"]["name"]) == (
        "PartialObjectMetadata", "meta.k8s.io/v1", "a",
    )  # fmt: skip
    assert "spec" not in shown
    whole = await api.get(f"{PODS}/a")
    assert shown["metadata"] == whole["metadata"]


async def test_a_row_carries_what_was_asked_for(api: Api) -> None:
    whole = await api.config_map("a", {"k": "1"})
    _, table = await api.call("GET", f"{CONFIG_MAPS}?includeObject=Object", headers=AS_TABLE)
    assert [row["object"] for row in table["rows"]] == [whole]
    _, table = await api.call("GET", f"{CONFIG_MAPS}?includeObject=None", headers=AS_TABLE)
    assert [row["object"] for row in table["rows"]] == [None]


async def test_a_table_can_be_asked_for_as_yaml_or_indented(api: Api) -> None:
    await api.config_map("a", {"k": "1"})
    _, plain = await api.call("GET", CONFIG_MAPS, headers=AS_TABLE)
    _, pretty = await api.call("GET", f"{CONFIG_MAPS}?pretty=true", headers=AS_TABLE)
    assert plain == pretty


async def test_priorities_order_flow_schemas(api: Api) -> None:
    _, table = await api.call("GET", "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", headers=AS_TABLE)
    precedences = [row["cells"][2] for row in table["rows"]]
    assert precedences == sorted(precedences)


async def test_only_the_first_event_of_a_watch_defines_columns(api: Api) -> None:
    await api.config_map("a", {"k": "1"})
    watching = await api.watch(f"{CONFIG_MAPS}?watch=true", headers=AS_TABLE)
    [(_, first)] = await watching.next()
    await api.config_map("b", {"k": "1"})
    [(_, second)] = await watching.next()
    assert len(first["columnDefinitions"]) == 3
    assert second["columnDefinitions"] is None
    await watching.close()


async def test_what_has_no_table_is_served_as_the_next_choice(api: Api) -> None:
    review = {"spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}}}
    target = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    code, body = await api.call("POST", target, review, headers=OR_JSON)
    assert (code, body["kind"]) == (201, "SelfSubjectAccessReview")
    code, body = await api.call("POST", target, review, headers=AS_TABLE)
    assert code == 406


async def test_a_long_table_is_made_of_bytes(api: Api) -> None:
    answer = await api.send("GET", PODS, headers=AS_TABLE)
    assert isinstance(answer, http.Response)
    assert json.loads(answer.body)["rows"] == []


async def test_people_read_indented_text_and_programs_what_they_ask_for(api: Api) -> None:
    await api.config_map("a", {"k": "1"})
    for agent, query, indented in (
        ("curl/8.5.0", "", True),
        ("Mozilla/5.0 (X11)", "", True),
        ("Wget/1.21", "?pretty=false", False),
        ("kubectl/v1.36.2", "", False),
        ("kubectl/v1.36.2", "?pretty=true", True),
        ("kubectl/v1.36.2", "?pretty=perhaps", False),
    ):
        answer = await api.send("GET", f"{CONFIG_MAPS}/a{query}", headers={"user-agent": agent})
        assert isinstance(answer, http.Response)
        assert (answer.body[:4] == b"{\n  ") == indented, (agent, query)
