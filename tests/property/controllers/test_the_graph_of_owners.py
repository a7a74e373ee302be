"""The garbage collector's graph: whatever comes and goes, dependents are those whose references say so."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from steersman.controllers.garbagecollector.graph import Graph


def raw(uid: str, *owners: str) -> bytes:
    references = [{"apiVersion": "v1", "kind": "Pod", "name": each, "uid": each} for each in owners]
    return msgspec.json.encode({"metadata": {"name": uid, "uid": uid, "ownerReferences": references}})


UIDS = st.sampled_from("abcdef")
STEPS = st.lists(st.tuples(UIDS, st.none() | st.sets(UIDS, max_size=3)), max_size=40)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_dependents_are_always_those_whose_references_say_so(steps: list[tuple[str, set[str] | None]]) -> None:
    graph = Graph()
    for uid, owners in steps:
        if owners is None:
            graph.remove(uid)
        else:
            graph.put(raw(uid, *sorted(owners - {uid})), "pods", "v1", "Pod")
        graph.check()
