"""Refusals that no recording holds, as a running kube-apiserver 1.36.2 gave them."""

import json
from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import CONFIG_MAPS, MERGE, Api

STREAMS = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"


@pytest.mark.parametrize(
    ("path", "why"), [("..", "may not be '..'"), ("%2E", "may not be '.'"), ("a%25b", "may not contain '%'")]
)
async def test_a_name_is_a_segment_of_a_path(api: Api, path: str, why: str) -> None:
    code, refused = await api.call("GET", f"{CONFIG_MAPS}/{path}")
    assert code == 400
    assert refused["message"].startswith("Name parameter invalid: ")
    assert refused["message"].endswith(why)


async def test_a_patch_cannot_make_another_kind(api: Api) -> None:
    await api.config_map("a")
    code, refused = await api.call("PATCH", f"{CONFIG_MAPS}/a", {"kind": "Pod"}, type=MERGE)
    assert code == 422
    assert refused["message"].endswith("converting (v1.Pod) to (core.ConfigMap): unknown conversion")
    shown = refused["message"][refused["message"].index('\\"metadata\\":{') :]
    assert shown.index("name") < shown.index("namespace") < shown.index("uid") < shown.index("resourceVersion")


async def test_only_collections_are_offered_as_streams(api: Api) -> None:
    await api.config_map("a")
    for target, streams in ((CONFIG_MAPS, True), (f"{CONFIG_MAPS}/a", False)):
        code, refused = await api.call("GET", target, headers={"accept": "text/html"})
        assert code == 406
        assert refused["message"].endswith(STREAMS) is streams


async def test_yaml_is_refused_in_the_words_of_its_parser(api: Api) -> None:
    code, refused = await api.call("POST", CONFIG_MAPS, b"[", type="application/yaml")
    assert code == 400
    assert "(must be of type ConfigMap): yaml: line 1: did not find expected node content" in refused["message"]


async def test_who_is_refused_is_not_to_sniff(api: Api) -> None:
    answer: Any = await api.send("GET", CONFIG_MAPS, user=http.User("bob", ("system:authenticated",)))
    assert answer.status == 403
    assert json.loads(answer.body)["reason"] == "Forbidden"
    assert ("X-Content-Type-Options", "nosniff") in list(answer.headers)
