"""A CustomResourceDefinition makes a kind that behaves as the built-in ones do."""

import asyncio
import json
from typing import Any

import pytest

from steersman.kit import http
from unit.apiserver.serving import APPLY, MERGE, STRATEGIC, TABLE, Api

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GIZMOS = "/apis/x.example.com/v1/namespaces/default/gizmos"
SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 100},
        "color": {"type": "string", "enum": ["red", "green"], "default": "red"},
        "replicas": {"type": "integer"},
        "pat": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "when": {"type": "string", "format": "date-time"},
        "nul": {"type": "string", "nullable": True},
        "port": {"x-kubernetes-int-or-string": True},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 4, "items": {"type": "string"}},
        "items": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "v": {"type": "string", "default": "dv"}},
            },
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "embedded": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
    },
}


def definition(**version: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"spec": SPEC, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    }
    first = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **version}
    names = {
        "plural": "gizmos", "singular": "gizmo", "kind": "Gizmo", "listKind": "GizmoList", "shortNames": ["gz"],
        "categories": ["all"],
    }  # fmt: skip
    spec = {"group": "x.example.com", "scope": "Namespaced", "names": names, "versions": [first]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gizmos.x.example.com"},
        "spec": spec,
    }


async def until_idle() -> None:
    for _ in range(200):
        await asyncio.sleep(0)


async def defined(api: Api, tree: dict[str, Any]) -> None:
    await api.make(CRDS, tree)
    await until_idle()


def gizmo(name: str = "g", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "x.example.com/v1", "kind": "Gizmo", "metadata": {"name": name}, "spec": {"size": 1, **spec}}


@pytest.fixture
async def gizmos(api: Api) -> Api:
    scale = {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Names", "type": "string", "priority": 1, "jsonPath": ".spec.items[*].name"},
        {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    ]
    tree = definition(
        subresources={"status": {}, "scale": scale},
        additionalPrinterColumns=columns,
        selectableFields=[{"jsonPath": ".spec.color"}],
    )
    await defined(api, tree)
    return api


async def test_a_definition_is_established_and_says_its_names(gizmos: Api) -> None:
    found = await gizmos.get(f"{CRDS}/gizmos.x.example.com")
    conditions = {each["type"]: (each["status"], each["reason"]) for each in found["status"]["conditions"]}
    assert conditions == {"NamesAccepted": ("True", "NoConflicts"), "Established": ("True", "InitialNamesAccepted")}
    assert found["status"]["acceptedNames"] == found["spec"]["names"]
    assert found["status"]["storedVersions"] == ["v1"]


async def test_some_version_is_always_among_those_stored(gizmos: Api) -> None:
    target = f"{CRDS}/gizmos.x.example.com/status"
    code, found = await gizmos.call(
        "PATCH", target, {"status": {"storedVersions": []}}, type="application/merge-patch+json"
    )
    assert (code, found["status"]["storedVersions"]) == (200, ["v1"])


async def test_discovery_and_openapi_show_it_at_once(gizmos: Api) -> None:
    listed = await gizmos.get("/apis/x.example.com/v1")
    assert [each["name"] for each in listed["resources"]] == ["gizmos", "gizmos/status", "gizmos/scale"]
    assert listed["resources"][0]["shortNames"] == ["gz"]
    document = await gizmos.get("/openapi/v3/apis/x.example.com/v1")
    assert "com.example.x.v1.Gizmo" in document["components"]["schemas"]


async def test_defaults_are_filled_in_and_unknown_fields_dropped_with_a_warning(gizmos: Api) -> None:
    made = await gizmos.make(GIZMOS, gizmo(bogus=1, free={"a": {"b": 1}}, items=[{"name": "a", "zz": 1}]))
    assert made["apiVersion"] == "x.example.com/v1"
    assert made["kind"] == "Gizmo"
    assert made["metadata"]["generation"] == 1
    assert made["spec"] == {
        "size": 1, "color": "red", "free": {"a": {"b": 1}}, "items": [{"name": "a", "v": "dv"}],
    }  # fmt: skip
    answer = await gizmos.send("POST", f"{GIZMOS}?fieldValidation=Warn", gizmo("h", bogus=1))
    assert isinstance(answer, http.Response)
    assert any("bogus" in value for name, value in answer.headers if name.lower() == "warning")
    code, refused = await gizmos.call("POST", f"{GIZMOS}?fieldValidation=Strict", gizmo("i", bogus=1))
    assert code == 400
    assert refused["message"] == (
        'Gizmo in version "v1" cannot be handled as a Gizmo: strict decoding error: unknown field "spec.bogus"'
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"size": 0}, "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        (
            {"size": "1"},
            'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
        ),
        ({"color": "blue"}, 'spec.color: Unsupported value: "blue": supported values: "red", "green"'),
        ({"pat": "ABC"}, "spec.pat: Invalid value: \"ABC\": spec.pat in body should match '^[a-z]+$'"),
        ({"pat": "abcdefgh"}, "spec.pat: Too long: may not be more than 5 bytes"),
        (
            {"port": 1.5},
            'spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"',
        ),
        ({"set": ["a", "a"]}, 'spec.set[1]: Duplicate value: "a"'),
        ({"set": list("abcde")}, "spec.set: Too many: 5: must have at most 4 items"),
        ({"items": [{"name": "a"}, {"name": "a"}]}, 'spec.items[1]: Duplicate value: {"name":"a"}'),
        ({"items": [{"v": "x"}]}, "spec.items[0].name: Required value"),
        (
            {"when": "yesterday"},
            'spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"',
        ),
    ],
)
async def test_what_the_schema_does_not_allow_is_refused(gizmos: Api, spec: dict[str, Any], message: str) -> None:
    code, refused = await gizmos.call("POST", GIZMOS, gizmo(**spec))
    assert code == 422, refused
    assert refused["message"] == f'Gizmo.x.example.com "g" is invalid: {message}'


