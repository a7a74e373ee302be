"""Discovery and OpenAPI answers."""

import gzip
import json
import pathlib
from typing import Any

import pytest

from steersman.api import resources
from steersman.api.status import StatusError
from steersman.apiserver import discovery
from steersman.apiserver.discovery import openapi
from steersman.apiserver.discovery.snapshot import Published
from steersman.kit import http

ORACLE = pathlib.Path(__file__).resolve().parents[4] / "shared" / "oracle"
NEEDS_ORACLE = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle is not beside the project")
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
WIDGET = resources.Resource(
    group="example.com", version="v1", plural="widgets", kind="Widget", namespaced=True, storage="example.com/v1",
    storage_prefix="widgets.example.com", custom=True,
    subresources=(resources.Subresource("status", "Widget", "example.com", "v1", ("get", "patch", "update")),),
)  # fmt: skip


def snapshot(*more: resources.Resource) -> discovery.Snapshot:
    return discovery.Snapshot(resources.BUILTIN.extended(more, generation=1) if more else resources.BUILTIN)


def ask(path: str, accept: str = "application/json", of: discovery.Snapshot | None = None, **headers: str) -> Any:
    query = []
    if "?" in path:
        path, _, text = path.partition("?")
        query = [tuple(part.split("=", 1)) for part in text.split("&")]
    request = http.Request("GET", path, query=query, headers={"accept": accept, **headers})  # type: ignore[arg-type]
    return discovery.answer(request, of or snapshot())


def test_the_aggregated_document_carries_a_tag_that_saves_sending_it_again() -> None:
    first = ask("/apis", AGGREGATED)
    tag = dict(first.headers)["ETag"]
    again = ask("/apis", AGGREGATED, **{"if-none-match": tag})
    assert (first.status, again.status, again.body) == (200, 304, b"")


def test_clients_that_do_not_know_the_aggregated_document_get_the_old_one() -> None:
    assert ask("/apis").tree["kind"] == "APIGroupList"
    assert ask("/apis", "application/json, " + AGGREGATED).tree["kind"] == "APIGroupList"
    listed = json.loads(ask("/apis", f"{AGGREGATED},application/json").body)
    assert listed["kind"] == "APIGroupDiscoveryList"


def test_custom_resources_are_discovered_beside_the_built_in_ones() -> None:
    served = snapshot(WIDGET)
    listed = ask("/apis/example.com/v1", of=served).tree
    assert [each["name"] for each in listed["resources"]] == ["widgets", "widgets/status"]
    items = json.loads(ask("/apis", AGGREGATED, of=served).body)["items"]
    kind = items[-1]["versions"][0]["resources"][0]["responseKind"]
    assert kind == {"group": "example.com", "version": "v1", "kind": "Widget"}


@pytest.mark.parametrize("path", ["/apis/nope", "/apis/apps/v9", "/api/v2", "/healthz", "/api/v1/pods", "/openapi/v9"])
def test_other_paths_are_not_answered(path: str) -> None:
    assert ask(path) is None


def test_other_methods_are_refused() -> None:
    with pytest.raises(StatusError) as refused:
        discovery.answer(http.Request("POST", "/api"), snapshot())
    assert refused.value.code == 405


def test_only_what_can_be_written_is_accepted() -> None:
    with pytest.raises(StatusError) as refused:
        ask("/api/v1", "text/csv")
    assert refused.value.code == 406
    assert ask("/version", "application/yaml").body.startswith(b"buildDate: ")


def test_openapi_documents_are_kept_by_their_hash() -> None:
    index = json.loads(ask("/openapi/v3").body)
    path = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
    answer = ask(path)
    assert answer.status == 200
    assert ("Cache-Control", "public, immutable") in answer.headers
    moved = ask("/openapi/v3/apis/apps/v1?hash=OLD")
    assert (moved.status, dict(moved.headers)["Location"]) == (301, path)


def test_a_custom_resources_schema_is_published_with_the_standard_fields() -> None:
    schema = Published({"type": "object", "properties": {"spec": {"type": "object"}}})
    served = discovery.Snapshot(resources.BUILTIN.extended([WIDGET], 1), custom_schema=lambda _: schema)
    document = openapi.tree(served, "apis/example.com/v1")
    made = document["components"]["schemas"]["com.example.v1.Widget"]
    assert set(made["properties"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" in document["components"]["schemas"]
    patch = document["paths"]["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]["patch"]
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]
    assert "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status" in document["paths"]
    assert openapi.tag(served, "apis/example.com/v1") != openapi.tag(snapshot(WIDGET), "apis/example.com/v1")


def test_openapi_v2_is_one_document() -> None:
    with pytest.raises(StatusError) as refused:
        ask("/openapi/v2", "text/csv")
    assert refused.value.code == 406
    document = json.loads(ask("/openapi/v2").body)
    pod = document["definitions"]["io.k8s.api.core.v1.Pod"]
    assert pod["properties"]["spec"]["$ref"] == "#/definitions/io.k8s.api.core.v1.PodSpec"


@pytest.mark.oracle
@NEEDS_ORACLE
def test_every_discovery_document_is_the_references() -> None:
    served = discovery.Snapshot(resources.EVERYTHING, "10.10.10.10:8050")
    for file in sorted((ORACLE / "discovery").glob("*.json")):
        if file.stem == "aggregated_v2":
            answer = ask("/apis", AGGREGATED, of=served)
        else:
            answer = ask("/" + file.stem.replace("__", "/"), of=served)
        assert json.loads(answer.body) == json.loads(file.read_bytes()), file.name


@pytest.mark.oracle
@NEEDS_ORACLE
def test_what_is_served_by_default_is_what_the_reference_serves() -> None:
    served = discovery.Snapshot(resources.BUILTIN, "192.168.77.1:6443")
    compared = 0
    with gzip.open(ORACLE / "cases" / "discovery.jsonl.gz", "rt") as lines:
        for line in lines:
            case = json.loads(line)
            for step, wanted in zip(case["steps"], case["answers"], strict=True):
                path = step["path"]
                if step["method"] != "GET" or wanted["code"] != 200 or path in ("/", "/openapi/v3"):
                    continue
                answer = ask(path, (step.get("headers") or {}).get("Accept", "application/json"), of=served)
                if answer is not None:
                    compared += 1
                    assert json.loads(answer.body) == wanted["body"], path
                    assert answer.content_type == wanted["type"], path
    assert compared > 40


@pytest.mark.oracle
@NEEDS_ORACLE
@pytest.mark.parametrize("name", ["apis/apps/v1", "apis/rbac.authorization.k8s.io/v1", "version", "apis/batch"])
def test_openapi_documents_say_what_the_references_say(name: str) -> None:
    served = discovery.Snapshot(resources.EVERYTHING)
    file = ORACLE / "openapi" / f"{name.replace('/', '__')}_openapi.json"
    made, wanted = openapi.tree(served, name), json.loads(file.read_bytes())
    assert _bare(made["paths"]) == _bare(wanted["paths"])
    made_schemas, wanted_schemas = made["components"].get("schemas", {}), wanted["components"].get("schemas", {})
    assert made_schemas.keys() == wanted_schemas.keys()
    for key, schema in wanted_schemas.items():
        if not key.endswith((".Quantity", ".IntOrString")):
            assert made_schemas[key] == schema, key


def _bare(tree: Any) -> Any:
    """Without the descriptions of parameters, which are our own."""
    if isinstance(tree, dict):
        bare = {key: _bare(value) for key, value in tree.items()}
        if "in" in bare:
            bare.pop("description", None)
        return bare
    return [_bare(each) for each in tree] if isinstance(tree, list) else tree
