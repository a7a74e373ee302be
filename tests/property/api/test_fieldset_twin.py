"""Sets of field paths against plain Python sets of tuples."""

import hypothesis
from hypothesis import strategies as st

from steersman.api.apply import elements, fieldset

SETTINGS = hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
STEPS = st.sampled_from(["f:a", "f:b", 'k:{"n":1}', 'k:{"n":2}', 'v:"x"', "i:0"])
MEMBERS = st.frozensets(st.lists(STEPS, min_size=1, max_size=3).map(tuple), max_size=6)


def of(members: frozenset[tuple[str, ...]]) -> fieldset.Set:
    made = fieldset.of_paths(sorted(members))
    fieldset.check(made)
    return made


def members(of: fieldset.Set) -> frozenset[tuple[str, ...]]:
    fieldset.check(of)
    found = list(fieldset.paths(of))
    assert len(found) == len(set(found))
    return frozenset(found)


@SETTINGS
@hypothesis.given(MEMBERS, MEMBERS)
def test_operations_are_those_of_sets(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> None:
    assert members(of(left)) == left
    assert members(fieldset.union(of(left), of(right))) == left | right
    assert members(fieldset.difference(of(left), of(right))) == left - right
    assert members(fieldset.intersection(of(left), of(right))) == left & right
    below = {path for path in left if any(path[: len(top)] == top for top in right)}
    assert members(fieldset.without(of(left), of(right))) == left - below


@SETTINGS
@hypothesis.given(MEMBERS, STEPS)
def test_membership_and_what_is_below(left: frozenset[tuple[str, ...]], step: str) -> None:
    made = of(left)
    assert all(fieldset.has(made, path) for path in left)
    assert fieldset.has(made, (step,)) == ((step,) in left)
    assert members(fieldset.at(made, step)) == {path[1:] for path in left if path[0] == step and len(path) > 1}
    assert fieldset.canonical(made) == made


@SETTINGS
@hypothesis.given(STEPS, STEPS)
def test_no_two_steps_stand_in_one_place(one: str, other: str) -> None:
    assert (elements.order(one) == elements.order(other)) == (one == other)