async def test_null_is_kept_where_it_may_be_and_defaulted_where_not(gizmos: Api) -> None:
    made = await gizmos.make(GIZMOS, gizmo(nul=None, color=None))
    assert made["spec"]["color"] == "red"
    assert made["spec"]["nul"] is None


async def test_embedded_resources_say_what_they_are(gizmos: Api) -> None:
    code, refused = await gizmos.call("POST", GIZMOS, gizmo(embedded={"a": 1}))
    assert code == 422
    assert [each["field"] for each in refused["details"]["causes"]] == [
        "spec.embedded.apiVersion",
        "spec.embedded.kind",
    ]


async def test_status_and_spec_are_written_apart(gizmos: Api) -> None:
    made = await gizmos.make(GIZMOS, {**gizmo(), "status": {"dropped": 1}})
    assert "status" not in made
    patch = {"spec": {"size": 99}, "status": {"replicas": 2, "selector": "a=b"}}
    _, written = await gizmos.call("PATCH", f"{GIZMOS}/g/status", patch, type=MERGE)
    assert written["spec"]["size"] == 1
    assert written["status"] == {"replicas": 2, "selector": "a=b"}
    assert written["metadata"]["generation"] == 1
    _, written = await gizmos.call("PATCH", f"{GIZMOS}/g", {"spec": {"size": 2}}, type=MERGE)
    assert written["metadata"]["generation"] == 2
    assert written["status"]["replicas"] == 2


async def test_scale_reads_and_writes_the_paths_of_the_definition(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo(replicas=3))
    await gizmos.call("PATCH", f"{GIZMOS}/g/status", {"status": {"replicas": 2, "selector": "a=b"}}, type=MERGE)
    scale = await gizmos.get(f"{GIZMOS}/g/scale")
    assert scale["spec"] == {"replicas": 3}
    assert scale["status"] == {"replicas": 2, "selector": "a=b"}
    code, _ = await gizmos.call("PATCH", f"{GIZMOS}/g/scale", {"spec": {"replicas": 5}}, type=MERGE)
    assert code == 200
    assert (await gizmos.get(f"{GIZMOS}/g"))["spec"]["replicas"] == 5


