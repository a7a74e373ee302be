"""Nodes of the generated schema."""

import json
import pathlib
from typing import Any

import pytest

from steersman.api import resources, schema

ORACLE = pathlib.Path(__file__).resolve().parents[4] / "shared" / "oracle" / "openapi"
CORE = "io.k8s.api.core.v1."


def test_every_built_in_kind_has_a_node() -> None:
    for resource in resources.EVERYTHING.all():
        assert schema.node_of(resource).go_type == resource.kind


def test_lists_know_their_keys_and_how_they_are_patched() -> None:
    containers = schema.definition(CORE + "PodSpec").fields["containers"]
    assert (containers.kind, containers.list_type, containers.list_keys) == ("list", "map", ("name",))
    assert (containers.patch_key, containers.patch_strategies) == ("name", frozenset({"merge"}))
    strategy = schema.definition("io.k8s.api.apps.v1.DeploymentSpec").fields["strategy"]
    assert strategy.patch_strategies == {"retainKeys"}


def test_types_with_an_encoding_of_their_own_are_told_apart() -> None:
    limits = schema.definition(CORE + "ResourceRequirements").fields["limits"]
    assert limits.item is not None
    assert limits.item.kind == "quantity"
    kinds = {
        schema.definition(CORE + "ServicePort").fields["targetPort"].kind,
        schema.definition(CORE + "Event").fields["eventTime"].kind,
        schema.definition(CORE + "Event").fields["firstTimestamp"].kind,
        schema.definition("io.k8s.api.apps.v1.ControllerRevision").fields["data"].kind,
    }
    assert kinds == {"int-or-string", "micro-time", "time", "any"}


def test_schemas_may_contain_themselves() -> None:
    node = schema.definition("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps")
    assert node.fields["properties"].item is node


def test_the_zero_of_a_type_is_what_go_would_write() -> None:
    deployment = schema.zero(schema.definition("io.k8s.api.apps.v1.Deployment"))
    template = {"metadata": {}, "spec": {"containers": None}}
    assert deployment == {
        "metadata": {},
        "spec": {"selector": None, "strategy": {}, "template": template},
        "status": {},
    }


def test_unknown_definitions_are_refused() -> None:
    with pytest.raises(KeyError):
        schema.definition("io.k8s.api.core.v1.Nonsense")


def test_a_missing_schema_names_the_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    from steersman.api.schema import loader

    monkeypatch.setattr(loader, "_FOLDER", tmp_path)
    with pytest.raises(schema.SchemaMissing, match="pip install"):
        loader._read("schema.msgpack")


@pytest.mark.oracle
@pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle is not beside the project")
def test_defaults_and_formats_are_those_of_the_reference() -> None:
    """Field by field, on the documents of the largest groups."""
    for name in ("api__v1", "apis__apps__v1", "apis__batch__v1", "apis__resource.k8s.io__v1"):
        document = json.loads((ORACLE / f"{name}_openapi.json").read_bytes())
        for definition, wanted in document["components"]["schemas"].items():
            made = schema.openapi(definition)
            for field, value in wanted.get("properties", {}).items():
                assert _facts(made["properties"][field]) == _facts(value), f"{definition}.{field}"


def _facts(value: dict[str, Any]) -> dict[str, Any]:
    return {key: value.get(key) for key in ("default", "format", "type", "x-kubernetes-list-type")}
