"""Patches of every kind, with directives where none belong and paths that lead nowhere."""

from typing import Any

import hypothesis
from hypothesis import strategies as st

from property.hostile import shots
from property.hostile.target import OBJECTS, Target
from property.hostile.test_bodies import node_of, resource_of

JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
DRY = [("dryRun", "All")]
LISTS: st.SearchStrategy[Any] = st.sampled_from(
    [[], ["a"], [{"name": "c"}], [{}], None, 1, "x", {}, [[1]], [1, "a"], [{"name": None}], [None]]
)
DIRECTIVES: st.SearchStrategy[Any] = st.sampled_from(["replace", "delete", "merge", "bogus", 1, None, {}, []])
NAMES = [
    "metadata",
    "labels",
    "finalizers",
    "spec",
    "containers",
    "ports",
    "data",
    "tolerations",
    "volumes",
    "template",
]


@st.composite
def directed(draw: st.DrawFn, value: Any) -> Any:
    """A patch with directives strewn over it."""
    if isinstance(value, list):
        return [draw(directed(each)) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: draw(directed(each)) for name, each in value.items()}
    known = [*made, draw(st.sampled_from(NAMES))]
    match draw(st.integers(0, 9)):
        case 0 | 1:
            made["$patch"] = draw(DIRECTIVES)
        case 2:
            made[f"$setElementOrder/{draw(st.sampled_from(known))}"] = draw(LISTS)
        case 3:
            made[f"$deleteFromPrimitiveList/{draw(st.sampled_from(known))}"] = draw(LISTS)
        case 4:
            made["$retainKeys"] = draw(LISTS | st.just(known))
        case 5:
            odd = ["$setElementOrder", "$setElementOrder/", "$deleteFromPrimitiveList", "$retainKeys/x", "$patch/x"]
            made[draw(st.sampled_from(odd))] = draw(shots.JUNK)
    return made


@st.composite
def fragments(draw: st.DrawFn) -> tuple[str, Any]:
    path, tree = draw(st.sampled_from(OBJECTS))
    part = {name: tree[name] for name in tree if draw(st.booleans())}
    return f"{path}/{tree['metadata']['name']}", draw(shots.mutated(part, node_of(path)))


@st.composite
def strategic(draw: st.DrawFn) -> tuple[str, Any]:
    path, tree = draw(fragments())
    return path, draw(directed(tree))


@shots.SETTINGS
@hypothesis.given(strategic())
def test_strategic_patches(target: Target, shot: tuple[str, Any]) -> None:
    target.shoot("PATCH", shot[0], shot[1], type=STRATEGIC, query=DRY)


@shots.SETTINGS
@hypothesis.given(fragments(), shots.JUNK)
def test_merge_patches(target: Target, shot: tuple[str, Any], junk: Any) -> None:
    target.shoot("PATCH", shot[0], shot[1], type=MERGE, query=DRY)
    target.shoot("PATCH", shot[0], junk, type=MERGE, query=DRY)


@st.composite
def operations(draw: st.DrawFn) -> tuple[str, Any]:
    path, tree = draw(st.sampled_from(OBJECTS))
    places = ["/" + "/".join(str(step).replace("/", "~1") for step in way) for way in shots.paths(tree)]
    odd = ["", "/", "//", "x", "/~", "/metadata/name", "/metadata/labels/-", "/spec", "/" + "9" * 5000]
    pointers = st.sampled_from(places + odd)
    ending = st.sampled_from(["", "", "", "/-", "/x", "/0", "/-1", "/99999999999999999999", "/٣", "/1_0"])

    def pointer() -> Any:
        return draw(pointers) + draw(ending) if draw(st.integers(0, 9)) else draw(shots.JUNK)

    names = st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x", "", None, 1])
    made = [
        {"op": draw(names), "path": pointer(), "from": pointer(), "value": draw(shots.JUNK)}
        for _ in range(draw(st.integers(0, 4)))
    ]
    return f"{path}/{tree['metadata']['name']}", made


@shots.SETTINGS
@hypothesis.given(operations(), shots.JUNK)
def test_json_patches(target: Target, shot: tuple[str, Any], junk: Any) -> None:
    target.shoot("PATCH", shot[0], shot[1], type=JSON_PATCH, query=DRY)
    target.shoot("PATCH", shot[0], junk, type=JSON_PATCH, query=DRY)


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, Any]:
    path, tree = draw(st.sampled_from(OBJECTS))
    kind = resource_of(path)
    made = draw(shots.mutated(tree, node_of(path)))
    made |= {"kind": kind.kind, "apiVersion": kind.api_version}
    return f"{path}/{tree['metadata']['name']}", made


@shots.SETTINGS
@hypothesis.given(configurations(), st.sampled_from(["m", "n"]), st.sampled_from(["", "/status"]), st.booleans())
def test_apply_configurations(
    target: Target, shot: tuple[str, Any], manager: str, subresource: str, force: bool
) -> None:
    query = [("fieldManager", manager), ("force", str(force).lower())]
    target.shoot("PATCH", shot[0] + subresource, shot[1], type=APPLY, query=query)


@shots.SETTINGS
@hypothesis.given(shots.JUNK, shots.JUNK)
def test_managed_fields_of_any_form(target: Target, fields: Any, entry: Any) -> None:
    """Clients may send them; what is nonsense is refused or forgotten."""
    whole = {"manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}
    for sent in ([whole], [entry], entry, [{**whole, "fieldsV1": {"f:data": fields, "k:{": {}, "v:x": {}}}]):
        body = {"metadata": {"name": "a", "managedFields": sent}, "data": {"k": "v"}}
        target.shoot("PUT", "/api/v1/namespaces/default/configmaps/a", body)
