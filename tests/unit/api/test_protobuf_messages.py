from typing import Any

import pytest

from steersman.api import codec, resources, schema
from steersman.api.codec import protobuf
from steersman.api.codec.protobuf import kinds, wire
from steersman.api.schema.node import Node
from steersman.api.status import StatusError

PB = protobuf.MEDIA_TYPE
CRD = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."


def node(kind: str, version: str = "core.v1") -> Node:
    return schema.definition(f"io.k8s.api.{version}.{kind}")


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, bytes):
        return wire.field(number, value)
    return wire.number(number << 3) + wire.number(value)


def there_and_back(of: Node, tree: dict[str, Any]) -> Any:
    return protobuf.decode(of, protobuf.unwrapped(protobuf.encode(of, tree, "v1", "X")).raw)


def test_zeros_that_go_writes_for_every_field_are_left_out_where_json_leaves_them_out() -> None:
    pod = field(1, field(1, b"web") + field(2, b"") + field(7, 0) + field(8, b"")) + field(
        2, field(3, b"") + field(11, 0) + field(2, field(1, b"c") + field(2, b"i") + field(16, 0) + field(8, b""))
    )
    assert protobuf.decode(node("Pod"), pod) == {
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": {}}]},
        "status": {},
    }


def test_zeros_behind_pointers_are_kept() -> None:
    spec = field(2, field(1, 0) + field(2, b""))
    assert protobuf.decode(node("Deployment", "apps.v1"), spec)["spec"]["replicas"] == 0


def test_what_json_always_writes_is_there_when_the_wire_has_nothing() -> None:
    assert protobuf.decode(node("Role", "rbac.v1"), b"") == {"metadata": {}, "rules": None}


def test_embedded_structs_stand_beside_the_other_fields() -> None:
    volume = {"name": "v", "secret": {"secretName": "s", "defaultMode": 420}}
    assert there_and_back(node("Volume"), volume) == volume
    assert there_and_back(node("Volume"), {"name": "v"}) == {"name": "v"}


@pytest.mark.parametrize(
    ("of", "tree"),
    [
        (node("ServicePort"), {"port": 80, "targetPort": "http"}),
        (node("ServicePort"), {"port": 80, "targetPort": -1}),
        (node("Secret"), {"metadata": {}, "data": {"a": "AP8=", "b": ""}, "stringData": {"k": "ü"}}),
        (node("ResourceRequirements"), {"limits": {"cpu": "100m", "memory": "1Gi"}}),
        (node("LeaseSpec", "coordination.v1"), {"renewTime": "2026-05-01T12:00:00.123456Z", "leaseTransitions": -5}),
        (node("UserInfo", "authentication.v1"), {"username": "u", "extra": {"a": ["x", ""], "b": []}}),
        (
            node("ControllerRevision", "apps.v1"),
            {"metadata": {}, "revision": 1 << 40, "data": {"spec": [1, 1.5, None, "x"]}},
        ),
        (node("PodSecurityContext"), {"supplementalGroups": [1, 0, 1 << 33]}),
        (node("EmptyDirVolumeSource"), {}),
    ],
)
def test_values_with_an_encoding_of_their_own_come_back(of: Node, tree: dict[str, Any]) -> None:
    assert there_and_back(of, tree) == tree


def test_schemas_and_what_may_stand_in_their_place_come_back() -> None:
    props = {
        "type": "object",
        "default": {"a": [1, None]},
        "enum": ["x", 1, {"y": 2}],
        "maximum": 5,
        "multipleOf": 0.5,
        "items": [{"type": "string"}, {}],
        "additionalProperties": False,
        "additionalItems": {"type": "integer", "$ref": "r"},
        "dependencies": {"a": ["b"], "c": {"not": {"nullable": True}}},
        "properties": {"p": {"items": {"x-kubernetes-int-or-string": True}, "additionalProperties": True}},
        "x-kubernetes-validations": [{"rule": "self > 1"}],
    }
    assert there_and_back(schema.definition(CRD + "JSONSchemaProps"), props) == props


def test_an_empty_time_is_none_and_the_epoch_is_one() -> None:
    meta = schema.definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    assert protobuf.decode(meta, field(9, b"")) == {}
    assert protobuf.decode(meta, field(9, field(1, 0)))["deletionTimestamp"] == "1970-01-01T00:00:00Z"
    assert protobuf.decode(meta, field(9, field(1, -62135596800))) == {}


def test_scalars_of_another_shape_inside_a_time_are_passed_over() -> None:
    meta = schema.definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    odd = field(8, b"x") + field(16, b"y") + field(2, b"z")
    assert protobuf.decode(meta, field(9, odd + field(1, 5)))["deletionTimestamp"] == "1970-01-01T00:00:05Z"


def test_a_message_that_comes_twice_is_merged_and_lists_may_be_packed() -> None:
    assert protobuf.decode(node("Pod"), field(2, field(10, b"n")) + field(2, field(3, b"Never")))["spec"] == {
        "nodeName": "n", "restartPolicy": "Never", "containers": None,
    }  # fmt: skip
    assert protobuf.decode(node("PodSecurityContext"), field(4, b"\x01\x02\x80\x01")) == {
        "supplementalGroups": [1, 2, 128]
    }


