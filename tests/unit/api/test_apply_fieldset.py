"""Sets of field paths: FieldsV1 is their form, in the reference's order."""

import pytest

from steersman.api.apply import elements, fieldset

LEFT: fieldset.Set = {"f:a": {}, "f:b": {".": {}, "f:c": {}}, "f:d": {"f:e": {}}}


def test_members_are_empty_nodes_and_marked_ones() -> None:
    assert list(fieldset.paths(LEFT)) == [("f:a",), ("f:b",), ("f:b", "f:c"), ("f:d", "f:e")]
    assert fieldset.has(LEFT, ["f:b"])
    assert not fieldset.has(LEFT, ["f:d"])
    assert not fieldset.has(LEFT, [])


def test_union_marks_a_member_that_gets_members_below() -> None:
    assert fieldset.union(LEFT, {"f:a": {"f:x": {}}, "f:d": {".": {}, "f:e": {}}}) == {
        "f:a": {".": {}, "f:x": {}},
        "f:b": {".": {}, "f:c": {}},
        "f:d": {".": {}, "f:e": {}},
    }
    assert fieldset.union(LEFT, LEFT) is LEFT
    assert fieldset.union(LEFT, {"f:b": {"f:c": {}}}) is LEFT


def test_difference_takes_members_and_leaves_what_is_below() -> None:
    assert fieldset.difference(LEFT, {"f:a": {}, "f:b": {}}) == {"f:b": {"f:c": {}}, "f:d": {"f:e": {}}}
    assert fieldset.difference({"f:b": {".": {}, "f:c": {}}}, {"f:b": {"f:c": {}}}) == {"f:b": {}}
    assert fieldset.difference(LEFT, LEFT) == {}
    assert fieldset.difference(LEFT, {"f:z": {}}) is LEFT


def test_without_takes_what_is_below_too() -> None:
    assert fieldset.without(LEFT, {"f:b": {}, "f:d": {"f:e": {}}}) == {"f:a": {}}
    assert fieldset.without(LEFT, {"f:b": {"f:c": {}}})["f:b"] == {}


def test_intersection_keeps_members_of_both() -> None:
    assert fieldset.intersection(LEFT, {"f:b": {"f:c": {}}, "f:d": {}}) == {"f:b": {"f:c": {}}}


def test_steps_stand_in_the_reference_s_order() -> None:
    steps = ['v:"a"', "f:b", 'k:{"port":443}', "f:a", 'k:{"port":80}', "i:2", "i:10", ".", 'k:{"name":"z"}']
    assert sorted(steps, key=elements.order) == [
        ".", "f:a", "f:b", 'k:{"name":"z"}', 'k:{"port":80}', 'k:{"port":443}', 'v:"a"', "i:2", "i:10",
    ]  # fmt: skip


def test_keys_are_written_by_name() -> None:
    assert elements.key(["protocol", "containerPort"], ["TCP", 80]) == 'k:{"containerPort":80,"protocol":"TCP"}'
    assert elements.shown('k:{"containerPort":80,"protocol":"TCP"}') == '[containerPort=80,protocol="TCP"]'
    assert fieldset.shown(["f:spec", 'v:"x"', "i:1"]) == '.spec[="x"][1]'


def test_a_client_s_spelling_is_made_canonical() -> None:
    sent: fieldset.Set = {"f:b": {".": {}}, 'k:{ "b":1,"a":2}': {}, "f:a": {"f:z": {}, ".": {}}}
    found = fieldset.canonical(sent)
    fieldset.check(found)
    assert found == {"f:a": {".": {}, "f:z": {}}, "f:b": {}, 'k:{"a":2,"b":1}': {}}


@pytest.mark.parametrize("bad", [{"x:a": {}}, {"k:1": {}}, {"k:{": {}}, {"f:a": 1}, []])
def test_what_is_no_set_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        fieldset.canonical(bad)
