"""What clients read of a custom resource in OpenAPI, v3 and v2."""

from typing import Any

from steersman.api import resources
from steersman.apiserver.discovery.openapi import custom

RESOURCE = resources.Resource(
    group="x.example.com", version="v1", plural="gizmos", kind="Gizmo", namespaced=True, list_kind="GizmoList",
    custom=True,
)  # fmt: skip
NAME = "com.example.x.v1.Gizmo"
STRING: dict[str, Any] = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A gizmo.",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["a", "nul"],
            "oneOf": [{"required": ["a"]}],
            "properties": {
                "a": STRING,
                "nul": {**STRING, "nullable": True, "description": "or nothing"},
                "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"b": STRING}},
                "inner": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": STRING}},
            },
        }
    },
}


def schemas() -> dict[str, Any]:
    return custom.published(RESOURCE, SCHEMA, NAME)


def test_the_standard_fields_are_put_in_and_the_rest_stays() -> None:
    made = schemas()[NAME]
    assert list(made["properties"]) == ["spec", "apiVersion", "kind", "metadata"]
    assert made["properties"]["spec"]["oneOf"] == [{"required": ["a"]}]
    assert made["x-kubernetes-group-version-kind"] == [{"group": "x.example.com", "version": "v1", "kind": "Gizmo"}]
    assert schemas()[NAME + "List"]["properties"]["items"]["items"]["$ref"].endswith(NAME)


def test_a_resource_inside_has_the_standard_fields_and_needs_its_kind() -> None:
    inner = schemas()[NAME]["properties"]["spec"]["properties"]["inner"]
    assert set(inner["properties"]) == {"spec", "apiVersion", "kind", "metadata"}
    assert inner["required"] == ["kind", "apiVersion"]


def test_v2_says_what_it_can() -> None:
    spec = custom.in_v2(schemas()[NAME])["properties"]["spec"]
    assert "oneOf" not in spec
    assert spec["required"] == ["a"]
    assert spec["properties"]["nul"] == {"description": "or nothing"}
    assert spec["properties"]["free"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_v2_shows_nothing_of_what_keeps_everything() -> None:
    free = custom.published(RESOURCE, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}, NAME)[NAME]
    assert set(custom.in_v2(free)) == {"type", "x-kubernetes-group-version-kind"}