def test_fields_of_a_newer_release_are_passed_over() -> None:
    newer = field(900, b"x") + field(901, 7) + b"\xb1\x38" + b"8" * 8 + b"\xb5\x38" + b"4444" + b"\xb3\x38\xb4\x38"
    assert protobuf.decode(node("ConfigMap"), newer + field(2, field(1, b"k") + field(2, b"v")) + newer) == {
        "metadata": {}, "data": {"k": "v"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0a\xff", "unexpected EOF"),
        (b"\x0a\x05ab", "unexpected EOF"),
        (b"\x0a", "unexpected EOF"),
        (b"\x0a\x02\x0a\x05hello", "unexpected EOF"),
        (b"\x08\x01", "wrong wireType = 0 for field Metadata"),
        (b"\xff" * 11, "integer overflow"),
        (b"\x00\x01", "illegal tag 0"),
        (b"\x0c", "end group for non-group"),
        (b"\xb7\x38", "illegal wireType 7"),
        (field(1, field(17, field(7, field(1, b"{")))), "unexpected end of JSON input"),
        (field(1, field(8, b"\x08")), "unexpected EOF"),
        (field(1, field(9, field(1, 1 << 60))), "year outside of range"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(codec.DecodeError, match=why):
        protobuf.decode(node("ConfigMap"), data)


def test_nesting_is_bounded() -> None:
    props = schema.definition(CRD + "JSONSchemaProps")
    data = b""
    for _ in range(100):
        data = field(28, data)
    assert protobuf.decode(props, data)
    for _ in range(150):
        data = field(28, data)
    with pytest.raises(codec.DecodeError, match="exceeded max depth"):
        protobuf.decode(props, data)


def test_lists_and_statuses_name_their_own_kind() -> None:
    body = protobuf.encode_body({"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "5"},
                                 "items": [{"metadata": {"name": "a"}}]})  # fmt: skip
    assert protobuf.decode_body(body)["items"][0]["metadata"] == {"name": "a"}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": 404}
    assert protobuf.decode_body(protobuf.encode_body(status)) == status
    options = {"kind": "DeleteOptions", "apiVersion": "apps/v1", "propagationPolicy": "Orphan"}
    assert protobuf.decode_body(protobuf.encode_body(options)) == options
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": {"name": "a"}}
    assert protobuf.decode_body(protobuf.encode_body(partial)) == partial


@pytest.mark.parametrize("tree", [{"kind": "Table", "apiVersion": "meta.k8s.io/v1"}, {"kind": "Foo"}])
def test_what_has_no_protobuf_form_says_so(tree: dict[str, Any]) -> None:
    with pytest.raises(protobuf.NoProtobuf):
        protobuf.encode_body(tree)


def test_a_watch_event_is_framed_by_its_length() -> None:
    body = protobuf.encode_body({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}})
    framed = protobuf.frame("ADDED", body)
    assert int.from_bytes(framed[:4], "big") == len(framed) - 4
    assert framed.endswith(body)
    assert framed[4:11] == b"\x0a\x05ADDED"


def receive(body: bytes, resource: str = "configmaps") -> codec.Received:
    found = resources.get(resource)
    assert found is not None
    return codec.into(found.api_version, found.kind, schema.node_of(found), f"{PB}; charset=utf-8", body)


def test_a_request_body_becomes_an_object_with_kind_and_version() -> None:
    sent = protobuf.wrapped("", "", field(2, field(1, b"k") + field(2, b"v")))
    assert receive(sent).tree == {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {}, "data": {"k": "v"}}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the object provided is unrecognized (must be of type ConfigMap): empty data (<empty>)"),
        (
            b"{}",
            (
                "the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be "
                "a protobuf message, expected prefix [107 56 115 0] ({})"
            ),
        ),
        (
            protobuf.wrapped("v1", "Pod", b""),
            (
                'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): '
                "unknown conversion"
            ),
        ),
        (
            protobuf.wrapped("v1", "ConfigMap", b"\x0a\x05"),
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: unexpected EOF',
        ),
    ],
)
def test_a_body_that_is_not_the_object_is_a_bad_request(body: bytes, message: str) -> None:
    with pytest.raises(StatusError) as caught:
        receive(body)
    assert (caught.value.code, caught.value.message) == (400, message)


def test_custom_resources_do_not_come_as_protobuf() -> None:
    custom = Node("object")
    with pytest.raises(StatusError, match="does not implement the protobuf marshalling interface") as caught:
        codec.into("example.com/v1", "Foo", custom, PB, protobuf.wrapped("example.com/v1", "Foo", b""))
    assert caught.value.code == 400


def test_options_come_without_knowing_their_type() -> None:
    body = protobuf.encode_body({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]})
    assert codec.decode_body(PB, body)["dryRun"] == ["All"]
    with pytest.raises(codec.DecodeError, match='no kind "Foo" is registered for version "v1"'):
        codec.decode_body(PB, protobuf.wrapped("v1", "Foo", b""))


def test_types_are_found_in_every_group() -> None:
    for resource in resources.EVERYTHING.all():
        assert kinds.node(resource.api_version, resource.kind).name == resource.schema
