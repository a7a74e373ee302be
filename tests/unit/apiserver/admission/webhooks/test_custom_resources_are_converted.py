"""Versions of a custom resource that a webhook converts: read, listed, watched and written in any of them.

v1 says `spec.host: "a:80"`, v2 `spec.host: a, spec.port: 80`; v1 is stored.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from steersman.apiserver.custom import conversion_cache
from steersman.kit import http
from unit.apiserver.admission.webhooks.hooks import Hook, HookedApi, allow, patch
from unit.apiserver.serving import APPLY, MERGE, TABLE

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
V1 = "/apis/x.example.com/v1/namespaces/default/hosts"
V2 = "/apis/x.example.com/v2/namespaces/default/hosts"
HEAD_V2 = {"apiVersion": "x.example.com/v2", "kind": "Host"}


def converted(tree: Any, api_version: str) -> Any:
    spec = dict(tree["spec"])
    if api_version.endswith("v2"):
        host, _, port = spec["hostPort"].partition(":")
        spec = {"host": host, "port": int(port)}
    else:
        spec = {"hostPort": f"{spec['host']}:{spec['port']}"}
    return {**tree, "apiVersion": api_version, "spec": spec}


def convert(request: Any) -> Any:
    made = [converted(tree, request["desiredAPIVersion"]) for tree in request["objects"]]
    return {"result": {"status": "Success"}, "convertedObjects": made}


def definition(hook: Hook) -> dict[str, Any]:
    def version(name: str, storage: bool, **properties: Any) -> dict[str, Any]:
        spec = {"type": "object", "properties": properties}
        schema = {"type": "object", "properties": {"spec": spec}}
        column = {"name": "Host", "type": "string", "jsonPath": ".spec.host"}
        return {
            "name": name, "served": True, "storage": storage, "schema": {"openAPIV3Schema": schema},
            "additionalPrinterColumns": [column], "subresources": {"status": {}},
        }  # fmt: skip

    text = {"type": "string"}
    return {
        "metadata": {"name": "hosts.x.example.com"},
        "spec": {
            "group": "x.example.com", "scope": "Namespaced",
            "names": {"plural": "hosts", "singular": "host", "kind": "Host", "listKind": "HostList"},
            "versions": [
                version("v1", True, hostPort=text),
                version("v2", False, host=text, port={"type": "integer"}, kind={**text, "default": "plain"}),
            ],
            "conversion": {
                "strategy": "Webhook",
                "webhook": {"clientConfig": hook.client("/convert"), "conversionReviewVersions": ["v1"]},
            },
        },
    }  # fmt: skip


@pytest.fixture
async def hosts(api: HookedApi) -> HookedApi:
    api.hook.answers["/convert"] = convert
    await api.make(CRDS, definition(api.hook))
    for _ in range(200):
        await asyncio.sleep(0)
    return api


def v1(name: str = "a", host: str = "x:80") -> dict[str, Any]:
    return {"apiVersion": "x.example.com/v1", "kind": "Host", "metadata": {"name": name}, "spec": {"hostPort": host}}


async def test_a_version_that_is_stored_needs_no_webhook(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "x:80"}
    assert not hosts.hook.asked


async def test_an_object_is_read_in_another_version(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    found = await hosts.get(f"{V2}/a")
    assert found["apiVersion"] == "x.example.com/v2"
    assert found["spec"] == {"host": "x", "port": 80, "kind": "plain"}
    (request,) = hosts.hook.reviews
    assert request["desiredAPIVersion"] == "x.example.com/v2"
    assert request["objects"][0]["apiVersion"] == "x.example.com/v1"
    assert b'"apiVersion":"apiextensions.k8s.io/v1"' in hosts.hook.asked[0].body
    assert hosts.hook.asked[0].query == (("timeout", "30s"),)


async def test_what_is_converted_is_kept_until_it_changes(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    for _ in range(3):
        await hosts.get(f"{V2}/a")
    assert len(hosts.hook.asked) == 1
    await hosts.call("PATCH", f"{V1}/a", {"spec": {"hostPort": "y:81"}}, type=MERGE)
    assert (await hosts.get(f"{V2}/a"))["spec"]["host"] == "y"
    assert len(hosts.hook.asked) == 2


async def test_an_object_is_written_in_another_version_and_stored_in_its_own(hosts: HookedApi) -> None:
    made = await hosts.make(V2, {**HEAD_V2, "metadata": {"name": "a"}, "spec": {"host": "x", "port": 80}})
    assert made["spec"] == {"host": "x", "port": 80, "kind": "plain"}
    entry = hosts.store.get("/registry/hosts.x.example.com/default/a")
    assert entry is not None
    assert entry.value.startswith(b'{"kind":"Host","apiVersion":"x.example.com/v1","metadata":{"resourceVersion":"')
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "x:80"}


async def test_an_object_is_changed_in_another_version(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    code, made = await hosts.call("PATCH", f"{V2}/a", {"spec": {"port": 81}}, type=MERGE)
    assert (code, made["spec"]["port"]) == (200, 81)
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "x:81"}
    code, made = await hosts.call("PUT", f"{V2}/a", {**made, "spec": {"host": "z", "port": 1}})
    assert code == 200, made
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "z:1"}


async def test_an_object_is_applied_in_another_version(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    body = {"apiVersion": "x.example.com/v2", "kind": "Host", "metadata": {"name": "a"}, "spec": {"port": 99}}
    code, made = await hosts.call("PATCH", f"{V2}/a?fieldManager=me&force=true", body, type=APPLY)
    assert code == 200, made
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "x:99"}
    code, made = await hosts.call("PATCH", f"{V2}/b?fieldManager=me", body | {
        **HEAD_V2, "metadata": {"name": "b"}, "spec": {"host": "b", "port": 1},
    }, type=APPLY)  # fmt: skip
    assert code == 201, made


async def test_an_object_is_deleted_in_another_version(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    assert (await hosts.call("DELETE", f"{V2}/a"))[0] == 200
    assert (await hosts.call("GET", f"{V1}/a"))[0] == 404


async def test_a_list_is_converted_in_one_question(hosts: HookedApi) -> None:
    for number in range(5):
        await hosts.make(V1, v1(f"h{number}", f"x:{number}"))
    found = await hosts.get(V2)
    assert [item["spec"]["port"] for item in found["items"]] == [0, 1, 2, 3, 4]
    assert found["apiVersion"] == "x.example.com/v2"
    assert len(hosts.hook.asked) == 1
    assert len(hosts.hook.reviews[0]["objects"]) == 5
    code, table = await hosts.call("GET", V2, headers={"accept": TABLE})
    assert code == 200
    assert [row["cells"] for row in table["rows"]] == [[f"h{number}", "x"] for number in range(5)]


async def test_a_long_list_is_converted_in_several_questions(hosts: HookedApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion_cache, "AT_ONCE", 2)
    monkeypatch.setattr(conversion_cache, "KEPT", 1)
    for number in range(5):
        await hosts.make(V1, v1(f"h{number}", f"x:{number}"))
    assert [item["spec"]["port"] for item in (await hosts.get(V2))["items"]] == [0, 1, 2, 3, 4]
    assert [len(review["objects"]) for review in hosts.hook.reviews] == [2, 2, 1]
    monkeypatch.setattr(conversion_cache, "BYTES_AT_ONCE", 10)
    await hosts.call("PATCH", f"{V1}/h0", {"spec": {"hostPort": "y:0"}}, type=MERGE)
    await hosts.call("PATCH", f"{V1}/h1", {"spec": {"hostPort": "y:1"}}, type=MERGE)
    assert len((await hosts.get(V2))["items"]) == 5
    assert [len(review["objects"]) for review in hosts.hook.reviews[3:]] == [1, 1]


async def test_a_list_of_an_old_revision_is_converted(hosts: HookedApi) -> None:
    made = await hosts.make(V1, v1())
    await hosts.call("PATCH", f"{V1}/a", {"spec": {"hostPort": "y:81"}}, type=MERGE)
    version = made["metadata"]["resourceVersion"]
    found = await hosts.get(f"{V2}?resourceVersion={version}&resourceVersionMatch=Exact")
    assert found["items"][0]["spec"]["host"] == "x"


async def test_a_collection_is_deleted_in_another_version(hosts: HookedApi) -> None:
    for name in "abc":
        await hosts.make(V1, v1(name))
    code, body = await hosts.call("DELETE", V2)
    assert (code, len(body["items"])) == (200, 3)
    assert not (await hosts.get(V1))["items"]


async def test_a_watch_is_converted(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    watch = await hosts.watch(f"{V2}?watch=1")
    (first,) = await watch.next()
    assert (first[0], first[1]["spec"]["host"]) == ("ADDED", "x")
    await hosts.make(V1, v1("b", "b:1"))
    (second,) = await watch.next()
    assert (second[0], second[1]["apiVersion"], second[1]["spec"]["host"]) == ("ADDED", "x.example.com/v2", "b")
    await hosts.call("DELETE", f"{V1}/b")
    (third,) = await watch.next()
    assert (third[0], third[1]["spec"]["host"]) == ("DELETED", "b")
    await watch.close()


async def test_a_watch_is_converted_over_the_wire(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    answer = await hosts.send("GET", f"{V2}?watch=1")
    assert isinstance(answer, http.Stream)
    frame = await anext(aiter(answer.frames))
    assert b'"spec":{"host":"x"' in frame
    await answer.aclose()


async def test_a_watch_as_a_table_is_converted(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    watch = await hosts.watch(f"{V2}?watch=1", headers={"accept": TABLE})
    ((kind, table),) = await watch.next()
    assert (kind, table["rows"][0]["cells"]) == ("ADDED", ["a", "x"])
    await watch.close()


async def test_a_watch_ends_where_nothing_is_converted(hosts: HookedApi) -> None:
    watch = await hosts.watch(f"{V2}?watch=1")
    hosts.hook.answers["/convert"] = lambda request: {"result": {"status": "Failure", "message": "no"}}
    await hosts.make(V1, v1())
    ((kind, error),) = await watch.next()
    assert (kind, error["code"]) == ("ERROR", 500)
    assert await watch.ended()


async def test_objects_stored_in_another_version_than_today_are_converted(hosts: HookedApi) -> None:
    await hosts.make(V1, v1())
    crd = await hosts.get(f"{CRDS}/hosts.x.example.com")
    for version in crd["spec"]["versions"]:
        version["storage"] = version["name"] == "v2"
    code, body = await hosts.call("PUT", f"{CRDS}/hosts.x.example.com", crd)
    assert code == 200, body
    for _ in range(200):
        await asyncio.sleep(0)
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "x:80"}
    assert (await hosts.get(f"{V2}/a"))["spec"]["host"] == "x"
    await hosts.call("PATCH", f"{V1}/a", {"spec": {"hostPort": "y:81"}}, type=MERGE)
    entry = hosts.store.get("/registry/hosts.x.example.com/default/a")
    assert entry is not None
    assert b'"apiVersion":"x.example.com/v2"' in entry.value
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "y:81"}


async def test_admission_sees_the_version_that_its_rules_name(hosts: HookedApi) -> None:
    rule = {"operations": ["*"], "apiGroups": ["x.example.com"], "apiVersions": ["v2"], "resources": ["hosts"]}
    await hosts.mutates("/mutate", patch({"op": "replace", "path": "/spec/port", "value": 7}), rule)
    await hosts.validates("/validate", allow, rule)
    made = await hosts.make(V1, v1())
    assert made["spec"] == {"hostPort": "x:7"}
    asked = [review for review in hosts.hook.reviews if "object" in review]
    assert [review["object"]["spec"]["port"] for review in asked] == [80, 7]
    assert asked[0]["requestKind"]["version"] == "v1"


# answers that are none

PREFIX = "conversion webhook for x.example.com/v1, Kind=Host "


def changed(change: Callable[[Any], Any]) -> Any:
    def answer(request: Any) -> Any:
        said = convert(request)
        said["convertedObjects"] = [change(tree) for tree in said["convertedObjects"]]
        return said

    return answer


def with_metadata(**more: Any) -> Any:
    return changed(lambda tree: {**tree, "metadata": {**tree["metadata"], **more}})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda r: {"result": {"status": "Failure", "message": "cannot"}}, "failed: cannot"),
        (lambda r: {"result": {"status": "Odd"}}, "failed: response.result.status was 'Odd', not 'Success'"),
        (lambda r: {"result": {"status": "Success"}}, "returned 0 objects, expected 1"),
        (lambda r: {**convert(r), "uid": "other"}, "failed: expected response.uid="),
        (lambda r: {**convert(r), "convertedObjects": [1]}, "returned invalid object at index 0: Object 'Kind' is"),
        (
            changed(lambda tree: {**tree, "apiVersion": "x.example.com/v9"}),
            "returned invalid object at index 0: invalid groupVersion (expected x.example.com/v2, received x.exa",
        ),
        (
            changed(lambda tree: {**tree, "kind": "Other"}),
            "returned invalid object at index 0: invalid kind (expected Host, received Other)",
        ),
        (with_metadata(name="b"), "returned invalid object: must have the same name: a != b"),
        (with_metadata(namespace="b"), "returned invalid object: must have the same namespace: default != b"),
        (with_metadata(uid="1"), "returned invalid object: must have the same UID: "),
        (
            with_metadata(labels={"a": 1}),
            "returned invalid metadata: metadata.labels[a] must be a string, but is int64",
        ),
        (with_metadata(labels={"a b": ""}), "returned invalid metadata: metadata.labels: Invalid value"),
        (with_metadata(labels=[]), "returned invalid metadata: invalid metadata.labels of type []interface {} in"),
        (
            changed(lambda tree: {key: value for key, value in tree.items() if key != "metadata"}),
            "returned invalid metadata: missing metadata in converted object",
        ),
        (lambda r: http.Response(500, "text/plain", (b"boom",)), 'failed: an error on the server ("boom") has'),
    ],
)
async def test_an_answer_that_is_no_conversion_is_an_error(hosts: HookedApi, answer: Any, said: str) -> None:
    await hosts.make(V1, v1())
    hosts.hook.answers["/convert"] = answer
    code, body = await hosts.call("GET", f"{V2}/a")
    assert code == 500
    assert body["message"].startswith(PREFIX + said), body["message"]
    assert (await hosts.call("GET", V2))[0] == 500
    assert (await hosts.get(f"{V1}/a"))["spec"] == {"hostPort": "x:80"}


async def test_labels_and_annotations_may_be_converted_and_other_metadata_not(hosts: HookedApi) -> None:
    made = await hosts.make(V1, v1())
    hosts.hook.answers["/convert"] = with_metadata(labels={"a": "b"}, generation=99, finalizers=["x.y/z"])
    found = await hosts.get(f"{V2}/a")
    assert found["metadata"]["labels"] == {"a": "b"}
    assert found["metadata"]["generation"] == made["metadata"]["generation"]
    assert "finalizers" not in found["metadata"]


async def test_a_write_that_cannot_be_converted_is_refused(hosts: HookedApi) -> None:
    hosts.hook.answers["/convert"] = lambda r: {"result": {"status": "Failure", "message": "cannot"}}
    code, body = await hosts.call("POST", V2, {**HEAD_V2, "metadata": {"name": "a"}, "spec": {"host": "x", "port": 1}})
    assert (code, body["message"]) == (500, "conversion webhook for x.example.com/v2, Kind=Host failed: cannot")
    assert (await hosts.call("GET", f"{V1}/a"))[0] == 404
