"""From the published schema to ours: what is taken, what the hand-written tables add."""

from typing import Any

from steersman.api.schema import generator

NULLABLE = ["string", "null"]


def generate(name: str, **definition: Any) -> Any:
    schema, descriptions = generator.generate({name: {"type": ["object", "null"], **definition}})
    return schema[name], descriptions[name]


def test_null_and_fixed_kinds_are_left_out_and_descriptions_go_apart() -> None:
    made, texts = generate(
        "io.k8s.api.core.v1.Thing",
        description="A thing.",
        properties={"kind": {"type": NULLABLE, "enum": ["Thing"]}, "note": {"type": NULLABLE, "description": "Text."}},
    )
    assert made["properties"] == {"kind": {"type": "string"}, "note": {"type": "string"}}
    assert made["type"] == "object"
    assert texts == {"": "A thing.", "note": "Text."}


def test_required_values_have_a_zero_and_are_always_written() -> None:
    made, _ = generate(
        "io.k8s.api.core.v1.Thing",
        properties={
            "name": {"type": "string"},
            "count": {"type": "integer", "format": "int32"},
            "items": {"type": "array", "items": {"type": "string"}},
            "inner": {"$ref": "#/$defs/io.k8s.api.core.v1.Inner"},
        },
        required=["name", "count", "items", "inner"],
    )
    defaults = {field: value.get("default") for field, value in made["properties"].items()}
    assert defaults == {"name": "", "count": 0, "items": None, "inner": {}}
    assert made["x"]["w"] == {"name": "", "count": 0, "items": None, "inner": {"$ref": "io.k8s.api.core.v1.Inner"}}


def test_optional_strings_and_lists_are_left_out_when_empty_but_numbers_are_pointers() -> None:
    made, _ = generate(
        "io.k8s.api.core.v1.Thing",
        properties={
            "note": {"type": NULLABLE},
            "list": {"type": ["array", "null"], "items": {"type": "string"}},
            "replicas": {"type": ["integer", "null"], "format": "int32"},
            "paused": {"type": ["boolean", "null"]},
        },
    )
    assert made["x"]["z"] == ["note", "list"]


def test_the_tables_by_hand_decide_where_the_schema_is_silent() -> None:
    made, _ = generate(
        "io.k8s.api.core.v1.PodSpec",
        properties={
            "hostNetwork": {"type": ["boolean", "null"]},
            "shareProcessNamespace": {"type": ["boolean", "null"]},
            "runtimeClassName": {"type": NULLABLE},
            "restartPolicy": {"type": NULLABLE},
        },
    )
    assert made["x"]["z"] == ["hostNetwork", "restartPolicy"]
    assert made["x"]["g"] == {"restartPolicy": "v1.RestartPolicy"}
