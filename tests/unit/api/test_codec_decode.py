"""Bodies to trees: JSON errors in Go's words, YAML as Go reads it, what a body may be."""

from typing import Any

import pytest

from steersman.api import codec, schema
from steersman.api.codec import FieldValidation
from steersman.api.status import StatusError

POD = "io.k8s.api.core.v1.Pod"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "unexpected end of JSON input"),
        (b"{broken", "invalid character 'b' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":}', "invalid character '}' looking for beginning of value"),
        (b'{"a":1 "b"', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"{} x", "invalid character 'x' after top-level value"),
        (b"trux", "invalid character 'x' in literal true (expecting 'e')"),
        (b'{"a":"\n"}', r"invalid character '\n' in string literal"),
        (b'{"a":"\\x"}', "invalid character 'x' in string escape code"),
        (b'{"a":1.}', "invalid character '}' after decimal point in numeric literal"),
        (b'{"a":1', "unexpected end of JSON input"),
    ],
)
def test_broken_json_is_refused_in_gos_words(body: bytes, why: str) -> None:
    with pytest.raises(codec.DecodeError) as refused:
        codec.decode_json(body)
    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("off", False),
        ("'yes'", "yes"),
        ("0644", 420),
        ("0x1F", 31),
        ("1_000", 1000),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("1:30", "1:30"),
        ("2026-01-02", "2026-01-02"),
        ("1.2.3", "1.2.3"),
        ("8080", 8080),
        ("nothing", "nothing"),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_yaml_scalars_are_what_go_takes_them_for(text: str, value: Any) -> None:
    found = codec.decode_yaml(f"k: {text}\n".encode())["k"]
    assert found == value
    assert type(found) is type(value)


def test_yaml_keys_become_strings() -> None:
    assert codec.decode_yaml(b"{80: a, n: b, 1.5: c}") == {"80": "a", "false": "b", "1.5": "c"}


def test_merge_keys_and_aliases_are_written_out() -> None:
    tree = codec.decode_yaml(b"a: &x {one: 1}\nb: *x\nc: {<<: *x, two: 2}\n")
    assert tree == {"a": {"one": 1}, "b": {"one": 1}, "c": {"one": 1, "two": 2}}
    assert tree["a"] is not tree["b"]


def test_aliases_may_not_blow_a_body_up() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        aliases = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    with pytest.raises(codec.DecodeError, match="excessive aliasing"):
        codec.decode_yaml("\n".join(lines).encode())


@pytest.mark.parametrize("piece", [b"[", b"- ", b"{a: ", b"a:\n"])
def test_depth_may_not_end_the_process(piece: bytes) -> None:
    """PyYAML's C parser recurses: without a bound of ours this is a segmentation fault, not an exception."""
    body = piece * 60_000
    if piece.endswith(b"\n"):
        body = b"".join(b" " * level + piece for level in range(1000))
    with pytest.raises(codec.DecodeError, match="converting YAML to JSON: yaml: exceeded max depth of"):
        codec.decode_yaml(body)


def test_what_nests_as_deep_as_anything_real_is_read() -> None:
    assert codec.decode_yaml(b"a: " + b"[" * 300 + b"]" * 300)


def test_a_circle_of_aliases_is_refused() -> None:
    with pytest.raises(codec.DecodeError, match="contains itself"):
        codec.decode_yaml(b"a: &a [*a]")


def test_only_the_first_document_counts() -> None:
    assert codec.decode_yaml(b"a: 1\n---\nb: 2\n") == {"a": 1}


def test_json_sent_as_yaml_is_read_as_json() -> None:
    assert codec.decode_body("application/yaml", b'{"a": 1}') == {"a": 1}


def test_other_media_types_are_refused() -> None:
    with pytest.raises(StatusError) as refused:
        codec.decode_body("text/plain", b"{}")
    assert refused.value.code == 415


def receive(body: bytes, media: str = "application/json", validation: FieldValidation = FieldValidation.WARN) -> Any:
    return codec.into("v1", "Pod", schema.definition(POD), media, body, validation=validation)


def test_kind_and_version_may_be_left_out() -> None:
    tree = receive(b'{"metadata":{"name":"a"}}').tree
    assert (tree["apiVersion"], tree["kind"]) == ("v1", "Pod")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (
            b"{broken",
            (
                "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; "
                "json parse error: invalid character 'b' looking for beginning of object key string ({broken)"
            ),
        ),
        (
            b'{"kind":"Wrong","apiVersion":"v1"}',
            (
                'Wrong in version "v1" cannot be handled as a Pod: no kind "Wrong" is registered for version "v1" '
                'in scheme "pkg/api/legacyscheme/scheme.go:30"'
            ),
        ),
        (
            b'{"kind":"ConfigMap","apiVersion":"v1"}',
            (
                'ConfigMap in version "v1" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): '
                "unknown conversion"
            ),
        ),
        (
            b'{"kind":"Pod","apiVersion":"v1","spec":1}',
            (
                'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field '
                "Pod.spec of type v1.PodSpec"
            ),
        ),
    ],
)
def test_what_is_not_the_kind_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(StatusError) as refused:
        receive(body)
    assert (refused.value.code, refused.value.message) == (400, why)


def test_field_validation_warns_refuses_or_looks_away() -> None:
    body = b'{"metadata":{"name":"a"},"bogus":1,"more":2}'
    assert receive(body).warnings == ['unknown field "bogus"', 'unknown field "more"']
    assert receive(body, validation=FieldValidation.IGNORE).warnings == []
    with pytest.raises(StatusError) as refused:
        receive(body, validation=FieldValidation.STRICT)
    assert refused.value.message == (
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "bogus", '
        'unknown field "more"'
    )


def test_keys_that_stand_twice_in_yaml_are_told_by_line() -> None:
    warnings = receive(b"metadata:\n  name: a\n  name: b\n", "application/yaml").warnings
    assert warnings == ['yaml: unmarshal errors:\n  line 3: key "name" already set in map']


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not: [valid", "line 1: did not find expected ',' or ']'"),  # the parser counts from zero
        (b"a: 1\nb: %x\n", "line 2: found character that cannot start any token"),  # the scanner from one
        (b"a: @x", "found character that cannot start any token"),  # and the first line is never named
    ],
)
def test_broken_yaml_is_told_with_the_line_that_go_counts(body: bytes, why: str) -> None:
    with pytest.raises(codec.DecodeError) as refused:
        codec.decode_yaml(body)
    assert str(refused.value) == f"error converting YAML to JSON: yaml: {why}"
