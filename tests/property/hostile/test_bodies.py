"""Whatever a body holds, in whatever encoding: it is taken, or refused with a 4xx and a Status."""

import json
import urllib.parse
from typing import Any

import hypothesis
import yaml
from hypothesis import strategies as st

from property.hostile import shots
from property.hostile.target import CONFIG_MAPS, OBJECTS, Target
from steersman.api import resources, schema
from steersman.api.codec import protobuf
from steersman.api.schema.node import Node

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
TYPES = (JSON, YAML, PROTOBUF, "application/cbor", "", "text/plain", "application/json; charset=x", ";", "é")
FORMS = ("application/json;as=Table;v=v1;g=meta.k8s.io", YAML, PROTOBUF, JSON)


def resource_of(path: str) -> resources.Resource:
    parts = path.strip("/").split("/")
    group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
    found = resources.BUILTIN.find(group, version, parts[-1])
    assert found is not None
    return found


def node_of(path: str) -> Node:
    return schema.node_of(resource_of(path))


@st.composite
def objects(draw: st.DrawFn) -> tuple[str, Any]:
    path, tree = draw(st.sampled_from(OBJECTS))
    return path, draw(shots.mutated(tree, node_of(path)))


@shots.SETTINGS
@hypothesis.given(objects(), st.integers(0, 10**9))
def test_an_object_that_is_almost_right(target: Target, shot: tuple[str, Any], number: int) -> None:
    path, tree = shot
    if isinstance(tree.get("metadata"), dict):
        tree["metadata"]["name"] = f"x{number}"
    code, _ = target.shoot("POST", path, tree)
    if code != 201:
        return
    one = f"{path}/x{number}"
    for form in FORMS:  # what was taken can be shown in every form
        target.shoot("GET", one, headers={"accept": form})
        target.shoot("GET", path, headers={"accept": form})
    target.shoot("DELETE", one)


@st.composite
def writes(draw: st.DrawFn) -> tuple[str, str, Any]:
    path, tree = draw(st.sampled_from(OBJECTS))
    name = urllib.parse.quote(tree["metadata"]["name"])
    return f"{path}/{name}", draw(st.sampled_from(["", "/status", "/scale"])), draw(shots.mutated(tree, node_of(path)))


@shots.SETTINGS
@hypothesis.given(writes())
def test_an_update_that_is_almost_right(target: Target, shot: tuple[str, str, Any]) -> None:
    path, subresource, tree = shot
    target.shoot("PUT", path + subresource, tree, query=[("dryRun", "All")])


@st.composite
def made_of_any_kind(draw: st.DrawFn) -> tuple[resources.Resource, Any]:
    kinds = [each for each in resources.BUILTIN.all() if "create" in each.verbs and each.schema]
    kind = draw(st.sampled_from(kinds))
    return kind, draw(shots.typed(schema.node_of(kind)))


@shots.SETTINGS
@hypothesis.given(made_of_any_kind())
def test_an_object_of_any_kind_from_its_type_alone(target: Target, shot: tuple[resources.Resource, Any]) -> None:
    kind, tree = shot
    if isinstance(tree, dict):
        tree["metadata"] = {"name": "made"}
        tree.pop("kind", None)
        tree.pop("apiVersion", None)
    target.shoot("POST", resources.collection_path(kind, "default"), tree, query=[("dryRun", "All")])


@st.composite
def encoded(draw: st.DrawFn) -> tuple[str, str, bytes]:
    path, tree = draw(st.sampled_from(OBJECTS))
    kind = resource_of(path)
    whole = {"kind": kind.kind, "apiVersion": kind.api_version, **tree}
    media = draw(st.sampled_from([JSON, YAML, PROTOBUF]))
    if media == JSON:
        body = json.dumps(whole).encode()
    elif media == YAML:
        body = yaml.safe_dump(whole).encode()
    else:
        body = protobuf.encode(schema.node_of(kind), whole, kind.api_version, kind.kind)
    return path, media, draw(shots.damaged(body))


@shots.SETTINGS
@hypothesis.given(encoded(), st.sampled_from(["POST", "PUT"]), st.sampled_from(["", "Strict", "Warn", "Ignore"]))
def test_a_body_that_was_damaged_on_its_way(
    target: Target, shot: tuple[str, str, bytes], method: str, validation: str
) -> None:
    path, media, body = shot
    query = [("dryRun", "All"), ("fieldValidation", validation)]
    target.shoot(method, path if method == "POST" else f"{path}/a", body, type=media, query=query)


@shots.SETTINGS
@hypothesis.given(st.binary(max_size=200), st.sampled_from(TYPES), st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]))
def test_any_bytes_as_any_type(target: Target, body: bytes, media: str, method: str) -> None:
    path = CONFIG_MAPS if method == "POST" else f"{CONFIG_MAPS}/a"
    target.shoot(method, path, body, type=media, query=[("dryRun", "All")])


@shots.SETTINGS
@hypothesis.given(st.binary(max_size=60))
def test_any_bytes_after_the_beginning_of_a_protobuf_body(target: Target, body: bytes) -> None:
    target.shoot("POST", CONFIG_MAPS, protobuf.PREFIX + body, type=PROTOBUF)


@shots.SETTINGS
@hypothesis.given(shots.JUNK)
def test_delete_options_of_any_form(target: Target, tree: Any) -> None:
    fields = ("gracePeriodSeconds", "preconditions", "propagationPolicy", "orphanDependents", "dryRun", "kind")
    for name in fields:
        target.shoot("DELETE", f"{CONFIG_MAPS}/none", {name: tree})
        target.shoot("DELETE", f"{CONFIG_MAPS}/none", {"preconditions": {"uid": tree, "resourceVersion": tree}})
