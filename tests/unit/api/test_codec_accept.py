"""The walk over a body: what is taken, changed, dropped and refused."""

from typing import Any

import msgspec
import pytest

from steersman.api import codec, schema

CORE = "io.k8s.api.core.v1."


def accept(name: str, tree: Any, **how: Any) -> codec.Accepted:
    return codec.accept(schema.definition(name), tree, **how)


def pod(**spec: Any) -> dict[str, Any]:
    container = {"name": "a", "image": "b", "resources": {}}
    return {"metadata": {"name": "x"}, "spec": {"containers": [container], **spec}, "status": {}}


def test_what_is_right_is_shared_with_the_body() -> None:
    tree = pod(nodeName="n")
    assert accept(CORE + "Pod", tree).tree is tree


def test_unknown_fields_are_dropped_and_told_by_their_path() -> None:
    tree = pod(bogus=1)
    tree["spec"]["containers"][0]["more"] = {"deep": True}
    accepted = accept(CORE + "Pod", tree)
    assert "bogus" not in accepted.tree["spec"]
    assert accepted.problems == ['unknown field "spec.containers[0].more"', 'unknown field "spec.bogus"']
    assert "bogus" in tree["spec"], "the body is left as it was"


def test_nulls_and_zero_values_go_where_the_type_leaves_them_out() -> None:
    tree = pod(hostNetwork=False, nodeName="", nodeSelector={}, tolerations=[], hostname=None, hostUsers=False)
    spec = accept(CORE + "Pod", tree).tree["spec"]
    assert set(spec) == {"containers", "hostUsers"}, "pointers keep their zero"


def test_values_that_are_always_written_are_filled_in() -> None:
    made = accept(CORE + "Pod", {"metadata": {}, "spec": {"containers": [{"name": "a"}]}}).tree
    assert made["spec"]["containers"][0] == {"name": "a", "resources": {}}
    assert made["status"] == {}
    role = accept("io.k8s.api.rbac.v1.Role", {"metadata": {}}).tree
    assert role["rules"] is None


def test_an_empty_list_stays_until_storage_takes_it_for_none() -> None:
    role = accept("io.k8s.api.rbac.v1.Role", {"metadata": {}, "rules": []}).tree
    assert role["rules"] == []
    settled = codec.settled(schema.definition("io.k8s.api.rbac.v1.Role"), role)
    assert settled["rules"] is None
    assert role["rules"] == []
    web = {"spec": {"containers": [{"name": "a", "args": []}], "volumes": [{"projected": {"sources": []}}]}}
    settled = codec.settled(schema.definition(CORE + "Pod"), web)
    assert settled["spec"]["volumes"] == [{"projected": {"sources": None}}]
    assert settled["spec"]["containers"] is web["spec"]["containers"]


def test_an_empty_list_of_managed_fields_stays_for_it_asks_to_forget_them() -> None:
    made = accept(CORE + "ConfigMap", {"metadata": {"name": "a", "managedFields": []}}).tree
    assert made["metadata"]["managedFields"] == []


def test_what_was_filled_in_belongs_to_the_caller() -> None:
    first = accept(CORE + "Pod", {"metadata": {}}).tree
    first["status"]["phase"] = "Pending"
    first["spec"]["containers"] = []
    assert accept(CORE + "Pod", {"metadata": {}}).tree == {"metadata": {}, "spec": {"containers": None}, "status": {}}


def test_quantities_and_times_are_written_as_go_writes_them() -> None:
    tree = pod()
    tree["spec"]["containers"][0]["resources"] = {"limits": {"cpu": "1000m", "memory": 1024, "x/y": 0.5}}
    tree["metadata"]["creationTimestamp"] = "2026-01-01T01:00:00+01:00"
    made = accept(CORE + "Pod", tree).tree
    assert made["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "1024", "x/y": "500m"}
    assert made["metadata"]["creationTimestamp"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"ports": [{"port": "80"}]}, "string into Go struct field ServicePort.spec.ports.port of type int32"),
        (
            {"ports": [{"port": 1 << 40}]},
            "number 1099511627776 into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        ({"ports": [{"port": 1.5}]}, "number 1.5 into Go struct field ServicePort.spec.ports.port of type int32"),
        ({"ports": {}}, "object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort"),
        ({"ports": [[]]}, "array into Go struct field ServiceSpec.spec.ports of type v1.ServicePort"),
        ({"selector": {"a": 1}}, "number into Go struct field ServiceSpec.spec.selector of type string"),
        ({"selector": []}, "array into Go struct field ServiceSpec.spec.selector of type map[string]string"),
        ({"type": 1}, "number into Go struct field ServiceSpec.spec.type of type v1.ServiceType"),
        (
            {"publishNotReadyAddresses": "no"},
            "string into Go struct field ServiceSpec.spec.publishNotReadyAddresses of type bool",
        ),
        ([], "array into Go struct field Service.spec of type v1.ServiceSpec"),
    ],
)
def test_wrong_types_are_refused_in_gos_words(spec: Any, why: str) -> None:
    with pytest.raises(codec.DecodeError) as refused:
        accept(CORE + "Service", {"spec": spec})
    assert str(refused.value) == f"json: cannot unmarshal {why}"


