"""The garbage collector's graph and decisions."""

from steersman.controllers.garbagecollector import plan as planning
from steersman.controllers.garbagecollector.graph import Node, Owner
from steersman.controllers.garbagecollector.plan import Plan, Standing


def node(*owners: str, dependents: dict[str, Node] | None = None, finalizers: frozenset[str] = frozenset()) -> Node:
    found = tuple(Owner("v1", "Pod", each, each) for each in owners)
    return Node("x", "pods", "v1", "Pod", "a", "x", found, finalizers, dependents=dependents or {})


def test_a_solid_owner_keeps_the_object_and_dangling_references_go() -> None:
    standing = {"a": Standing.SOLID, "b": Standing.DANGLING}
    assert planning.plan(node("a", "b"), standing) == Plan(drop_owners=("b",))


def test_without_any_owner_left_it_goes_as_it_wishes() -> None:
    assert planning.plan(node("b"), {"b": Standing.DANGLING}) == Plan(delete="Background")
    asked = node("b", finalizers=frozenset({"orphan"}))
    assert planning.plan(asked, {"b": Standing.DANGLING}) == Plan(delete="Orphan")


def test_an_owner_that_waits_takes_dependents_along_in_the_foreground() -> None:
    waiting = {"a": Standing.WAITING}
    assert planning.plan(node("a"), waiting) == Plan(delete="Background")
    child = node("x")
    assert planning.plan(node("a", dependents={"y": child}), waiting) == Plan(delete="Foreground")
