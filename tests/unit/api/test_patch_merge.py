"""Merge patch: RFC 7396."""

import pytest

from steersman.api.patch import merge_patch
from steersman.api.status import StatusError


def test_null_removes_objects_merge_the_rest_replaces() -> None:
    tree = {"a": {"b": 1, "c": 2}, "d": [1, 2], "e": "f"}
    assert merge_patch.apply(tree, {"a": {"b": None, "x": 3}, "d": [3], "e": {"g": None, "h": 1}}) == {
        "a": {"c": 2, "x": 3},
        "d": [3],
        "e": {"h": 1},
    }


def test_nulls_inside_what_is_new_go_too() -> None:
    assert merge_patch.apply({}, {"a": {"b": None, "c": [{"d": None}, None]}}) == {"a": {"c": [{}, None]}}


def test_an_empty_patch_shares_everything() -> None:
    tree = {"a": {"b": 1}}
    assert merge_patch.apply(tree, {"a": {}})["a"] is tree["a"]


@pytest.mark.parametrize(("patch", "kind"), [([], "array"), ("x", "string"), (1, "number"), (True, "bool")])
def test_a_patch_is_an_object(patch: object, kind: str) -> None:
    with pytest.raises(StatusError) as caught:
        merge_patch.apply({}, patch)
    assert caught.value.message == (
        f"error decoding patch: json: cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    )


def test_null_is_no_patch() -> None:
    with pytest.raises(StatusError) as caught:
        merge_patch.apply({}, None)
    assert (caught.value.code, caught.value.message) == (400, "Invalid JSON Patch")
