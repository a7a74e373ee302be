"""What holds for any body: the walk is idempotent, the scanner agrees with Python's, duplicates are all found."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.api import codec, schema
from steersman.api.codec import duplicates, go_json

NAMES = ["metadata", "spec", "status", "containers", "name", "image", "labels", "resources", "limits", "ports", "x"]
LEAVES = (
    st.none() | st.booleans() | st.integers(-10, 10) | st.sampled_from(["", "a", "1", "100m", "2026-01-01T00:00:00Z"])
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), TREES, max_size=4)
FEW = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@FEW
@given(OBJECTS)
def test_what_was_accepted_is_accepted_again_as_it_is(tree: dict[str, Any]) -> None:
    node = schema.definition("io.k8s.api.core.v1.Pod")
    before = json.dumps(tree)
    try:
        first = codec.accept(node, tree)
    except codec.DecodeError:
        return
    finally:
        assert json.dumps(tree) == before, "the body is never changed"
    again = codec.accept(node, first.tree)
    assert (again.tree, again.problems) == (first.tree, [])


@FEW
@given(st.text(alphabet='{}[]",:tn1-e.\\u0a \n', max_size=12))
def test_the_scanner_finds_fault_exactly_where_python_does(text: str) -> None:
    try:
        json.loads(text)
        sound = True
    except ValueError:
        sound = False
    assert (go_json.explain(text.encode()) == "") is sound


PAIRS = st.recursive(
    st.sampled_from(["1", '"v"', '"\\":"', "null"]),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", " ", "\n"]), inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f'"{key}"{space}:{value}' for key, space, value in pairs) + "}"
        )
    ),
    max_leaves=10,
)


@FEW
@given(PAIRS)
def test_the_quick_look_never_misses_a_duplicate(text: str) -> None:
    body = text.encode()
    if duplicates.find(body):
        assert duplicates.maybe_any(body, duplicates.count(json.loads(body)))
