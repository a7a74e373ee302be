"""Discovery for clients that take protobuf only: Kubernetes' own for resources, gnostic's for OpenAPI v2."""

import collections
import json
from typing import Any

import pytest

from steersman.api import resources
from steersman.api.codec import protobuf
from steersman.api.codec.protobuf import wire
from steersman.apiserver import discovery
from steersman.apiserver.discovery.openapi import gnostic
from steersman.kit import http

OPENAPI = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
SERVED = discovery.Snapshot(resources.BUILTIN)


def ask(path: str, accept: str, **headers: str) -> http.Response:
    answer = discovery.answer(http.Request("GET", path, headers={"accept": accept, **headers}), SERVED)
    assert answer is not None
    return answer


def parts(data: bytes) -> dict[int, list[Any]]:
    """A message's fields by their numbers."""
    found: dict[int, list[Any]] = collections.defaultdict(list)
    at = 0
    while at < len(data):
        tag, at = wire.varint(data, at)
        if tag & 7 == wire.BYTES:
            size, at = wire.varint(data, at)
            found[tag >> 3].append(data[at : at + size])
            at += size
        elif tag & 7 == wire.VARINT:
            value, at = wire.varint(data, at)
            found[tag >> 3].append(value)
        else:
            found[tag >> 3].append(data[at : at + 8])
            at += 8
    return found


def pairs(data: bytes, number: int = 1) -> dict[str, bytes]:
    """The names and values of a map."""
    return {parts(each)[1][0].decode(): parts(each)[2][0] for each in parts(data)[number]}


def way(data: bytes, *numbers: int) -> Any:
    for number in numbers:
        data = parts(data)[number][0]
    return data


@pytest.mark.parametrize("path", ["/api", "/apis", "/apis/apps", "/apis/apps/v1", "/api/v1"])
def test_what_resources_there_are_reads_back_as_in_json(path: str) -> None:
    answer = ask(path, protobuf.MEDIA_TYPE)
    assert answer.content_type == protobuf.MEDIA_TYPE
    found = protobuf.decode_body(answer.body)
    wanted = json.loads(ask(path, "application/json").body)
    assert found["kind"] == wanted["kind"]
    assert found.get("groupVersion") == wanted.get("groupVersion")
    for name in ("groups", "versions", "resources"):
        assert len(found.get(name) or ()) == len(wanted.get(name) or ())
    for mine, theirs in zip(found.get("resources") or (), wanted.get("resources") or (), strict=True):
        assert (mine["name"], mine["namespaced"], mine["verbs"]) == (
            theirs["name"], theirs["namespaced"], theirs["verbs"],
        )  # fmt: skip


def test_json_wins_where_both_are_taken() -> None:
    assert ask("/api", f"{protobuf.MEDIA_TYPE}, application/json").content_type == "application/json"


def test_openapi_v2_is_gnostics_document() -> None:
    answer = ask("/openapi/v2", OPENAPI)
    assert answer.content_type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    assert ask("/openapi/v2", f"{OPENAPI}, */*").body is answer.body
    document = json.loads(ask("/openapi/v2", "application/json").body)
    assert way(answer.body, 1) == b"2.0"
    definitions = pairs(way(answer.body, 9))
    assert set(definitions) == set(document["definitions"])
    pod = definitions["io.k8s.api.core.v1.Pod"]
    assert way(pod, 22, 1) == b"object"
    assert way(pairs(way(pod, 25))["spec"], 1) == b"#/definitions/io.k8s.api.core.v1.PodSpec"
    kinds = {name: json.loads(way(value, 2)) for name, value in pairs(pod, 31).items()}
    assert kinds == {"x-kubernetes-group-version-kind": [{"group": "", "kind": "Pod", "version": "v1"}]}
    assert set(pairs(way(answer.body, 8), 2)) == set(document["paths"])


def test_an_operation_has_its_parameters_and_answers() -> None:
    paths = pairs(way(ask("/openapi/v2", OPENAPI).body, 8), 2)
    post = parts(paths["/api/v1/namespaces/{namespace}/pods"])[4][0]
    names = set()
    for each in parts(post)[8]:
        if parts(way(each, 1))[1]:
            body = way(each, 1, 1)
            assert way(body, 5, 1) == b"#/definitions/io.k8s.api.core.v1.Pod"
        else:
            names.add(way(each, 1, 2, 3, 4))
    assert {b"dryRun", b"fieldManager", b"fieldValidation"} <= names
    assert way(pairs(way(post, 9))["201"], 1, 2, 1, 1) == b"#/definitions/io.k8s.api.core.v1.Pod"
    assert json.loads(way(pairs(post, 13)["x-kubernetes-action"], 2)) == "post"


def test_what_the_message_has_no_field_for_is_left_out() -> None:
    written = gnostic.schema({"type": "object", "nullable": True, "oneOf": [{}], "additionalProperties": False})
    assert sorted(parts(written)) == [21, 22]
    assert way(gnostic.schema({"additionalProperties": {"type": "string"}}), 21, 1, 22, 1) == b"string"
    assert parts(gnostic.schema({"maximum": 1.5}))[7] == [b"\x00\x00\x00\x00\x00\x00\xf8\x3f"]


def test_each_form_has_a_tag_of_its_own() -> None:
    tags = {dict(ask("/openapi/v2", accept).headers)["ETag"] for accept in (OPENAPI, "application/json")}
    assert len(tags) == 2
    assert all(ask("/openapi/v2", OPENAPI, **{"if-none-match": tag}).status in (200, 304) for tag in tags)
