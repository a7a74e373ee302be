"""JSON patch: operations do what RFC 6902 and the reference's library say, and nothing is changed in place."""

import copy
from typing import Any

import pytest

from steersman.api.patch import json_patch
from steersman.api.status import StatusError

TREE: dict[str, Any] = {"a": {"b": [1, 2, 3]}, "c": "d", "x/y": {"m~n": 1}}


def patched(*operations: dict[str, Any], tree: dict[str, Any] = TREE) -> Any:
    before = copy.deepcopy(tree)
    result = json_patch.applied(tree, json_patch.decode(list(operations)))
    assert tree == before, "the original was changed"
    return result


def test_add_inserts_appends_and_sets() -> None:
    assert patched({"op": "add", "path": "/a/b/1", "value": 9})["a"]["b"] == [1, 9, 2, 3]
    assert patched({"op": "add", "path": "/a/b/-", "value": 9})["a"]["b"] == [1, 2, 3, 9]
    assert patched({"op": "add", "path": "/a/b/3", "value": 9})["a"]["b"] == [1, 2, 3, 9]
    assert patched({"op": "add", "path": "/e", "value": {"f": 1}})["e"] == {"f": 1}


def test_steps_are_unescaped() -> None:
    assert patched({"op": "replace", "path": "/x~1y/m~0n", "value": 2})["x/y"] == {"m~n": 2}


def test_remove_takes_away_and_counts_from_the_end() -> None:
    assert patched({"op": "remove", "path": "/c"}).keys() == {"a", "x/y"}
    assert patched({"op": "remove", "path": "/a/b/-1"})["a"]["b"] == [1, 2]


def test_replace_makes_a_missing_field_but_no_missing_item() -> None:
    assert patched({"op": "replace", "path": "/new", "value": 1})["new"] == 1
    with pytest.raises(json_patch.PatchError):
        patched({"op": "replace", "path": "/a/b/3", "value": 1})


def test_move_and_copy() -> None:
    assert patched({"op": "move", "from": "/a/b", "path": "/b"}) == {
        "a": {},
        "c": "d",
        "x/y": {"m~n": 1},
        "b": [1, 2, 3],
    }
    both = patched(
        {"op": "copy", "from": "/a/b", "path": "/b"},
        {"op": "add", "path": "/b/-", "value": 4},
        {"op": "remove", "path": "/a/b/0"},
    )
    assert (both["a"]["b"], both["b"]) == ([2, 3], [1, 2, 3, 4])


def test_test_holds_or_stops_the_patch() -> None:
    patched({"op": "test", "path": "/a/b", "value": [1, 2, 3]})
    patched({"op": "test", "path": "/absent", "value": None})
    for value in ([1, 2], [True, 2, 3], None):
        with pytest.raises(json_patch.PatchError):
            patched({"op": "test", "path": "/a/b", "value": value})


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/nope"},
        {"op": "remove", "path": "/a/b/9"},
        {"op": "add", "path": "/no/way", "value": 1},
        {"op": "add", "path": "/a/b/7", "value": 1},
        {"op": "add", "path": "/a/b/x", "value": 1},
        {"op": "add", "path": "", "value": {}},
        {"op": "add", "path": "/c/e", "value": 1},
        {"op": "move", "from": "/nope", "path": "/b"},
        {"op": "bogus", "path": "/c"},
    ],
)
def test_what_does_not_fit_is_refused_without_a_cause(operation: dict[str, Any]) -> None:
    with pytest.raises(StatusError) as caught:
        json_patch.apply(TREE, json_patch.decode([operation]))
    assert caught.value.code == 422
    assert caught.value.message == "the server rejected our request due to an error in our request"
    assert caught.value.tree["details"] == {}


def test_what_is_no_patch_is_refused_as_the_decoder_does() -> None:
    with pytest.raises(StatusError) as caught:
        json_patch.decode({"op": "not a list"})
    assert caught.value.code == 400
    assert caught.value.message == (
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
    )


def test_too_many_operations_and_too_much_copying_are_refused() -> None:
    with pytest.raises(StatusError) as caught:
        json_patch.decode([{"op": "test", "path": "/c", "value": "d"}] * 10_001)
    assert caught.value.code == 413
    tree = {"a": ["x" * 1000]}
    double = [{"op": "copy", "from": "/a", "path": f"/a{i}"} for i in range(4000)]
    with pytest.raises(json_patch.PatchError, match="copies add"):
        patched(*double, tree=tree)


def test_what_an_operation_does_not_touch_is_shared() -> None:
    assert patched({"op": "replace", "path": "/c", "value": "e"})["a"] is TREE["a"]


def test_strays_of_an_operation_are_told() -> None:
    assert json_patch.unknown_fields([{"op": "test", "path": "/"}, {"op": "test", "pat": "/"}]) == [
        'json patch unknown field "[1].pat"'
    ]
