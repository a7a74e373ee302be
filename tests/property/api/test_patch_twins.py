"""Merge and JSON patches against twins that copy everything and do what the RFCs' prose says."""

import copy
from typing import Any

import hypothesis
from hypothesis import strategies as st

from steersman.api.patch import json_patch, merge_patch

SETTINGS = hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
NAMES = st.sampled_from(["a", "b", "c", "~", "/"])
SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "x"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)
STEPS = st.lists(st.sampled_from(["a", "b", "c", "~0", "~1", "0", "1", "-1", "-"]), min_size=1, max_size=3)
PATHS = STEPS.map(lambda steps: "/" + "/".join(steps))
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": PATHS,
        "from": PATHS,
        "value": VALUES,
    }
)


def merge_twin(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2, and nulls dropped from objects that stand in lists."""
    if isinstance(patch, list):
        return [merge_twin(None, item) if isinstance(item, dict | list) else item for item in patch]
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merge_twin(result.get(name), value)
    return result


@SETTINGS
@hypothesis.given(OBJECTS, OBJECTS)
def test_a_merge_patch_does_what_the_rfc_s_code_does(tree: Any, patch: Any) -> None:
    before = copy.deepcopy((tree, patch))
    assert merge_patch.apply(tree, patch) == merge_twin(tree, patch)
    assert (tree, patch) == before


class Unfit(Exception):
    pass


def walk(document: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list):
            document = document[index(step, len(document))]
        else:
            raise Unfit
    return document


def index(step: str, size: int) -> int:
    if not step.lstrip("-").isdigit() or not -size <= int(step) < size:
        raise Unfit
    return int(step) % size


def json_twin(document: Any, operation: dict[str, Any]) -> Any:
    document = copy.deepcopy(document)
    value = copy.deepcopy(operation["value"])
    op = operation["op"]
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:]]
    *source_way, source = [step.replace("~1", "/").replace("~0", "~") for step in operation["from"].split("/")[1:]]
    if op in ("move", "copy"):
        holder = walk(document, source_way)
        if op == "copy" and isinstance(holder, dict):
            value = copy.deepcopy(holder.get(source))
        else:
            value = copy.deepcopy(walk(holder, [source]))
        if op == "move":
            del holder[source if isinstance(holder, dict) else index(source, len(holder))]
        op = "add"
    parent = walk(document, way)
    if not isinstance(parent, dict | list):
        raise Unfit
    if op == "test":
        found = parent.get(last) if isinstance(parent, dict) else walk(parent, [last])
        if not json_patch.same(found, value):
            raise Unfit
    elif op == "add" and isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else index(last, len(parent) + 1), value)
    elif op == "remove":
        if isinstance(parent, dict) and last not in parent:
            raise Unfit
        del parent[last if isinstance(parent, dict) else index(last, len(parent))]
    else:
        parent[last if isinstance(parent, dict) else index(last, len(parent))] = value
    return document


@SETTINGS
@hypothesis.given(OBJECTS, st.lists(OPERATIONS, max_size=4))
def test_a_json_patch_does_what_copying_everything_does(tree: Any, operations: list[dict[str, Any]]) -> None:
    before = copy.deepcopy(tree)
    wanted: Any = tree
    try:
        for operation in operations:
            wanted = json_twin(wanted, operation)
    except Unfit:
        wanted = None
    try:
        got: Any = json_patch.applied(tree, json_patch.decode(operations))
    except json_patch.PatchError:
        got = None
    assert got == wanted
    assert tree == before


@SETTINGS
@hypothesis.given(OBJECTS)
def test_an_object_patched_with_itself_loses_only_its_nulls(tree: Any) -> None:
    assert merge_patch.apply({}, tree) == merge_patch.apply(merge_patch.apply({}, tree), tree)
