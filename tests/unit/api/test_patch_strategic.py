"""Strategic merge patch: lists by their merge key, directives, order, refusals."""

import copy
from typing import Any

import pytest

from steersman.api import schema
from steersman.api.patch import refusal, strategic
from steersman.api.status import StatusError

POD = schema.definition("io.k8s.api.core.v1.Pod")


def tree(*names: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": name, "image": f"{name}:1"} for name in names]}}


def patched(original: dict[str, Any], patch: Any) -> Any:
    before = copy.deepcopy((original, patch))
    result = strategic.apply(original, patch, POD)
    assert (original, patch) == before, "an argument was changed"
    return result


def images(result: Any) -> dict[str, str]:
    return {item["name"]: item.get("image", "") for item in result["spec"]["containers"]}


def test_items_merge_by_their_key_and_new_ones_come_first() -> None:
    result = patched(
        tree("a", "b"), {"spec": {"containers": [{"name": "b", "image": "b:2"}, {"name": "c", "image": "c:1"}]}}
    )
    assert images(result) == {"a": "a:1", "b": "b:2", "c": "c:1"}


def test_an_item_is_deleted_or_the_whole_list_replaced_by_directive() -> None:
    deleted = patched(tree("a", "b"), {"spec": {"containers": [{"$patch": "delete", "name": "a"}]}})
    assert images(deleted) == {"b": "b:1"}
    replaced = patched(tree("a", "b"), {"spec": {"containers": [{"$patch": "replace"}, {"name": "z"}]}})
    assert images(replaced) == {"z": ""}


def test_a_map_is_replaced_or_emptied_by_directive() -> None:
    labels = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    assert patched(labels, {"metadata": {"labels": {"$patch": "replace", "c": "3"}}}) == {
        "metadata": {"labels": {"c": "3"}}
    }
    assert patched(labels, {"metadata": {"labels": {"$patch": "delete"}}}) == {"metadata": {"labels": {}}}
    assert patched(labels, {"metadata": {"labels": {"a": None}}}) == {"metadata": {"labels": {"b": "2"}}}


def test_scalars_of_a_merging_list_are_a_set() -> None:
    finalizers = {"metadata": {"finalizers": ["a", "b"]}}
    added = patched(finalizers, {"metadata": {"finalizers": ["b", "c"]}})
    assert sorted(added["metadata"]["finalizers"]) == ["a", "b", "c"]
    removed = patched(finalizers, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})
    assert removed == {"metadata": {"finalizers": ["b"]}}


def test_set_element_order_rules_over_both_lists() -> None:
    patch = {
        "spec": {
            "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}],
            "containers": [{"name": "c", "image": "c:1"}],
        }
    }
    assert list(images(patched(tree("a", "b"), patch))) == ["c", "a", "b"]
    assert list(images(patched(tree("a", "b", "s"), patch))) == ["c", "a", "b", "s"]


def test_what_only_the_server_has_keeps_its_place() -> None:
    patch = {"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}}
    assert list(images(patched(tree("s", "a", "b"), patch))) == ["s", "b", "a"]


def test_retain_keys_clears_the_others() -> None:
    volumes = {"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}}
    patch = {"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}}
    assert patched(volumes, patch) == {"spec": {"volumes": [{"name": "v", "hostPath": {"path": "/x"}}]}}


def test_lists_without_a_strategy_are_replaced() -> None:
    assert patched({"spec": {"tolerations": [{"key": "a"}]}}, {"spec": {"tolerations": [{"key": "b"}]}}) == {
        "spec": {"tolerations": [{"key": "b"}]}
    }


def test_what_is_new_loses_nulls_and_directives() -> None:
    assert patched({}, {"spec": {"containers": [{"name": "a", "image": None}, {"$patch": "delete", "name": "b"}]}}) == {
        "spec": {"containers": [{"name": "a"}]}
    }


@pytest.mark.parametrize(
    ("patch", "code", "why"),
    [
        ({"spec": {"containers": [{"image": "x"}]}}, 500, "map: map[image:x] does not contain declared merge key: name"),  # noqa: E501
        ({"spec": {"containers": [{"$patch": "merge", "name": "a"}]}}, 500, "merging lists cannot yet be specified in the patch"),  # noqa: E501
        ({"metadata": {"$patch": "bogus"}}, 500, "unknown patch type: bogus in map: map[$patch:bogus]"),
        ({"spec": {"$retainKeys": ["x"], "y": 1}}, 400, "invalid patch format of retainKeys"),
        ({"spec": {"$setElementOrder": []}}, 400, "invalid patch format of setElementOrder list"),
        ({"spec": {"$deleteFromPrimitiveList": []}}, 400, "invalid patch format of primitive list"),
        ([], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ],
)  # fmt: skip
def test_a_malformed_patch_is_refused_in_the_reference_s_words(patch: Any, code: int, why: str) -> None:
    with pytest.raises(StatusError) as caught:
        patched({"metadata": {}, **tree("a")}, patch)
    assert (caught.value.code, caught.value.message) == (code, why)


def test_a_bad_result_is_shown_as_go_prints_maps() -> None:
    error = refusal.bad_result(
        refusal.of_map({"spec": {"replicas": "abc", "a": [1, None, True]}}), "unrecognized type: int32"
    )
    assert error.message == (
        ' "" is invalid: patch: Invalid value: "map[spec:map[a:[1 <nil> true] replicas:abc]]": unrecognized type: int32'
    )


def test_what_a_patch_does_not_touch_is_shared() -> None:
    original = tree("a", "b")
    result = patched(original, {"spec": {"containers": [{"name": "b", "image": "x"}]}})
    assert result["spec"]["containers"][0] is original["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"hostNetwork": "yes"}, "unrecognized type: bool"),
        ({"priority": "abc"}, "unrecognized type: int32"),
        ({"priority": 1.5}, "cannot convert float64 to int32"),
        ({"nodeName": 1}, "cannot convert int64 to string"),
        ({"containers": {"a": 1}}, "cannot restore slice from map"),
        ({"nodeSelector": "a"}, "cannot restore map from string"),
        ({"securityContext": []}, "cannot restore struct from: slice"),
    ],
)
def test_a_result_that_is_no_pod_is_refused_in_the_converter_s_words(spec: Any, why: str) -> None:
    with pytest.raises(StatusError) as caught:
        patched(tree("a"), {"spec": spec})
    assert caught.value.code == 422
    assert caught.value.message.endswith(f": {why}")


def test_a_json_result_is_shown_with_what_was_touched_sorted() -> None:
    old = {"b": {"z": 1, "a": 2}, "a": {"y": 1, "x": 2}}
    assert refusal.of_result(old, {**old, "a": {**old["a"], "w": 3}}) == '{"a":{"w":3,"x":2,"y":1},"b":{"z":1,"a":2}}'


@pytest.mark.parametrize(
    "patch",
    [
        {"ports": [None]},
        {"ports": [{"port": 1}, None]},
        {"$setElementOrder/ports": [1], "ports": []},
        {"$setElementOrder/ports": [{"port": 1}, "x"], "ports": []},
    ],
)
def test_items_that_are_no_maps_are_refused(patch: Any) -> None:
    service = {"ports": [{"port": 1}]}
    with pytest.raises(StatusError, match=r"cannot be null|expected a map"):
        strategic.apply(service, patch, schema.definition("io.k8s.api.core.v1.ServiceSpec"))


def test_a_patch_of_null_changes_nothing() -> None:
    original = tree("a", "b")
    assert patched(original, None) == original