async def test_tables_show_the_columns_of_the_definition(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo(items=[{"name": "a"}]))
    ready = {"status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]}}
    await gizmos.call("PATCH", f"{GIZMOS}/g/status", ready, type=MERGE)
    for target in (GIZMOS, f"{GIZMOS}/g"):
        _, shown = await gizmos.call("GET", target, headers={"accept": TABLE})
        assert [each["name"] for each in shown["columnDefinitions"]] == ["Name", "Size", "Names", "Ready"]
        assert shown["rows"][0]["cells"] == ["g", 1, "a", "True"]


async def test_selectable_fields_select(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo("r"))
    await gizmos.make(GIZMOS, gizmo("g", color="green"))
    found = await gizmos.get(f"{GIZMOS}?fieldSelector=spec.color%3Dgreen")
    assert [each["metadata"]["name"] for each in found["items"]] == ["g"]
    assert found["kind"] == "GizmoList"
    code, _ = await gizmos.call("GET", f"{GIZMOS}?fieldSelector=spec.size%3D1")
    assert code == 400


async def test_apply_merges_lists_by_their_keys_and_owns_fields(gizmos: Api) -> None:
    head = {"apiVersion": "x.example.com/v1", "kind": "Gizmo", "metadata": {"name": "g"}}
    first = {**head, "spec": {"size": 1, "items": [{"name": "a"}]}}
    code, _ = await gizmos.call("PATCH", f"{GIZMOS}/g?fieldManager=one", first, type=APPLY)
    assert code == 201
    second = {**head, "spec": {"items": [{"name": "b"}]}}
    code, made = await gizmos.call("PATCH", f"{GIZMOS}/g?fieldManager=two", second, type=APPLY)
    assert code == 200
    assert [each["name"] for each in made["spec"]["items"]] == ["a", "b"]
    code, refused = await gizmos.call(
        "PATCH", f"{GIZMOS}/g?fieldManager=two", {**head, "spec": {"size": 2}}, type=APPLY
    )
    assert code == 409
    assert refused["details"]["causes"][0]["field"] == ".spec.size"
    code, _ = await gizmos.call("PATCH", f"{GIZMOS}/g", {"spec": {}}, type=STRATEGIC)
    assert code == 415


async def test_another_version_is_the_same_object_with_the_defaults_of_the_stored_one(api: Api) -> None:
    tree = definition()
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "properties": {
            "size": {"type": "integer"}, "extra": {"type": "string", "default": "e"},
        }}},
    }  # fmt: skip
    second = {"name": "v2", "served": True, "storage": False, "schema": {"openAPIV3Schema": schema}}
    tree["spec"]["versions"].append(second)
    await defined(api, tree)
    await api.make(GIZMOS, gizmo())
    found = await api.get(GIZMOS.replace("/v1/", "/v2/") + "/g")
    assert found["apiVersion"] == "x.example.com/v2"
    assert found["spec"] == {"size": 1}
    await api.make(GIZMOS.replace("/v1/", "/v2/"), {**gizmo("other"), "apiVersion": "x.example.com/v2"})
    assert (await api.get(f"{GIZMOS}/other"))["spec"] == {"size": 1, "color": "red"}
    assert (await api.get(f"{GIZMOS}/g"))["spec"] == {"size": 1, "color": "red"}


async def test_a_changed_schema_defaults_what_is_stored_already(api: Api) -> None:
    await defined(api, definition())
    await api.make(GIZMOS, gizmo())
    patch = definition()["spec"]
    patch["versions"][0]["schema"]["openAPIV3Schema"] = json.loads(
        json.dumps(patch["versions"][0]["schema"]["openAPIV3Schema"])
    )
    added = patch["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    added["later"] = {"type": "string", "default": "l"}
    code, _ = await api.call("PATCH", f"{CRDS}/gizmos.x.example.com", {"spec": patch}, type=MERGE)
    assert code == 200
    assert (await api.get(f"{GIZMOS}/g"))["spec"]["later"] == "l"
    assert (await api.get(GIZMOS))["items"][0]["spec"]["later"] == "l"


async def test_a_deleted_definition_takes_its_objects_along(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo())
    code, gone = await gizmos.call("DELETE", f"{CRDS}/gizmos.x.example.com")
    assert code == 200
    assert gone["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    await until_idle()
    code, _ = await gizmos.call("GET", f"{CRDS}/gizmos.x.example.com")
    assert code == 404
    answer = await gizmos.send("GET", GIZMOS)
    assert isinstance(answer, http.Response)
    assert answer.status == 404
    assert not gizmos.store.range("/registry/gizmos.x.example.com/").entries


async def test_while_an_object_stays_the_definition_does_and_nothing_new_is_made(gizmos: Api) -> None:
    held = gizmo()
    held["metadata"]["finalizers"] = ["x.example.com/hold"]
    await gizmos.make(GIZMOS, held)
    await gizmos.call("DELETE", f"{CRDS}/gizmos.x.example.com")
    await until_idle()
    code, refused = await gizmos.call("POST", GIZMOS, gizmo("late"))
    assert code == 403
    assert refused["message"] == (
        'gizmos.x.example.com "late" is forbidden: create not allowed while custom resource definition is terminating'
    )
    await gizmos.call("PATCH", f"{GIZMOS}/g", {"metadata": {"finalizers": None}}, type=MERGE)
    await gizmos.clock.advance(2)
    await until_idle()
    code, _ = await gizmos.call("GET", f"{CRDS}/gizmos.x.example.com")
    assert code == 404


async def test_a_name_that_is_taken_is_not_accepted(gizmos: Api) -> None:
    tree = definition()
    tree["metadata"]["name"] = "others.x.example.com"
    tree["spec"]["names"] = {"plural": "others", "singular": "other", "kind": "Gizmo", "listKind": "OtherList"}
    await defined(gizmos, tree)
    found = await gizmos.get(f"{CRDS}/others.x.example.com")
    named = next(each for each in found["status"]["conditions"] if each["type"] == "NamesAccepted")
    assert (named["status"], named["reason"], named["message"]) == (
        "False",
        "KindConflict",
        '"Gizmo" is already in use',
    )
    answer = await gizmos.send("GET", "/apis/x.example.com/v1/others")
    assert isinstance(answer, http.Response)
    assert answer.status == 404


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"kind": None}, 400, "Object 'Kind' is missing in '{"),
        ({"apiVersion": None}, 400, "the API version in the data () does not match the expected API version (x.ex"),
        ({"apiVersion": "v1"}, 400, "the API version in the data (v1) does not match the expected API version (x."),
        ({"kind": "Other"}, 422, 'Other.x.example.com "g" is invalid: kind: Invalid value: "Other": must be Gizmo'),
    ],
)
async def test_a_body_says_what_it_is(gizmos: Api, change: dict[str, Any], code: int, message: str) -> None:
    body = {key: value for key, value in {**gizmo(), **change}.items() if value is not None}
    found, refused = await gizmos.call("POST", GIZMOS, body)
    assert found == code
    assert message in refused["message"]