def test_embedded_structs_stand_in_the_path() -> None:
    with pytest.raises(
        codec.DecodeError, match=r"field ExecAction\.spec\.containers\.livenessProbe\.ProbeHandler\.exec"
    ):
        probe = {"exec": {"command": "ls"}}
        accept(CORE + "Pod", {"spec": {"containers": [{"name": "a", "livenessProbe": probe}]}})


def test_the_first_wrong_type_is_told_but_a_bad_quantity_goes_first() -> None:
    wrong = {"spec": {"nodeName": 1, "hostname": 2}}
    with pytest.raises(codec.DecodeError, match=r"spec\.nodeName"):
        accept(CORE + "Pod", wrong)
    wrong["spec"]["overhead"] = {"cpu": "lots"}  # type: ignore[assignment]
    with pytest.raises(codec.DecodeError, match="quantities must match"):
        accept(CORE + "Pod", wrong)


@pytest.mark.parametrize(
    ("text", "at"),
    [("a", 0), ("zz!z", 2), ("YQ", 0), ("YQ=", 3), ("YQ==x", 4), ("====", 0), ("not base64", 3)],
)
def test_bad_base64_is_refused_at_gos_byte(text: str, at: int) -> None:
    with pytest.raises(codec.DecodeError) as refused:
        accept(CORE + "Secret", {"data": {"k": text}})
    assert str(refused.value) == f"illegal base64 data at input byte {at}"


def test_base64_is_written_in_its_plain_form() -> None:
    made = accept(CORE + "Secret", {"data": {"k": "YWJj\nZGVm\n", "l": "YQ=="}}).tree
    assert made["data"] == {"k": "YWJjZGVm", "l": "YQ=="}


def test_duplicate_fields_are_told_where_the_body_is_given() -> None:
    body = b'{"metadata":{"name":"a","name":"b","labels":{"x":"\\":","y":"1"}},"spec":{"containers":null}, "status":{}}'
    accepted = accept(CORE + "Pod", codec.decode_json(body), body=body)
    assert accepted.problems == ['duplicate field "metadata.name"']
    assert accepted.tree["metadata"]["name"] == "b"


def test_spaces_before_colons_do_not_hide_duplicates() -> None:
    body = b'{"metadata" : {"name" : "a", "name" : "b"}}'
    assert accept(CORE + "Pod", msgspec.json.decode(body), body=body).problems == ['duplicate field "metadata.name"']


def test_no_more_than_a_hundred_problems_are_told() -> None:
    tree = {f"f{number}": number for number in range(500)}
    assert len(accept(CORE + "Pod", tree).problems) == 100


def test_raw_extensions_are_kept_as_they_are() -> None:
    data = {"any": [None, {"x": 0}]}
    tree = {"metadata": {"name": "a"}, "data": data, "revision": 1}
    assert accept("io.k8s.api.apps.v1.ControllerRevision", tree).tree["data"] is data


def test_nested_schemas_drop_what_is_unknown_without_a_word() -> None:
    name = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
    body = b'{"items":{"type":"string","bogus":1},"additionalProperties":false}'
    accepted = accept(name, codec.decode_json(body), body=body)
    assert accepted.tree == {"items": {"type": "string"}, "additionalProperties": False}
    assert accepted.problems == []


def test_empty_lists_and_maps_that_are_left_out_can_be_put_back() -> None:
    sent = {
        "metadata": {"labels": {}, "annotations": {"a": "b"}, "finalizers": []},
        "spec": {"containers": [{"name": "c", "command": [], "ports": [{"containerPort": 1}]}, {"env": []}]},
    }
    accepted = accept(CORE + "Pod", sent)
    assert "labels" not in accepted.tree["metadata"]
    assert "command" not in accepted.tree["spec"]["containers"][0]
    again = codec.restored(accepted.tree, accepted.empty)
    assert again["metadata"] == {**accepted.tree["metadata"], "labels": {}, "finalizers": []}
    assert again["spec"]["containers"][0]["command"] == again["spec"]["containers"][1]["env"] == []
    assert again is not accepted.tree


def test_what_stands_in_their_place_since_stays() -> None:
    accepted = accept(CORE + "Pod", {"metadata": {"labels": {}}})
    assert codec.restored({"metadata": {"labels": {"a": "b"}}}, accepted.empty) == {"metadata": {"labels": {"a": "b"}}}
    assert codec.restored({"metadata": None}, accepted.empty) == {"metadata": None}