async def test_a_patch_cannot_make_it_something_else(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo())
    code, refused = await gizmos.call("PATCH", f"{GIZMOS}/g", {"kind": "Other"}, type=MERGE)
    assert (code, refused["message"]) == (
        422, 'Other.x.example.com "g" is invalid: kind: Invalid value: "Other": must be Gizmo'
    )  # fmt: skip
    code, refused = await gizmos.call("PATCH", f"{GIZMOS}/g", {"apiVersion": "v1"}, type=MERGE)
    assert (code, refused["message"]) == (
        422, 'Gizmo "g" is invalid: apiVersion: Invalid value: "v1": must be x.example.com/v1'
    )  # fmt: skip
    code, refused = await gizmos.call("PATCH", f"{GIZMOS}/g", {"kind": None}, type=MERGE)
    assert code == 422
    assert "Object 'Kind' is missing in" in refused["message"]


async def test_strategic_patches_are_not_for_custom_resources(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo())
    code, refused = await gizmos.call(
        "PATCH", f"{GIZMOS}/g", {}, type="application/strategic-merge-patch+json"
    )  # fmt: skip
    assert code == 415
    assert refused["message"].endswith(
        "accepted media types include: application/json-patch+json, application/merge-patch+json, "
        "application/apply-patch+yaml"
    )


async def test_a_deprecated_version_says_what_to_use_instead(api: Api) -> None:
    tree = definition()
    (first,) = tree["spec"]["versions"]
    tree["spec"]["versions"] = [first, {**first, "name": "v1beta1", "storage": False, "deprecated": True}]
    await defined(api, tree)
    answer = await api.send("GET", GIZMOS.replace("/v1/", "/v1beta1/"))
    assert [value for name, value in answer.headers if name.lower() == "warning"] == [
        '299 - "x.example.com/v1beta1 Gizmo is deprecated; use x.example.com/v1 Gizmo"'
    ]


async def test_what_a_definition_does_not_have_is_not_found(gizmos: Api) -> None:
    await gizmos.make(GIZMOS, gizmo())
    code, refused = await gizmos.call("GET", f"{GIZMOS}/g/nope")
    assert (code, refused["message"]) == (404, 'gizmos.x.example.com "g" not found')
    code, refused = await gizmos.call("POST", f"{GIZMOS}/g/scale", {})
    assert (code, refused["message"]) == (405, 'create is not supported on resources of kind "gizmos.x.example.com"')
    for path in ("/apis/x.example.com/v9/gizmos", "/apis/x.example.com/v1/nothing", "/apis/x.example.com/v9"):
        answer = await gizmos.send("GET", path)
        assert isinstance(answer, http.Response)
        assert (answer.status, bytes(answer.body)) == (404, b"404 page not found\n")
